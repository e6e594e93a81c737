"""Locks by key: one holder, whoever it is; a turn ends with its file."""

import fcntl
import os
from pathlib import Path

import pytest

from blobs.fakes import open_descriptors
from wheelyard.blobs import KeyLocks
from wheelyard.blobs.locks import KeyLock, KeyWatch, key_name


def held(locks: KeyLocks, key: str) -> KeyLock:
    """Return the lock of ``key``, which nobody has."""
    lock = locks.try_lock(key)
    assert lock is not None
    return lock


def watched(locks: KeyLocks, key: str) -> KeyWatch:
    """Return a look at the lock of ``key``, which somebody has."""
    watch = locks.lock_or_watch(key)
    assert isinstance(watch, KeyWatch)
    return watch


def test_lock_is_refused_while_somebody_has_it(tmp_path: Path) -> None:
    """There is one holder at a time."""
    locks = KeyLocks(tmp_path)
    lock = held(locks, "a")

    assert locks.try_lock("a") is None

    lock.release()


def test_lock_of_another_key_is_free(tmp_path: Path) -> None:
    """Keys do not get in each other's way."""
    locks = KeyLocks(tmp_path)
    one = held(locks, "a")

    other = held(locks, "b")

    one.release()
    other.release()


def test_released_lock_leaves_no_file(tmp_path: Path) -> None:
    """A million keys do not leave a million files."""
    locks = KeyLocks(tmp_path)

    held(locks, "a").release()

    assert list(tmp_path.iterdir()) == []
    held(locks, "a").release()


def test_refused_lock_leaves_no_descriptor(tmp_path: Path) -> None:
    """Trying is free."""
    locks = KeyLocks(tmp_path)
    lock = held(locks, "a")
    before = len(open_descriptors(tmp_path))

    for _ in range(10):
        locks.try_lock("a")

    assert len(open_descriptors(tmp_path)) == before
    lock.release()


def test_key_with_any_characters_is_one_file(tmp_path: Path) -> None:
    """A key may come from a page; it never leaves the directory."""
    held(KeyLocks(tmp_path), "../../etc/\0\udcff passwd").leave()

    assert [path.parent for path in tmp_path.rglob("*")] == [tmp_path]


def test_lock_file_that_was_removed_meanwhile_is_not_locked(tmp_path: Path) -> None:
    """Who locks a file that is no longer under its name has locked nothing."""
    locks = KeyLocks(tmp_path)
    first = held(locks, "a")
    watch = watched(locks, "a")
    first.release()
    second = held(locks, "a")

    late = watch.try_lock()

    assert late is not None
    assert not late.is_current()
    late.release()
    assert locks.try_lock("a") is None
    second.release()


def test_lock_file_removed_between_opening_and_locking_is_opened_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The former holder was just about to remove it: who locks that file shares it with nobody."""
    locks = KeyLocks(tmp_path)
    flock, removals = fcntl.flock, 2

    def removed_first(descriptor: int, operation: int) -> None:
        nonlocal removals
        if removals:
            removals -= 1
            next(tmp_path.iterdir()).unlink()
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", removed_first)
    lock = held(locks, "a")

    assert lock.is_current()
    assert locks.try_lock("a") is None
    lock.release()
    assert open_descriptors(tmp_path) == []


def test_note_is_read_by_those_who_watch(tmp_path: Path) -> None:
    """The holder says how far it is."""
    locks = KeyLocks(tmp_path)
    lock = held(locks, "a")
    watch = watched(locks, "a")

    lock.write(b"half")

    assert watch.read() == b"half"
    watch.close()
    lock.release()


def test_note_of_a_turn_that_has_ended_is_still_read(tmp_path: Path) -> None:
    """How it ended can be read after the end, however late."""
    locks = KeyLocks(tmp_path)
    lock = held(locks, "a")
    watch = watched(locks, "a")
    lock.write(b"done")
    lock.release()

    assert watch.is_over()
    assert watch.read() == b"done"

    watch.close()


def test_turn_begins_without_the_note_of_the_last_one(tmp_path: Path) -> None:
    """A failure of yesterday is not taken for one of today."""
    locks = KeyLocks(tmp_path)
    first = held(locks, "a")
    first.write(b"failed")
    first.release()

    second = held(locks, "a")

    assert second.read() == b""
    second.release()


def test_lock_of_the_dead_passes_to_one_who_watches(tmp_path: Path) -> None:
    """The kernel gives the lock back; the note tells the next one where it was."""
    locks = KeyLocks(tmp_path)
    dead = held(locks, "a")
    watch = watched(locks, "a")
    dead.write(b"half")
    os.close(dead.descriptor)

    lock = watch.try_lock()

    assert lock is not None
    assert lock.is_current()
    assert lock.read() == b"half"
    lock.release()


def test_watch_of_a_living_holder_gets_no_lock(tmp_path: Path) -> None:
    """Nobody takes over from the living."""
    locks = KeyLocks(tmp_path)
    lock = held(locks, "a")
    watch = watched(locks, "a")

    assert watch.try_lock() is None
    assert not watch.is_over()

    watch.close()
    lock.release()


def test_note_is_there_while_a_lock_is_held_or_was_left(tmp_path: Path) -> None:
    """Unfinished business can be seen from outside."""
    locks = KeyLocks(tmp_path)
    before = locks.has_note("a")
    lock = held(locks, "a")
    during = locks.has_note("a")

    lock.leave()

    assert (before, during, locks.has_note("a")) == (False, True, True)


def test_lock_is_found_by_the_name_of_its_key(tmp_path: Path) -> None:
    """Who finds a file of the spool can lock its key without knowing it."""
    locks = KeyLocks(tmp_path)
    lock = held(locks, "a")

    assert locks.try_lock_named(key_name("a")) is None

    lock.release()


def test_key_is_held_while_somebody_lives_who_holds_it(tmp_path: Path) -> None:
    """A note that a killed holder left is there, and holds nobody up."""
    locks = KeyLocks(tmp_path)
    never = locks.is_held("a")
    lock = held(locks, "a")
    lock.write(b"note")
    during = locks.is_held("a")
    lock.leave()

    assert (never, during, locks.is_held("a")) == (False, True, False)
    assert locks.has_note("a")
    assert held(locks, "a").read() == b"note"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_lock_that_root_leaves_can_be_taken_by_the_owner_of_the_directory(tmp_path: Path) -> None:
    """A command of the administrator that was killed must not lock the server out for ever."""
    os.chown(tmp_path, 1_000, 1_001)
    locks = KeyLocks(tmp_path)

    held(locks, "a").leave()

    (left,) = tmp_path.iterdir()
    assert (left.stat().st_uid, left.stat().st_gid) == (1_000, 1_001)
