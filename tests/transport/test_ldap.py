"""How a directory is asked: in few threads, for a limited time, by a library that is an extra."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from support.patience import until
from wheelyard.errors import ConfigError, Throttled, Unavailable
from wheelyard.settings import LdapSettings
from wheelyard.transport.ldap import AT_ONCE, MOST_WAITING, LdapClient, load_talk

pytestmark = pytest.mark.anyio

Answer = frozenset[str] | None | Unavailable


@dataclass
class FakeDirectory:
    """A directory whose answers can be held back. ``inside`` is how many wait for one."""

    answer: Answer = frozenset()
    open: threading.Event = field(default_factory=threading.Event)
    inside: int = 0
    cuts: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def verify(self, user: str, password: str) -> frozenset[str] | None:
        """Answer once that is allowed."""
        with self.lock:
            self.inside += 1
        assert self.open.wait(60)
        with self.lock:
            self.inside -= 1
        if isinstance(self.answer, Unavailable):
            raise self.answer
        return self.answer

    def cut(self) -> None:
        """Count it."""
        self.cuts += 1


@contextmanager
def opened(*, holding: bool = False, answer: Answer = frozenset()) -> Iterator[FakeDirectory]:
    """Yield a directory that lets go of everybody at the end."""
    directory = FakeDirectory(answer)
    if not holding:
        directory.open.set()
    try:
        yield directory
    finally:
        directory.open.set()


def client_of(directory: FakeDirectory, seconds: float = 60.0) -> LdapClient:
    """Return a client that asks the directory."""
    begin: Callable[[], FakeDirectory] = lambda: directory  # noqa: E731 - what it is
    return LdapClient(begin, seconds)


@pytest.mark.parametrize("answer", [None, frozenset({"devs"})])
async def test_answer_is_passed_on(answer: frozenset[str] | None) -> None:
    """A no as well as a yes."""
    with opened(answer=answer) as directory:
        assert await client_of(directory).verify("alice", "rosebud1") == answer


async def test_deadline_is_an_outage() -> None:
    """Whoever waits is told, and the thread is not left waiting."""
    with opened(holding=True) as directory:
        with pytest.raises(Unavailable, match="does not answer"):
            await client_of(directory, 0.05).verify("alice", "rosebud1")

        assert directory.cuts == 1


async def test_questions_are_limited() -> None:
    """A few are asked at once, a few more wait, and the next one is told so."""
    with opened(holding=True) as directory:
        client = client_of(directory)
        async with anyio.create_task_group() as tasks:
            for _ in range(AT_ONCE + MOST_WAITING):
                tasks.start_soon(client.verify, "alice", "rosebud1")
            await until(lambda: directory.inside == AT_ONCE)

            with pytest.raises(Throttled):
                await client.verify("alice", "rosebud1")

            directory.open.set()

        assert await client.verify("alice", "rosebud1") == frozenset()


async def test_threads_that_do_not_come_back_are_not_added_to() -> None:
    """A look-up that hangs cannot be cut off: so many, and then nobody waits for another."""
    with opened(holding=True) as directory:
        client = client_of(directory, 0.05)
        while directory.inside < AT_ONCE:
            with pytest.raises(Unavailable):
                await client.verify("alice", "rosebud1")

        with pytest.raises(Unavailable) as caught:
            await client.verify("alice", "rosebud1")

        assert "have not come back" in str(caught.value.__cause__)
        assert directory.inside == AT_ONCE
        directory.open.set()
        await until(lambda: directory.inside == 0)


async def test_outage_is_logged_once_and_its_end_as_well(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With what happened, which clients are not told."""
    caplog.set_level(logging.INFO)
    with opened(answer=Unavailable("The LDAP directory", "10.0.0.1 refused")) as directory:
        client = client_of(directory)
        for _ in range(2):
            with pytest.raises(Unavailable) as caught:
                await client.verify("alice", "rosebud1")
            assert "10.0.0.1" not in str(caught.value)
        directory.answer = None
        for _ in range(2):
            await client.verify("alice", "rosebud1")

    assert [("10.0.0.1 refused" in each.message) for each in caplog.records] == [True, False]
    assert "rosebud1" not in caplog.text


def test_missing_extra_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named, and so is the setting that wants it."""
    monkeypatch.setattr("wheelyard.transport.ldap.find_spec", lambda _: None)

    with pytest.raises(ConfigError, match=r"`ldap.url` needs .* `wheelyard\[ldap\]`"):
        load_talk(LdapSettings(url="ldaps://directory.example"))


def test_file_that_is_no_certificate_stops_the_start(tmp_path: Path) -> None:
    """Better than to find out at the first login."""
    (tmp_path / "ca.pem").write_text("no")

    with pytest.raises(ConfigError, match=r"`ldap.ca`: .* is no file of certificates"):
        load_talk(LdapSettings(url="ldaps://directory.example", ca=tmp_path / "ca.pem"))
