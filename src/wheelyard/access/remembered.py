"""Passwords that were right a moment ago, so that an installer's next request need not wait.

What is remembered is a digest under a key that only this process ever had, over the password and
the hash that it was checked against: a changed password is forgotten by itself.
"""

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import anyio

from wheelyard.clock import Instant

__all__ = ["Remembered", "Shared"]

SECONDS = 300.0
MOST = 1_000


class Remembered:
    """The seals of passwords that were right. Used in the event loop's thread only."""

    def __init__(self, *, seconds: float = SECONDS, most: int = MOST) -> None:
        self._key = secrets.token_bytes(32)
        self._seconds = seconds
        self._most = most
        self._until: dict[bytes, Instant] = {}

    def seal(self, user: str, password_hash: str | None, password: str) -> bytes:
        """Return what stands for a password of a user while its hash is this one."""
        digest = hashlib.blake2b(digest_size=32, key=self._key)
        for part in (user, password_hash or "", password):
            data = part.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "big") + data)
        return digest.digest()

    def has(self, seal: bytes, now: Instant) -> bool:
        """Say whether the password was right lately."""
        return now < self._until.get(seal, now)

    def keep(self, seal: bytes, now: Instant) -> None:
        """Remember that the password is right."""
        self._until.pop(seal, None)
        self._until[seal] = Instant(now + self._seconds)
        while len(self._until) > self._most:
            del self._until[next(iter(self._until))]


@dataclass(slots=True, eq=False)
class _Flight:
    """A question that is being answered for everybody who has it."""

    done: anyio.Event = field(default_factory=anyio.Event)
    answer: bool | None = None


class Shared:
    """Answers the same question once for all who ask it at the same time.

    An installer that opens fifty connections shows the same password fifty times at once.
    """

    def __init__(self) -> None:
        self._flights: dict[bytes, _Flight] = {}

    async def ask(self, key: bytes, question: Callable[[], Awaitable[bool]]) -> bool:
        """Return the answer to ``question``, or to the one with that key that is asked already.

        If whoever asked it fails or goes away, the next one asks.
        """
        while (flight := self._flights.get(key)) is not None:
            await flight.done.wait()
            if flight.answer is not None:
                return flight.answer
        flight = self._flights[key] = _Flight()
        try:
            flight.answer = await question()
        finally:
            del self._flights[key]
            flight.done.set()
        return flight.answer
