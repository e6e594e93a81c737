"""Passwords: hashed so that guessing is dear, in threads of their own, a few at a time.

Each check takes a tenth of a second of CPU and 64 MiB on purpose.  So only a few run at once, in
their own threads, and only a few more may wait: whoever tries thousands of passwords slows down
those who sign in with one, and nobody else.

One lane and not four: the work is the same for whoever guesses, but a check then keeps one
processor busy and not all of them. Measured on two processors, with checks without a pause: the
99th percentile of what else the event loop did was 6 ms in place of 22.
"""

import logging
import os
import unicodedata

import anyio
import anyio.to_thread
import argon2

from wheelyard.errors import BadInput, Throttled

__all__ = ["Passwords", "hash_password", "parse_password"]

_LOG = logging.getLogger(__name__)

AT_ONCE = min(4, max(1, (os.cpu_count() or 1) // 2))
MOST_WAITING = 32
MIN_LENGTH = 8
MAX_LENGTH = 1_000


def parse_password(text: str) -> str:
    """Return ``text`` as a password that somebody may choose.

    Raises:
        BadInput: it is too short, too long, or cannot be typed into a login.
    """
    password = unicodedata.normalize("NFC", text)
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise BadInput(
            f"The password has {len(password)} characters: choose one with {MIN_LENGTH} to "
            f"{MAX_LENGTH}."
        )
    if not password.isprintable():
        raise BadInput("The password holds a character that cannot be typed: choose another one.")
    if password.startswith("wyd_"):
        raise BadInput("The password begins like a token (`wyd_`): choose another one.")
    return password


def hash_password(password: str) -> str:
    """Return what is kept of a password. Slow on purpose: never call it on the event loop.

    Source: RFC 9106, 4 (the second recommended option, in one lane).
    """
    return _make_hasher().hash(password)


def _make_hasher() -> argon2.PasswordHasher:
    return argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


class Passwords:
    """Checks passwords against their hashes, in few threads."""

    def __init__(self) -> None:
        self._hasher = _make_hasher()
        self._threads = anyio.CapacityLimiter(AT_ONCE)
        self._inside = 0

    async def check(self, password_hash: str | None, password: str) -> bool:
        """Say whether ``password`` belongs to the hash; without one it takes as long to say no.

        Raises:
            Throttled: too many checks wait already.
        """
        if self._inside >= AT_ONCE + MOST_WAITING:
            raise Throttled("Signing in with a password", 1.0)
        self._inside += 1
        try:
            return await anyio.to_thread.run_sync(
                self._check, password_hash, password, limiter=self._threads
            )
        finally:
            self._inside -= 1

    def _check(self, password_hash: str | None, password: str) -> bool:
        if password_hash is None:
            self._hasher.hash(password)
            return False
        try:
            return self._hasher.verify(password_hash, password)
        except argon2.exceptions.VerifyMismatchError:
            return False
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            _LOG.exception("The hash of a password cannot be used; set the password again.")
            return False
