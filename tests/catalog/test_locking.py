"""Locks: shared by many, or held alone; two objects stand for two processes."""

from pathlib import Path

from wheelyard.catalog.locking import FileLock


def test_lock_is_shared_by_many(tmp_path: Path) -> None:
    """Any number of processes have a directory open."""
    locks = [FileLock(tmp_path / "lock") for _ in range(3)]

    assert [lock.share(0) for lock in locks] == [True, True, True]

    for lock in locks:
        lock.release()


def test_lock_held_by_others_is_not_taken(tmp_path: Path) -> None:
    """A migration does not begin while somebody reads."""
    reader, migration = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    reader.share(0)

    assert not migration.take(0)

    reader.release()


def test_lock_held_alone_is_not_shared(tmp_path: Path) -> None:
    """Nobody opens a directory in the middle of a migration."""
    migration, reader = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    migration.take(0)

    assert not reader.share(0)

    migration.release()


def test_lock_that_was_refused_is_not_held(tmp_path: Path) -> None:
    """Who did not get it does not keep others out."""
    holder, loser, third = (FileLock(tmp_path / "lock") for _ in range(3))
    holder.share(0)
    loser.take(0)
    holder.release()

    assert third.take(0)

    third.release()


def test_lock_alone_becomes_shared(tmp_path: Path) -> None:
    """After a migration the same process goes on as a reader among others."""
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    first.take(0)

    assert first.share(0)

    assert second.share(0)
    first.release()
    second.release()


def test_released_lock_can_be_released_again(tmp_path: Path) -> None:
    """Closing twice is harmless."""
    lock = FileLock(tmp_path / "lock")
    lock.take(0)
    lock.release()

    lock.release()

    assert lock.take(0)
    lock.release()
