"""Passwords that a directory knows: for users who have none here.

What may be asked how often is the same as for passwords of our own, and so is how long a right one
is remembered: see ``signing_in.py``.  A directory that does not answer says neither yes nor no.
"""

from dataclasses import dataclass
from typing import Protocol

from wheelyard.access.naming import parse_person_name
from wheelyard.catalog.arrivals import Arrival, Arrivals
from wheelyard.catalog.audit import Actor
from wheelyard.errors import BadInput, Unavailable
from wheelyard.settings import LdapSettings
from wheelyard.transport.ldap import LdapClient, load_talk

__all__ = ["LdapPasswords", "NobodyAsked", "Verifier", "open_ldap"]


class Verifier(Protocol):
    """A directory that may be asked."""

    async def verify(self, user: str, password: str) -> frozenset[str] | None:
        """Return the groups of the user whose password it is; None if it is not."""


@dataclass(frozen=True, slots=True)
class LdapPasswords:
    """A directory as a source of passwords. ``groups`` are those that it decides on."""

    directory: Verifier
    arrivals: Arrivals
    groups: tuple[str, ...] = ()
    adds_users: bool = False

    async def knows(self, user: str, password: str) -> bool:
        """Say whether the password is right, and the user is one here, perhaps since now.

        Raises:
            Throttled: too many questions wait already.
            Unavailable: the directory did not say.
        """
        try:
            name = parse_person_name(user)
        except BadInput:  # nobody here is called that: the directory need not see it
            return False
        # An empty password is no login at all, to which directories say yes. RFC 4513, 5.1.2.
        if not password.strip("\0"):
            return False
        found = await self.directory.verify(name, password)
        if found is None:
            return False
        # Who has a password here is not asked about; in a directory nobody chooses their own name.
        arrival = Arrival(name, found, self.groups, self.adds_users, links_any=True)
        return await self.arrivals.note(arrival, Actor(name, "directory"))


@dataclass(frozen=True, slots=True)
class NobodyAsked:
    """The same while nobody may be asked: a wrong password and a right one look alike."""

    async def knows(self, user: str, password: str) -> bool:
        """Say nothing.

        Raises:
            Unavailable: always.
        """
        del user, password
        what = "Signing in with a password"
        raise Unavailable(what, "this server is offline and asks no directory.", failing="unasked")


def open_ldap(
    settings: LdapSettings, arrivals: Arrivals, *, is_offline: bool
) -> LdapPasswords | NobodyAsked | None:
    """Return the directory of these settings, if they name one. Reads files: call it in a thread.

    Raises:
        ConfigError: the extra is not installed, or the certificates cannot be used.
    """
    if not settings.url:
        return None
    begin = load_talk(settings)
    if is_offline:
        return NobodyAsked()
    client = LdapClient(begin, settings.seconds)
    return LdapPasswords(client, arrivals, settings.groups, settings.add_users)
