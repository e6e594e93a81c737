"""The room for downloads: one budget for all processes, and what is cleared away."""

import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import pytest

from blobs.fakes import KIB
from wheelyard.blobs import KeyLocks, SpoolBudget
from wheelyard.blobs.progress import Ending, Progress
from wheelyard.blobs.spool import find_leftovers, part_path, remove_leftovers
from wheelyard.errors import Unavailable

DAY = 24 * 3600
Usage = namedtuple("Usage", ["total", "used", "free"])  # noqa: PYI024  as shutil returns it


@pytest.fixture
def budget(tmp_path: Path) -> Callable[..., SpoolBudget]:
    """Return what opens the budget of the spool, as each process does."""

    def open_budget(max_bytes: int = 100 * KIB, min_free_bytes: int = 0) -> SpoolBudget:
        return SpoolBudget(tmp_path, max_bytes=max_bytes, min_free_bytes=min_free_bytes)

    return open_budget


@pytest.fixture
def locks(tmp_path: Path) -> KeyLocks:
    """Return the locks beside the spool."""
    (tmp_path / "locks").mkdir()
    return KeyLocks(tmp_path / "locks")


def test_room_is_refused_when_the_spool_is_full(budget: Callable[..., SpoolBudget]) -> None:
    """Downloads do not fill the disk. The sentence names the setting."""
    one = budget()
    one.reserve("a", 60 * KIB)

    with pytest.raises(Unavailable, match="max_spool_bytes"):
        one.reserve("b", 41 * KIB)

    assert one.reserved_bytes == 60 * KIB


def test_room_is_shared_with_other_processes(budget: Callable[..., SpoolBudget]) -> None:
    """Two programs on one data directory have one budget together."""
    one, other = budget(), budget()
    one.reserve("a", 60 * KIB)

    with pytest.raises(Unavailable):
        other.reserve("b", 41 * KIB)

    other.reserve("b", 40 * KIB)
    assert (one.reserved_bytes, other.reserved_bytes) == (60 * KIB, 40 * KIB)


def test_room_that_was_given_back_is_free(
    budget: Callable[..., SpoolBudget], tmp_path: Path
) -> None:
    """A download that is over leaves no trace."""
    one, other = budget(), budget()
    one.reserve("a", 60 * KIB)

    one.release("a")

    other.reserve("b", 100 * KIB)
    other.release("b")
    other.release("b")
    assert list(tmp_path.iterdir()) == []


def test_file_larger_than_the_budget_is_fetched_alone(budget: Callable[..., SpoolBudget]) -> None:
    """A budget slows large files down; it does not forbid them."""
    one = budget()

    one.reserve("a", 500 * KIB)

    assert one.reserved_bytes == 500 * KIB


def test_room_for_more_of_the_same_counts_once(budget: Callable[..., SpoolBudget]) -> None:
    """A file of unknown length asks again as it grows."""
    one = budget()
    one.reserve("a", 50 * KIB)
    one.reserve("b", 10 * KIB)

    one.reserve("a", 90 * KIB)

    assert one.reserved_bytes == 100 * KIB


def test_refused_growth_keeps_what_was_there(budget: Callable[..., SpoolBudget]) -> None:
    """The room that a download has is its own until it ends."""
    one = budget()
    one.reserve("a", 50 * KIB)
    one.reserve("b", 50 * KIB)

    with pytest.raises(Unavailable):
        one.reserve("a", 51 * KIB)

    assert one.reserved_bytes == 100 * KIB


def test_bytes_on_the_disk_count_where_nobody_speaks_for_them(
    budget: Callable[..., SpoolBudget], tmp_path: Path
) -> None:
    """What killed downloads left is room that is not there."""
    part_path(tmp_path, "dead").write_bytes(bytes(60 * KIB))

    with pytest.raises(Unavailable):
        budget().reserve("a", 41 * KIB)


def test_own_part_does_not_count_twice(budget: Callable[..., SpoolBudget], tmp_path: Path) -> None:
    """A download that goes on where one was killed needs only the rest."""
    part_path(tmp_path, "a").write_bytes(bytes(60 * KIB))

    budget().reserve("a", 100 * KIB)


def test_disk_is_never_filled_to_the_brim(
    budget: Callable[..., SpoolBudget], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """What others will still write counts as written."""
    part_path(tmp_path, "a").write_bytes(bytes(20 * KIB))
    one = budget(min_free_bytes=30 * KIB)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, 100 * KIB))
    one.reserve("a", 70 * KIB)  # 50 KiB of them are still to come, so 50 KiB will be free

    with pytest.raises(Unavailable, match="min_free_bytes"):
        one.reserve("b", 21 * KIB)

    one.reserve("b", 20 * KIB)


def test_leftovers_of_long_ago_are_removed(tmp_path: Path, locks: KeyLocks) -> None:
    """Parts, room, temporary files and locks that nobody has touched for a day. Fault F42."""
    lock = locks.try_lock("a")
    assert lock is not None
    lock.leave()
    names = [part_path(tmp_path, "a").name, "a.room", "put-0123"]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    for path in (*map(tmp_path.joinpath, names), lock.path):
        os.utime(path, (0, 0))

    remove_leftovers(tmp_path, locks)

    assert [path.name for path in tmp_path.rglob("*")] == ["locks"]


def test_leftovers_of_today_stay(tmp_path: Path, locks: KeyLocks) -> None:
    """The next one who asks goes on from there."""
    part_path(tmp_path, "a").write_bytes(b"x")
    (tmp_path / "put-0123").write_bytes(b"x")

    remove_leftovers(tmp_path, locks)

    assert len([path for path in tmp_path.iterdir() if path.is_file()]) == 2


def test_part_that_is_being_written_stays(tmp_path: Path, locks: KeyLocks) -> None:
    """However long its source has been silent, and however much room is needed."""
    lock = locks.try_lock("a")
    assert lock is not None
    part = part_path(tmp_path, "a")
    part.write_bytes(b"x")
    os.utime(part, (0, 0))

    remove_leftovers(tmp_path, locks, older_than_seconds=0)

    assert part.exists()
    lock.release()


def test_room_can_be_made_of_the_leftovers_of_today(tmp_path: Path, locks: KeyLocks) -> None:
    """A download that can run now comes before one that may be asked for again."""
    part = part_path(tmp_path, "a")
    part.write_bytes(b"x")
    (tmp_path / "put-0123").write_bytes(b"x")

    remove_leftovers(tmp_path, locks, older_than_seconds=0)

    assert not part.exists()
    assert (tmp_path / "put-0123").exists()


def test_note_about_the_ledger_is_never_removed(tmp_path: Path, locks: KeyLocks) -> None:
    """Bytes that are held and not yet in the ledger are remembered for as long as it takes."""
    lock = locks.try_lock("a")
    assert lock is not None
    lock.write(Progress(1, 5, 5, Ending.KEEPING, "ab" * 32).pack())
    lock.leave()
    os.utime(lock.path, (0, 0))

    remove_leftovers(tmp_path, locks)

    assert locks.has_note("a")


def test_directories_in_the_spool_are_left_alone(tmp_path: Path, locks: KeyLocks) -> None:
    """Only files are ours."""
    (tmp_path / "somebody's").mkdir()
    os.utime(tmp_path / "somebody's", (0, 0))

    remove_leftovers(tmp_path, locks)

    assert (tmp_path / "somebody's").is_dir()


def test_leftovers_are_found_and_left(tmp_path: Path, locks: KeyLocks) -> None:
    """What would be removed: neither what is young nor what somebody is busy with."""
    old, young, busy = (part_path(tmp_path, key) for key in ("old", "young", "busy"))
    given = tmp_path / "x.given"
    for path in (old, young, busy, given):
        path.write_bytes(b"half")
    for path in (old, busy, given):
        os.utime(path, (1.0, 1.0))
    lock = locks.try_lock("busy")
    assert lock is not None

    found = find_leftovers(tmp_path, locks)
    lock.release()

    assert sorted(found) == sorted([(old, 4), (given, 4)])
    assert all(path.exists() for path in (old, young, busy, given))
