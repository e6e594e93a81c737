"""Signing in: from what a request shows to who is asking, with today's roles.

Everything that is wrong with a login gets the same answer, whether the user, the password or the
token does not exist, has ended, or belongs to somebody else.  A catalog that cannot be read lets
nobody in: ``Unavailable`` goes through.
"""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from wheelyard.access.base import ANONYMOUS, Action, Grant, Identity, Role, Scope
from wheelyard.access.header import ByPassword, ByToken, Unusable, parse_authorization
from wheelyard.access.keys import load_key
from wheelyard.access.naming import fold_name
from wheelyard.access.passwords import Passwords
from wheelyard.access.remembered import Remembered, Shared
from wheelyard.access.throttle import Attempts
from wheelyard.access.tokens import NO_DIGEST, is_token, read_token_id
from wheelyard.catalog import Catalog
from wheelyard.catalog.bearers import Bearers, PersonRow, ShownToken
from wheelyard.catalog.tokens import Tokens
from wheelyard.clock import Clock, Instant
from wheelyard.errors import LoginNeeded, Throttled, WheelyardError

__all__ = ["Access", "AccessParts", "PasswordSource", "Spawn", "make_identity", "open_access"]

_LOG = logging.getLogger(__name__)

Spawn = Callable[[Callable[[], Coroutine[None, None, None]]], None]

NOTED_SECONDS = 60.0
"""How exactly the last use of a token is written down."""
_MOST_NOTED = 10_000
_ROLES = {role.value: role for role in Role}
_ACTIONS = {action.value: action for action in Action}


class PasswordSource(Protocol):
    """Another place that knows passwords, for users who have none here."""

    async def knows(self, user: str, password: str) -> bool:
        """Say whether the password is right. May add the user first, if there is none."""


@dataclass(frozen=True, slots=True)
class AccessParts:
    """What signing in needs of the program. ``spawn`` runs a task for as long as it takes."""

    bearers: Bearers
    tokens: Tokens
    key: bytes = field(repr=False)
    clock: Clock
    spawn: Spawn | None = None
    elsewhere: PasswordSource | None = None


def open_access(
    catalog: Catalog,
    directory: Path,
    clock: Clock,
    spawn: Spawn | None = None,
    elsewhere: PasswordSource | None = None,
) -> "Access":
    """Return the access to a data directory. Reads its key, so call it in a thread.

    Raises:
        ConfigError: the key is damaged, or cannot be read or made.
    """
    key = load_key(directory)
    parts = AccessParts(catalog.bearers, catalog.tokens, key, clock, spawn, elsewhere)
    return Access(parts)


class Access:
    """Recognises people. Used in the event loop's thread only."""

    def __init__(self, parts: AccessParts) -> None:
        self._parts = parts
        self._passwords = Passwords()
        self._remembered = Remembered()
        self._shared = Shared()
        self._attempts = Attempts()
        self._noted: dict[str, Instant] = {}

    async def identify(self, authorization: str | None, origin: str) -> Identity:
        """Return who sends this ``Authorization`` header from the address ``origin``.

        Raises:
            LoginNeeded: what it shows is not valid here; the same for every reason.
            Throttled: this account or address has tried too many passwords.
            Unavailable: nobody can be recognised now.
        """
        if authorization is None:
            return ANONYMOUS
        match parse_authorization(authorization):
            case ByToken() as shown:
                return self._by_token(shown)
            case ByPassword() as shown:
                return await self.sign_in(shown, origin)
            case Unusable():
                raise _wrong()

    async def sign_in(self, shown: ByPassword, origin: str) -> Identity:
        """Return whose password it is: for a header, or for a form.

        Raises:
            LoginNeeded: it is nobody's.
            Throttled: this account or address has tried too many passwords.
            Unavailable: nobody can be recognised now.
        """
        user = fold_name(shown.user)
        person = self._parts.bearers.person_now(user)
        password_hash = person.password_hash if person else None
        seal = self._remembered.seal(user, password_hash, shown.password)
        if person is not None and self._remembered.has(seal, self._parts.clock.now()):
            return make_identity(person)
        check = partial(self._check, ByPassword(user, shown.password), password_hash, origin)
        if not await self._shared.ask(seal, check):
            raise _wrong()
        self._remembered.keep(seal, self._parts.clock.now())
        return self.identify_user(user)  # with the roles of now: the check has taken a while

    def identify_user(self, user: str) -> Identity:
        """Return a user whom somebody else has recognised: a session, or a trusted proxy.

        Raises:
            LoginNeeded: there is no such user any more.
            Unavailable: the catalog cannot be read now.
        """
        person = self._parts.bearers.person_now(fold_name(user))
        if person is None:
            raise _wrong()
        return make_identity(person)

    def _by_token(self, shown: ByToken) -> Identity:
        """Return whose token it is, if it may still be used."""
        number = read_token_id(shown.token)
        if number is None:
            raise _wrong()
        token = self._parts.bearers.token_now(number)
        is_right = is_token(self._parts.key, shown.token, token.digest if token else NO_DIGEST)
        now = self._parts.clock.now()
        if token is None or not is_right or not _is_usable(token, now):
            raise _wrong()
        if shown.owner and fold_name(shown.owner) != token.person.name:
            raise _wrong()
        self._note_use(token, now)
        return make_identity(token.person, token)

    async def _check(self, shown: ByPassword, password_hash: str | None, origin: str) -> bool:
        """Say whether a password is right, within the limits of how often that may be asked."""
        now = self._parts.clock.now()
        if wait := self._attempts.take(shown.user, origin, now):
            raise Throttled("Signing in with a password", wait)
        try:
            if password_hash is None and self._parts.elsewhere is not None:
                is_right = await self._parts.elsewhere.knows(shown.user, shown.password)
            else:
                is_right = await self._passwords.check(password_hash, shown.password)
        except WheelyardError:  # nobody looked at it; a client that hangs up has been counted
            self._attempts.give_back(shown.user, origin, now)
            raise
        if is_right:
            self._attempts.give_back(shown.user, origin, now)
        return is_right

    def _note_use(self, token: ShownToken, now: Instant) -> None:
        """Have it written down that a token was used, now and then, and waited for by nobody."""
        before = max(token.last_used_at or 0.0, self._noted.get(token.id, 0.0))
        if self._parts.spawn is None or abs(now - before) < NOTED_SECONDS:
            return
        if len(self._noted) >= _MOST_NOTED:
            self._noted.clear()
        self._noted[token.id] = now
        self._parts.spawn(partial(self._write_use, token.id, now))

    async def _write_use(self, number: str, at: Instant) -> None:
        try:
            await self._parts.tokens.note_use(number, at)
        except WheelyardError as error:  # it is shown in a list, and nothing depends on it
            _LOG.warning("The use of the token `%s` was not written down: %s", number, error)


def make_identity(person: PersonRow, token: ShownToken | None = None) -> Identity:
    """Return who it is; roles and actions that this version does not know allow nothing."""
    scope = None
    if token is not None:
        actions = frozenset(_ACTIONS[name] for name in token.actions if name in _ACTIONS)
        scope = Scope(token.index_name, token.project, actions)
    grants = frozenset(
        Grant(_ROLES[row.role], row.index_name, row.project)
        for row in person.grants
        if row.role in _ROLES
    )
    return Identity(
        person.name,
        is_admin=person.is_admin,
        groups=frozenset(person.groups),
        grants=grants,
        scope=scope,
        token=token.id if token is not None else "",
    )


def _is_usable(token: ShownToken, now: Instant) -> bool:
    """Say whether a token has neither been revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or now < token.expires_at)


def _wrong() -> LoginNeeded:
    """Return the one answer to everything that is wrong with a login."""
    return LoginNeeded("This server", "the user, password or token is not valid here")
