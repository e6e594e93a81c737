"""The inbox when things go wrong around it: the disk, the directory, the store."""

import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from support.packages import make_wheel
from wheelyard.blobs import (
    DiskThreads,
    IncomingParts,
    KeyLocks,
    LocalBlobs,
    Quarantine,
    SpoolBudget,
)
from wheelyard.catalog import Actor, HostedFile, Published
from wheelyard.errors import Refused, Unavailable, WheelyardError
from wheelyard.settings import UploadSettings
from wheelyard.upload import inbox as module
from wheelyard.upload.inbox import Inbox, InboxParts
from wheelyard.upload.pipeline import Candidate, Destination, Done, Pipeline, PipelineParts

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 180.0
WHEEL = make_wheel("demo", "1.0")


class FakePipeline:
    """Publishes nothing, and remembers what it was given; raises ``errors`` first, one by one."""

    def __init__(self) -> None:
        self.errors: list[WheelyardError] = []
        self.taken: list[tuple[str, bytes, str, str]] = []

    @property
    def parts(self) -> PipelineParts:
        """Only the rules are asked for."""
        rules = UploadSettings(max_file_bytes=100_000)
        nothing: Any = None
        return PipelineParts(nothing, nothing, nothing, nothing, rules)

    async def publish(self, candidate: Candidate, destination: Destination, actor: Actor) -> Done:
        """Take a file."""
        if self.errors:
            raise self.errors.pop(0)
        content = await anyio.Path(candidate.incoming.path).read_bytes()
        self.taken.append((candidate.filename, content, destination.owner, actor.origin))
        return Done(Published("new", cast("HostedFile", None)))


class Bench:
    """An inbox in a directory of its own."""

    def __init__(self, folder: Path) -> None:
        self.directory = folder / "inbox"
        for name in ("inbox", "blobs", "spool", "locks", "quarantine"):
            folder.joinpath(name).mkdir()
        disk = DiskThreads()
        store = LocalBlobs(
            folder / "blobs", folder / "spool", disk, Quarantine(folder / "quarantine")
        )
        budget = SpoolBudget(folder / "spool", max_bytes=10**9, min_free_bytes=0)
        self.pipeline = FakePipeline()
        self.parts = InboxParts(
            self.directory,
            Destination("hosted:main"),
            cast("Pipeline", self.pipeline),
            IncomingParts(store, budget, disk, folder / "spool"),
            KeyLocks(folder / "locks"),
            still_seconds=0.0,
        )
        self.spool = folder / "spool"

    @property
    def path(self) -> Path:
        """Where the wheel is put."""
        return self.directory / WHEEL.filename

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Publish inside the block."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Inbox(self.parts).run)
            yield
            tasks.cancel_scope.cancel()


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return an inbox that waits for nothing."""
    monkeypatch.setattr(module, "_QUIET_SECONDS", 0.05)
    monkeypatch.setattr(module, "_SOON_SECONDS", 0.02)
    monkeypatch.setattr(module, "_MOST_PUT_OFF_SECONDS", 0.05)
    return Bench(tmp_path)


async def until(holds: Callable[[], bool]) -> None:
    """Return as soon as something is true."""
    with anyio.fail_after(PATIENCE_SECONDS):
        while not holds():  # noqa: ASYNC110 - what is waited for is a file
            await anyio.sleep(0.01)


async def test_file_is_published_and_taken_out(bench: Bench) -> None:
    """With its bytes, to the index of the inbox, in the name of who put it there."""
    bench.path.write_bytes(WHEEL.content)

    async with bench.running():
        await until(lambda: not bench.path.exists())

    assert bench.pipeline.taken == [(WHEEL.filename, WHEEL.content, "hosted:main", "inbox")]
    assert list(bench.spool.iterdir()) == []


async def test_full_store_leaves_the_file_where_it_is(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It is tried again, and said once."""
    full = "the disk is full; make room in the data directory"
    bench.pipeline.errors = [Unavailable("The store of files", full, failing="disk")] * 3
    bench.path.write_bytes(WHEEL.content)

    async with bench.running():
        await until(lambda: not bench.path.exists())

    assert len(bench.pipeline.taken) == 1
    assert caplog.text.count("the disk is full") == 1
    assert not bench.directory.joinpath("rejected").exists()


async def test_file_that_may_not_be_read_stays(
    bench: Bench, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody may correct its permissions; until then nothing is decided."""
    opened, refusals = os.open, iter([True, True])

    def refuse(path: str | Path, *words: int, **more: int) -> int:
        if Path(path) == bench.path and next(refusals, False):
            raise PermissionError(13, "Permission denied")
        return opened(path, *words, **more)

    monkeypatch.setattr(os, "open", refuse)
    bench.path.write_bytes(WHEEL.content)

    async with bench.running():
        await until(lambda: not bench.path.exists())

    assert caplog.text.count("permission denied") == 1


async def test_rejection_that_cannot_be_written_is_tried_again(bench: Bench) -> None:
    """A rejected file is moved only after its reason is there."""
    bench.pipeline.errors = [Refused("`demo`", "it is archived")] * 2
    bench.directory.joinpath("rejected").write_bytes(b"a file where the directory should be")
    bench.path.write_bytes(WHEEL.content)

    async with bench.running():
        await until(lambda: len(bench.pipeline.errors) < 2)
        assert bench.path.exists()
        bench.directory.joinpath("rejected").unlink()
        await until(lambda: not bench.path.exists())

    rejected = bench.directory / "rejected"
    assert sorted(path.name for path in rejected.iterdir()) == [
        WHEEL.filename,
        f"{WHEEL.filename}.reason.txt",
    ]


async def test_file_that_is_too_large_is_rejected_unread(bench: Bench) -> None:
    """The limit of uploads is that of the inbox."""
    bench.path.write_bytes(bytes(100_001))

    async with bench.running():
        await until(lambda: not bench.path.exists())

    text = bench.directory.joinpath("rejected", f"{WHEEL.filename}.reason.txt").read_text("utf-8")
    assert "100000 is the most" in text
    assert bench.pipeline.taken == []


async def test_inbox_that_is_missing_is_waited_for(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    """It may be a disk that is not mounted yet."""
    caplog.set_level(logging.ERROR)
    bench.directory.rmdir()

    async with bench.running():
        await until(lambda: "cannot be read" in caplog.text)
        bench.directory.mkdir()
        bench.path.write_bytes(WHEEL.content)
        await until(lambda: not bench.path.exists())

    assert len(bench.pipeline.taken) == 1
    assert caplog.text.count("cannot be read") == 1


async def test_two_processes_publish_a_file_once(bench: Bench) -> None:
    """Several workers look into the same directory."""
    for number in range(10):
        package = make_wheel("demo", f"{number}.0")
        bench.directory.joinpath(package.filename).write_bytes(package.content)

    async with bench.running(), bench.running():
        await until(lambda: not list(bench.directory.glob("*.whl")))

    names = [name for name, *_ in bench.pipeline.taken]
    assert len(set(names)) == 10
