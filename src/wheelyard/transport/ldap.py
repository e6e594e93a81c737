"""Asking a directory whether a password is right: in few threads, and for a limited time.

Each question has a connection of its own, because a connection is whoever signed in on it last.
That costs a handshake, once in five minutes and user: right passwords are remembered.
"""

import logging
import ssl
from dataclasses import dataclass, field
from importlib.util import find_spec
from threading import BoundedSemaphore
from typing import Final, Protocol
from urllib.parse import urlsplit

import anyio
import anyio.to_thread

from wheelyard.errors import ConfigError, Throttled, Unavailable
from wheelyard.settings import LdapSettings

__all__ = ["LdapClient", "Talk", "load_talk"]

_LOG = logging.getLogger(__name__)

AT_ONCE: Final = 8
MOST_WAITING: Final = 32
_PORTS: Final = {"ldap": 389, "ldaps": 636}


class Talk(Protocol):
    """One conversation with a directory."""

    def verify(self, user: str, password: str) -> frozenset[str] | None:
        """Return the groups of the user whose password it is; None if it is not."""

    def cut(self) -> None:
        """Have a thread that waits for the directory wait no longer."""


class Begin(Protocol):
    """Makes a new conversation; says nothing yet."""

    def __call__(self) -> Talk:
        """Return it."""


def load_talk(settings: LdapSettings) -> Begin:
    """Return how conversations with the directory begin. Reads certificates: call it in a thread.

    Raises:
        ConfigError: the extra is not installed, or the certificates cannot be used.
    """
    if find_spec("ldap3") is None:
        message = (
            "`ldap.url` needs an extra that is not installed: install `wheelyard[ldap]`, or take "
            "the section `[ldap]` out."
        )
        raise ConfigError(message)
    from wheelyard.transport.ldap_talk import Conversation, Place  # noqa: PLC0415 - the extra

    parts = urlsplit(settings.url)
    port = parts.port or _PORTS[parts.scheme]
    place = Place(parts.hostname or "", port, _load_context(settings))
    return lambda: Conversation(settings, place)


def _load_context(settings: LdapSettings) -> ssl.SSLContext | None:
    """Return how the directory's certificate is verified: always, if there is one."""
    if not settings.is_tls:
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ca)
    except OSError as error:
        sentence = f"`ldap.ca`: `{settings.ca}` is no file of certificates in PEM form."
        raise ConfigError(sentence) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


@dataclass(slots=True)
class LdapClient:
    """Asks one directory. Used in the event loop's thread only."""

    begin: Begin
    seconds: float
    _threads: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(AT_ONCE))
    # A thread that nobody waits for any more still counts, here, until it is done.
    _slots: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(AT_ONCE))
    _inside: int = 0
    _is_down: bool = False

    async def verify(self, user: str, password: str) -> frozenset[str] | None:
        """Return the groups of the user whose password it is; None if it is not.

        Raises:
            Throttled: too many questions wait already.
            Unavailable: the directory did not say.
        """
        if self._inside >= AT_ONCE + MOST_WAITING:
            raise Throttled("Signing in with a password", 1.0)
        self._inside += 1
        try:
            found = await self._ask(self.begin(), user, password)
        except Unavailable as error:
            self._note(error)
            # Where the directory is, and what it said, is for the log.
            raise Unavailable(
                "Signing in with a password", "the directory that knows it does not answer."
            ) from error
        finally:
            self._inside -= 1
        self._note(None)
        return found

    async def _ask(self, talk: Talk, user: str, password: str) -> frozenset[str] | None:
        """Ask in a thread, and wait for the answer no longer than the deadline."""
        try:
            with anyio.fail_after(self.seconds):
                return await anyio.to_thread.run_sync(
                    self._run, talk, user, password, limiter=self._threads, abandon_on_cancel=True
                )
        except TimeoutError as error:
            talk.cut()
            raise Unavailable("The LDAP directory", "it took too long.") from error

    def _run(self, talk: Talk, user: str, password: str) -> frozenset[str] | None:
        if not self._slots.acquire(blocking=False):
            raise Unavailable("The LDAP directory", "earlier questions have not come back.")
        try:
            return talk.verify(user, password)
        finally:
            self._slots.release()

    def _note(self, error: Unavailable | None) -> None:
        """Write down that the directory went away or came back; not every login in between."""
        if error is not None and not self._is_down:
            _LOG.warning("Nobody can sign in with a password of the directory: %s", error)
        if error is None and self._is_down:
            _LOG.info("The directory answers again.")
        self._is_down = error is not None
