"""Passwords: what may be one, and how they are checked."""

import threading

import anyio
import anyio.lowlevel
import argon2
import pytest

from wheelyard.access.passwords import (
    AT_ONCE,
    MOST_WAITING,
    Passwords,
    hash_password,
    parse_password,
)
from wheelyard.errors import BadInput, Throttled


@pytest.mark.parametrize(
    "text", ["rosebud1", "correct horse battery staple", "pässwörter", "密" * 8]
)
def test_password_may_be_nearly_anything(text: str) -> None:
    """Length is what counts."""
    assert parse_password(text) == text


def test_password_has_one_form() -> None:
    """However the keyboard composes its letters."""
    assert parse_password("pa\u0308ssword") == "pässword"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "has 0 characters: choose one with 8 to 1000"),
        ("rosebud", "has 7 characters"),
        ("x" * 1_001, "has 1001 characters"),
        ("rose\nbud1", "cannot be typed"),
        ("rose\0bud1", "cannot be typed"),
        ("wyd_rosebud", "begins like a token"),
    ],
)
def test_what_cannot_be_a_password_is_refused(text: str, sentence: str) -> None:
    """With the reason, and without the password."""
    with pytest.raises(BadInput, match=sentence) as caught:
        parse_password(text)

    assert not text or text not in str(caught.value)


def test_hash_is_argon2id_as_the_standard_recommends() -> None:
    """64 MiB, three passes, one lane, a salt of its own. Source: RFC 9106, 4."""
    first, second = hash_password("rosebud1"), hash_password("rosebud1")

    assert first.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert first != second


@pytest.mark.anyio
async def test_only_the_password_is_right() -> None:
    """Nobody without a hash has one, and a damaged hash is nobody's."""
    known, digest = Passwords(), hash_password("rosebud1")

    assert await known.check(digest, "rosebud1")
    assert not await known.check(digest, "rosebud2")
    assert not await known.check(None, "rosebud1")
    assert not await known.check("damaged", "rosebud1")


class Slow:
    """A hasher that waits until it is told, and counts who is inside."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.inside = self.most = self.calls = 0
        self.lock = threading.Lock()

    def verify(self, _hash: str, _password: str) -> bool:
        """Wait, and say no."""
        with self.lock:
            self.calls += 1
            self.inside += 1
            self.most = max(self.most, self.inside)
        self.go.wait(180)
        with self.lock:
            self.inside -= 1
        raise argon2.exceptions.VerifyMismatchError


@pytest.mark.anyio
async def test_few_checks_run_and_few_wait() -> None:
    """Hundreds of tries at once cost the memory of a few; the rest is told to come back: T46."""
    known, slow = Passwords(), Slow()
    known._hasher = slow  # type: ignore[assignment]  # a hasher that can be stopped
    refused = checked = 0

    async def attempt() -> None:
        nonlocal refused, checked
        try:
            assert not await known.check("hash", "wrong")
            checked += 1
        except Throttled:
            refused += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(200):
            tasks.start_soon(attempt)
        await anyio.wait_all_tasks_blocked()
        while slow.inside < AT_ONCE:
            await anyio.lowlevel.checkpoint()
        assert refused == 200 - AT_ONCE - MOST_WAITING
        slow.go.set()

    assert (slow.most, checked) == (AT_ONCE, AT_ONCE + MOST_WAITING)
    assert known._inside == 0


@pytest.mark.anyio
async def test_unknown_user_takes_as_long() -> None:
    """The same work is done, so that the time does not tell who exists: T40."""
    done: list[str] = []

    class Hasher:
        def hash(self, password: str) -> str:
            done.append(password)
            return ""

    known = Passwords()
    known._hasher = Hasher()  # type: ignore[assignment]  # one that says what it is asked

    assert not await known.check(None, "rosebud1")
    assert done == ["rosebud1"]
