"""Sessions: a browser that somebody has signed in with, and the tokens that it is handed out.

A session is a row among the tokens: 256 random bits in a cookie, a keyed digest here. So it cannot
be made up, it ends with its user or when it is revoked, and lists show it. Its only action is one
that no route asks for; that is why it opens nothing as a token, and no token passes for a session.
"""

from dataclasses import dataclass, field

from wheelyard.access.base import Action
from wheelyard.access.tokens import NO_DIGEST, is_token, make_token, read_token_id
from wheelyard.catalog.arrivals import Arrival, Arrivals
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.bearers import Bearers
from wheelyard.catalog.tokens import TokenRow, Tokens
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Refused

__all__ = ["Issued", "Session", "SessionParts", "Sessions"]

SESSION = "session"
_HANDED_OUT = (Action.READ.value, Action.UPLOAD.value)


@dataclass(frozen=True, slots=True)
class SessionParts:
    """What sessions work with. ``seconds`` is how long they last; ``key`` the directory's."""

    bearers: Bearers
    tokens: Tokens
    arrivals: Arrivals
    key: bytes = field(repr=False)
    clock: Clock
    seconds: float


@dataclass(frozen=True, slots=True)
class Issued:
    """A session or a token that was just made; ``text`` is shown once."""

    user: str
    text: str = field(repr=False)
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Session:
    """A session that is good now. ``number`` is the public id of its row."""

    user: str
    number: str
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of one data directory."""

    parts: SessionParts

    async def open(self, arrival: Arrival, actor: Actor) -> Issued:
        """Return a new session of somebody who was signed in.

        Raises:
            Refused: there is no such user here, or none that the issuer may speak for.
        """
        if not await self.parts.arrivals.note(arrival, actor):
            reason = (
                f"`{arrival.user}` is no user of this server, or one who has a password here or is "
                "an administrator. For the former an administrator uses "
                f"`wheelyard user add {arrival.user}`, for the latter `[oidc.NAME] link_users`."
            )
            raise Refused("Signing in", reason)
        return await self._add(arrival.user, SESSION, (SESSION,), actor)

    def find(self, text: str) -> Session | None:
        """Return the session of a cookie, if it is good now; looks the row up in place."""
        number = read_token_id(text)
        if number is None:
            return None
        token = self.parts.bearers.token_now(number)
        is_right = is_token(self.parts.key, text, token.digest if token else NO_DIGEST)
        if token is None or not is_right or token.actions != (SESSION,):
            return None
        ends = token.expires_at
        if token.revoked_at is not None or ends is None or self.parts.clock.now() >= ends:
            return None
        return Session(token.person.name, number, ends)

    async def hand_out(self, session: Session, origin: str) -> Issued:
        """Return a token with which the user of a session can install and upload for a while.

        Raises:
            Refused: the user was removed a moment ago.
        """
        actor = Actor(session.user, origin)
        try:
            return await self._add(session.user, "handed out after signing in", _HANDED_OUT, actor)
        except Absent as error:
            raise Refused("A token", f"`{session.user}` is no user of this server.") from error

    async def close(self, session: Session, origin: str) -> None:
        """End a session at once; again is fine. Tokens that were handed out stay."""
        try:
            await self.parts.tokens.revoke(session.number, Actor(session.user, origin))
        except Absent:
            return

    async def _add(self, user: str, label: str, actions: tuple[str, ...], actor: Actor) -> Issued:
        """Write a token down, and return it."""
        made = make_token(self.parts.key)
        ends = Instant(self.parts.clock.now() + self.parts.seconds)
        row = TokenRow(made.id, user, made.digest, label, actions=actions, expires_at=ends)
        await self.parts.tokens.add(row, actor)
        return Issued(user, made.text, ends)
