"""File, note and news of a download, kept in step."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from blobs.fakes import KIB, content_of, digest_of, open_descriptors, wanted
from wheelyard.blobs import DiskThreads, KeyLock, KeyLocks, LocalBlobs, Quarantine, Wanted
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.writing import Writing
from wheelyard.errors import Corrupt, Unavailable

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking,  # the test looks at the lock that the writing writes
]

CONTENT = content_of(500 * KIB)
SIZE = len(CONTENT)
BROKEN = Unavailable("`a.whl`", "gone")


class Bench:
    """A writing, and what it writes to."""

    def __init__(self, path: Path, lock: KeyLock, wish: Wanted) -> None:
        """Write the bytes of ``wish`` below ``path``."""
        self.part = path / "a.part"
        self.growth = Growth("`a.whl`", wish.size)
        self.lock = lock
        self.writing = Writing(wish, self.growth, lock, self.part, DiskThreads())

    @property
    def note(self) -> Progress:
        """What other processes read."""
        note = Progress.unpack(self.lock.read())
        assert note is not None
        return note


@asynccontextmanager
async def bench(
    path: Path, wish: Wanted | None = None, *, left: bytes = b"", note: bytes = b""
) -> AsyncIterator[Bench]:
    """Open a writing that finds ``left`` in the spool and ``note`` in the lock."""
    lock = KeyLocks(path).try_lock("a")
    assert lock is not None
    lock.write(note)
    made = Bench(path, lock, wish or wanted(CONTENT))
    if left:
        made.part.write_bytes(left)
    await made.writing.open()
    yield made
    made.writing.close_now()
    made.growth.retire()
    lock.release()
    assert open_descriptors(path) == []


async def test_everything_but_the_last_block_is_released(tmp_path: Path) -> None:
    """To our readers and, with the same words, to those of other processes."""
    async with bench(tmp_path) as made:
        await made.writing.append([CONTENT[: 100 * KIB], CONTENT[100 * KIB : 300 * KIB]])

        assert made.growth.progress.released == 236 * KIB
        assert made.note == made.growth.progress
        assert made.part.read_bytes() == CONTENT[: 300 * KIB]


async def test_small_file_is_not_released_at_all(tmp_path: Path) -> None:
    """It is proven first."""
    async with bench(tmp_path) as made:
        await made.writing.append([CONTENT[: 64 * KIB]])

        assert made.writing.is_private


async def test_recent_bytes_need_no_disk(tmp_path: Path) -> None:
    """Readers that keep up get the blocks as they were written."""
    async with bench(tmp_path) as made:
        await made.writing.append([CONTENT[: 300 * KIB]])
        made.part.unlink()

        assert made.growth.recent.at(1000, 2000) == CONTENT[1000:2000]


async def test_part_of_the_dead_is_taken_over_with_its_edition(tmp_path: Path) -> None:
    """Who read the old bytes reads on, and is given no byte less than before."""
    note = Progress(7, 200 * KIB, SIZE).pack()
    async with bench(tmp_path, left=CONTENT[: 250 * KIB], note=note) as made:
        assert made.growth.progress == Progress(7, 200 * KIB, SIZE)
        assert made.writing.written == 250 * KIB
        assert made.writing.digest("sha256") == digest_of(CONTENT[: 250 * KIB])


@pytest.mark.parametrize(
    ("left", "note"),
    [
        pytest.param(100 * KIB, Progress(7, 200 * KIB, SIZE), id="shorter-than-what-was-given"),
        pytest.param(250 * KIB, Progress(7, 9, SIZE, Ending.FAILED), id="of-a-failed-one"),
        pytest.param(250 * KIB, None, id="without-a-note"),
    ],
)
async def test_part_whose_readers_are_gone_begins_an_edition(
    tmp_path: Path, left: int, note: Progress | None
) -> None:
    """The bytes may be of use; nobody is bound to them."""
    packed = note.pack() if note else b""
    async with bench(tmp_path, left=CONTENT[:left], note=packed) as made:
        assert made.growth.progress.edition not in {0, 7}
        assert made.writing.written == left


async def test_part_without_a_digest_is_begun_anew(tmp_path: Path) -> None:
    """Nothing would prove that old and new bytes belong together."""
    wish = Wanted("main/a/a.whl", "`a.whl`")
    async with bench(tmp_path, wish, left=CONTENT) as made:
        assert made.writing.written == 0
        assert made.part.read_bytes() == b""


async def test_starting_over_begins_another_edition(tmp_path: Path) -> None:
    """With the reason for those who have bytes of the last one."""
    why = Corrupt("`a.whl`", expected="a", actual="b")
    async with bench(tmp_path) as made:
        await made.writing.append([CONTENT[: 300 * KIB]])
        before = made.growth.progress
        await made.writing.start_over(why)

        assert made.growth.progress.edition != before.edition
        assert made.growth.setback is why
        assert (made.writing.written, made.writing.is_private) == (0, True)
        assert not made.growth.recent.at(0, 1000)


async def test_kept_bytes_are_noted_as_not_yet_agreed_to(tmp_path: Path) -> None:
    """Whoever finds this note after a kill asks the ledger; readers wait for its answer."""
    for name in ("blobs", "spool"):
        (tmp_path / name).mkdir()
    store = LocalBlobs(
        tmp_path / "blobs", tmp_path / "spool", DiskThreads(), Quarantine(tmp_path / "quarantine")
    )
    digest = digest_of(CONTENT)
    async with bench(tmp_path) as made:
        await made.writing.append([CONTENT])
        held, is_new = await made.writing.keep(digest, store)
        kept, told = made.note, made.growth.progress.ending
        made.writing.finish(held)
        made.writing.close_now()

        assert (held.size, is_new) == (SIZE, True)
        assert made.growth.recent.at(SIZE - 10, SIZE) == CONTENT[-10:]
        assert (kept.ending, kept.digest, told) == (Ending.KEEPING, digest, Ending.RUNNING)
        assert made.note == made.growth.progress
        assert made.note.ending is Ending.PROVEN


@pytest.mark.parametrize(
    ("wish", "keep", "stays"),
    [
        pytest.param(wanted(CONTENT), True, True, id="of-use"),
        pytest.param(wanted(CONTENT), False, False, id="spoilt"),
        pytest.param(Wanted("main/a/a.whl", "`a.whl`"), True, False, id="without-digest"),
    ],
)
async def test_giving_up_leaves_only_what_is_of_use(
    tmp_path: Path, wish: Wanted, *, keep: bool, stays: bool
) -> None:
    """And tells the other processes why."""
    async with bench(tmp_path, wish) as made:
        await made.writing.append([CONTENT])
        made.writing.give_up(BROKEN, keep=keep)
        made.writing.close_now()

        assert made.part.exists() is stays
        assert (made.note.ending, made.note.reason) == (Ending.FAILED, str(BROKEN))
