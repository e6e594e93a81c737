"""Following another process: its news become ours, and its lock when it dies."""

import os
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from blobs.fakes import (
    DEADLINE_SECONDS,
    FAST,
    KIB,
    content_of,
    digest_of,
    open_descriptors,
    settled,
)
from wheelyard.blobs import DiskThreads, FillRules, KeyLock, KeyLocks
from wheelyard.blobs.following import Following
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.locks import KeyWatch
from wheelyard.blobs.progress import Ending, Progress

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking,  # the test plays the other process, and that writes to the disk
]

CONTENT = content_of(200 * KIB)
RUNNING = Progress(7, 100 * KIB, 200 * KIB)
PROVEN = Progress(7, 200 * KIB, 200 * KIB, Ending.PROVEN, digest_of(CONTENT))


class Followed:
    """A lock that another process holds, and our following of it."""

    def __init__(self, path: Path) -> None:
        """Begin with an empty note and no file."""
        self.part = path / "a.part"
        self.locks = KeyLocks(path)
        self.growth = Growth("`a.whl`", None)
        self.seen: list[KeyLock | None] = []
        holder = self.locks.try_lock("a")
        watch = self.locks.lock_or_watch("a")
        assert holder is not None
        assert isinstance(watch, KeyWatch)
        self.holder, self.watch = holder, watch

    async def follow(self, rules: FillRules = FAST) -> None:
        """Follow to the end."""
        following = Following(self.growth, self.part, DiskThreads(), rules)
        with anyio.fail_after(DEADLINE_SECONDS):
            self.seen.append(await following.run(self.watch))

    def write(self, progress: Progress) -> None:
        """Write a note as the holder."""
        self.part.write_bytes(CONTENT)
        self.holder.write(progress.pack())


@pytest.fixture
def followed(tmp_path: Path) -> Followed:
    """Return a lock that somebody else holds."""
    return Followed(tmp_path)


async def test_news_are_passed_on_until_the_proof(followed: Followed, tmp_path: Path) -> None:
    """With the file that they speak of; at the end everything is closed but that."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(followed.follow)
        followed.write(RUNNING)
        await settled(lambda: followed.growth.progress == RUNNING)
        file = followed.growth.take_file()
        assert file is not None
        got = os.pread(file.descriptor, 10, 0)
        file.give_back()
        followed.write(replace(RUNNING, released=120 * KIB))
        await settled(lambda: followed.growth.progress.released == 120 * KIB)
        followed.holder.write(PROVEN.pack())

    assert got == CONTENT[:10]
    assert (followed.growth.progress, followed.seen) == (PROVEN, [None])
    followed.holder.release()
    followed.growth.retire()
    assert open_descriptors(tmp_path) == []


async def test_file_that_is_not_there_yet_is_no_news(followed: Followed) -> None:
    """A reader is never told of bytes that cannot be read."""
    followed.holder.write(RUNNING.pack())
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(followed.follow)
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        before = followed.growth.progress
        followed.write(RUNNING)
        await settled(lambda: followed.growth.progress == RUNNING)
        followed.holder.write(PROVEN.pack())

    assert before == Progress()
    followed.holder.release()


async def test_proof_of_an_edition_that_was_missed_is_not_taken_for_that_of_our_bytes(
    followed: Followed,
) -> None:
    """The other process started over and was done between two looks: its blob is what counts."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(followed.follow)
        followed.write(RUNNING)
        await settled(lambda: followed.growth.progress == RUNNING)
        followed.holder.write(replace(PROVEN, edition=8).pack())

    assert followed.growth.progress.edition == 8
    assert followed.growth.take_file() is None
    followed.holder.release()


@pytest.mark.parametrize("note", [replace(RUNNING, edition=8), PROVEN], ids=["edition", "turn"])
async def test_file_that_may_be_anothers_is_not_taken(
    followed: Followed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, note: Progress
) -> None:
    """Between the note and the opening, the name passed to another edition or another turn."""
    opened = os.open

    def late(path: Path, flags: int) -> int:
        monkeypatch.undo()
        followed.holder.write(note.pack())
        if note.ending.is_final:
            followed.holder.release()
        followed.part.unlink()
        followed.part.write_bytes(b"another's")
        return opened(path, flags)

    followed.write(RUNNING)
    monkeypatch.setattr(os, "open", late)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(followed.follow)
        await settled(lambda: followed.growth.progress.edition != 0)
        first = followed.growth.progress
        tasks.cancel_scope.cancel()

    assert first == note
    followed.growth.retire()
    left = [followed.holder] if note.ending is Ending.RUNNING else followed.seen
    for lock in left:
        assert lock is not None
        lock.release()
    assert open_descriptors(tmp_path) == []


async def test_failure_is_passed_on_with_its_reason(followed: Followed) -> None:
    """The person who reads the answer need not search the other program's log."""
    followed.write(replace(RUNNING, ending=Ending.FAILED, reason="the moon is full"))

    await followed.follow()

    assert followed.growth.progress.ending is Ending.FAILED
    assert "the moon is full" in str(followed.growth.failure)
    followed.holder.release()


async def test_lock_of_the_dead_is_returned(followed: Followed) -> None:
    """With its last note still in it, so that the work can go on from there."""
    followed.write(RUNNING)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(followed.follow)
        await settled(lambda: followed.growth.progress == RUNNING)
        os.close(followed.holder.descriptor)

    lock = followed.seen[0]
    assert lock is not None
    assert lock.is_current()
    assert Progress.unpack(lock.read()) == RUNNING
    lock.release()


async def test_lock_that_was_given_back_without_a_word_is_returned(followed: Followed) -> None:
    """Somebody only looked at it; whose turn is next is decided anew, and at once."""
    followed.holder.release()

    await followed.follow(FillRules(poll_seconds=0.002, orphan_check_seconds=10_000))

    lock = followed.seen[0]
    assert lock is not None
    assert not lock.is_current()
    lock.release()


async def test_dead_who_had_finished_needs_no_successor(followed: Followed) -> None:
    """The lock is returned for its file to be removed; the fill has ended all the same."""
    followed.write(PROVEN)
    os.close(followed.holder.descriptor)

    await followed.follow()

    assert followed.growth.progress == PROVEN
    if followed.seen[0] is not None:
        followed.seen[0].release()


async def test_cancelled_following_closes_everything(followed: Followed, tmp_path: Path) -> None:
    """A shutdown in the middle leaves the other process alone."""
    followed.write(RUNNING)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(followed.follow)
        await settled(lambda: followed.growth.progress == RUNNING)
        tasks.cancel_scope.cancel()

    followed.growth.retire()
    followed.holder.release()
    assert open_descriptors(tmp_path) == []
