"""What writer and readers of one fill share."""

import os
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given
from hypothesis import strategies as st

from blobs.fakes import DEADLINE_SECONDS, KIB, MIB, content_of, open_descriptors
from wheelyard.blobs.growth import Growth, Recent
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.shared_file import SharedFile
from wheelyard.errors import Corrupt, Unavailable


def shared(path: Path) -> SharedFile:
    """Return ``path`` as a file to be shared."""
    return SharedFile(os.open(path, os.O_RDWR | os.O_CREAT))


@given(
    lengths=st.lists(st.integers(1, 50), min_size=1, max_size=20),
    begin=st.integers(0, 100),
    forgotten=st.integers(0, 1000),
    position=st.integers(0, 1200),
    end=st.integers(0, 1200),
)
def test_recent_bytes_are_those_of_their_place(
    lengths: list[int], begin: int, forgotten: int, position: int, end: int
) -> None:
    """A block is given from any offset, or not at all; never other bytes."""
    content = content_of(begin + sum(lengths))
    recent, offset = Recent(), begin
    for length in lengths:
        recent.add(offset, [content[offset : offset + length]])
        offset += length
    recent.forget(forgotten)

    got = recent.at(position, end)

    assert got == content[position:end][: len(got)]
    if max(begin, forgotten) <= position < min(end, offset):
        assert got


def test_recent_block_is_shared_not_copied() -> None:
    """A hundred readers that keep up hold one block."""
    block, recent = content_of(1000), Recent()
    recent.add(500, [block])

    assert recent.at(500, 1500) is block


def test_growth_forgets_what_is_far_behind() -> None:
    """However long the file, little of it is in memory."""
    growth = Growth("`a.whl`", None)
    for number in range(100):
        growth.recent.add(number * 256 * KIB, [bytes(256 * KIB)])
        growth.tell(Progress(0, number * 256 * KIB))

    kept = sum(bool(growth.recent.at(number * 256 * KIB, 100 * MIB)) for number in range(100))

    assert kept <= 6


@pytest.mark.parametrize(
    ("readers", "chunk"),
    [(0, 512 * KIB), (1, 512 * KIB), (64, 256 * KIB), (1000, 16 * MIB // 1000), (10**4, 16 * KIB)],
)
def test_many_readers_take_smaller_chunks(readers: int, chunk: int) -> None:
    """What all of them have in hand together stays bounded. Goal G12."""
    growth = Growth("`a.whl`", None)
    with ExitStack() as stack:
        for _ in range(readers):
            stack.enter_context(growth.one_reader_more())
        during = growth.chunk_bytes

    assert (during, growth.chunk_bytes) == (chunk, 512 * KIB)


@pytest.mark.anyio
async def test_everybody_who_waits_is_woken() -> None:
    """No news is lost, whether it comes before the wait or during it."""
    growth, seen = Growth("`a.whl`", None), []

    async def follow() -> None:
        progress = growth.progress
        while progress.released < 50:
            await growth.moved(progress)
            progress = growth.progress
        seen.append(progress.released)

    with anyio.fail_after(DEADLINE_SECONDS):
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(follow)
            for released in range(1, 51):
                growth.tell(Progress(0, released))
                if released % 3 == 0:
                    await checkpoint()

    assert seen == [50] * 20


@pytest.mark.anyio
async def test_news_that_came_before_the_wait_ends_it_at_once() -> None:
    """A reader that was busy does not sleep over what it missed."""
    growth = Growth("`a.whl`", None)
    seen = growth.progress
    growth.tell(Progress(0, 1))

    with anyio.fail_after(DEADLINE_SECONDS):
        await growth.moved(seen)


def test_failure_is_told_with_its_reason() -> None:
    """What was released stays known; why it ended too."""
    growth, error = Growth("`a.whl`", 100), Unavailable("`a.whl`", "gone")
    growth.tell(Progress(7, 50, 100))

    growth.fail(error)

    assert growth.failure is error
    assert growth.progress == Progress(7, 50, 100, Ending.FAILED, reason=str(error))


def test_failure_after_the_end_changes_nothing() -> None:
    """What is proven stays proven, whatever goes wrong while tidying up."""
    growth = Growth("`a.whl`", 100)
    proven = Progress(7, 100, 100, Ending.PROVEN, "ab" * 32)
    growth.tell(proven)

    growth.fail(Unavailable("`a.whl`", "the lock file cannot be removed"))

    assert growth.progress is proven


def test_new_edition_keeps_the_reason(tmp_path: Path) -> None:
    """Readers of the old bytes are told why they fit no more."""
    growth = Growth("`a.whl`", 100)
    why = Corrupt("`a.whl`", expected="a", actual="b")
    growth.begin(shared(tmp_path / "a"), Progress(1), None)

    growth.begin(shared(tmp_path / "b"), Progress(2), why)
    growth.begin(shared(tmp_path / "b"), Progress(2, 10), None)

    assert growth.setback is why
    growth.retire()


def test_edition_whose_file_was_never_seen_has_no_file(tmp_path: Path) -> None:
    """The bytes of the last edition are not those of this one; readers go to the store."""
    growth = Growth("`a.whl`", 100)
    growth.begin(shared(tmp_path / "a"), Progress(1), None)
    growth.recent.add(0, [bytes(100)])

    growth.tell(Progress(2, 100, 100, Ending.PROVEN, "ab" * 32))

    assert growth.take_file() is None
    assert not growth.recent.at(0, 100)
    assert open_descriptors(tmp_path) == []


def test_growth_has_no_reasons_while_all_is_well() -> None:
    """Asking too early gives a sentence, not a crash."""
    growth = Growth("`a.whl`", 100)

    assert "has not failed" in str(growth.failure)
    assert "start over" in str(growth.setback)


def test_retired_growth_has_no_file_and_little_memory(tmp_path: Path) -> None:
    """A slow reader of a finished fill keeps neither open."""
    growth = Growth("`a.whl`", None)
    growth.begin(shared(tmp_path / "a"), Progress(1), None)
    for number in range(8):
        growth.recent.add(number * 256 * KIB, [bytes(256 * KIB)])
    growth.tell(Progress(1, 2 * MIB, 2 * MIB, Ending.PROVEN, "ab" * 32))

    growth.retire()
    growth.retire()

    assert growth.take_file() is None
    assert open_descriptors(tmp_path) == []
    assert not growth.recent.at(MIB, 2 * MIB)


def test_edition_that_is_over_is_kept_for_its_readers(tmp_path: Path) -> None:
    """And for nobody else: the last of them closes it."""
    growth = Growth("`a.whl`", 300)
    growth.begin(shared(tmp_path / "a"), Progress(1, 100, 300), None)
    with growth.one_reader_more():
        growth.begin(shared(tmp_path / "b"), Progress(2, 0, 300), None)
        growth.tell(Progress(3, 300, 300, Ending.PROVEN, "ab" * 32))
        growth.retire()
        while_read = (growth.elder(1) is not None, growth.elder(2) is not None)

    assert while_read == (True, False)
    assert growth.elder(1) is None
    assert open_descriptors(tmp_path) == []


def test_edition_that_nobody_reads_is_not_kept(tmp_path: Path) -> None:
    """It costs no descriptor."""
    growth = Growth("`a.whl`", 300)
    growth.begin(shared(tmp_path / "a"), Progress(1, 100, 300), None)
    growth.begin(shared(tmp_path / "b"), Progress(2, 0, 300), None)

    assert growth.elder(1) is None
    growth.retire()
    assert open_descriptors(tmp_path) == []
