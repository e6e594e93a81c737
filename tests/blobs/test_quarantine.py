"""The place for damaged files: everything is kept, and said once."""

import logging
from pathlib import Path

import pytest

from wheelyard.blobs import Quarantine, read_whole
from wheelyard.names import Sha256

NAME = Sha256("a" * 64)


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """Return a file whose name promises other bytes."""
    path = tmp_path / NAME
    path.write_bytes(b"wrong")
    return path


def test_damaged_file_is_moved_and_kept(tmp_path: Path, damaged: Path) -> None:
    """Somebody will want to know what happened to it. Fault F38."""
    quarantine = Quarantine(tmp_path / "quarantine")

    place = quarantine.take_now(damaged, read_whole(damaged))

    assert place is not None
    assert place.parent == tmp_path / "quarantine"
    assert place.read_bytes() == b"wrong"
    assert not damaged.exists()
    assert quarantine.count == 1


def test_damage_is_told_in_a_sentence(
    tmp_path: Path, damaged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Which file, what is wrong, where it is now."""
    with caplog.at_level(logging.WARNING):
        place = Quarantine(tmp_path / "quarantine").take_now(damaged, read_whole(damaged))

    (message,) = caplog.messages
    assert message.startswith(f"The held file {NAME} is damaged: it has 5 bytes and its digest is ")
    assert f"`{place}`" in message


def test_second_damaged_copy_does_not_replace_the_first(tmp_path: Path, damaged: Path) -> None:
    """Nothing in the quarantine is ever lost."""
    quarantine = Quarantine(tmp_path / "quarantine")
    quarantine.take_now(damaged, read_whole(damaged))
    damaged.write_bytes(b"wrong again")
    quarantine.take_now(damaged, read_whole(damaged))

    kept = {path.read_bytes() for path in (tmp_path / "quarantine").iterdir()}
    assert kept == {b"wrong", b"wrong again"}


def test_file_that_was_replaced_meanwhile_stays(tmp_path: Path, damaged: Path) -> None:
    """Another process has healed it: the new one is not what was seen."""
    quarantine = Quarantine(tmp_path / "quarantine")
    seen = read_whole(damaged)
    new = tmp_path / "new"
    new.write_bytes(b"right")
    new.rename(damaged)

    assert quarantine.take_now(damaged, seen) is None
    assert damaged.read_bytes() == b"right"
    assert quarantine.count == 0


def test_file_that_cannot_be_moved_is_told_and_stays(
    tmp_path: Path, damaged: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is not given out all the same; that is for the caller."""
    (tmp_path / "quarantine").write_bytes(b"a file in its place")
    quarantine = Quarantine(tmp_path / "quarantine")

    with caplog.at_level(logging.WARNING):
        place = quarantine.take_now(damaged, read_whole(damaged))

    assert place is None
    assert damaged.exists()
    assert "cannot be moved away" in caplog.text


def test_file_that_vanished_is_no_error(tmp_path: Path, damaged: Path) -> None:
    """There is nothing left to keep."""
    seen = read_whole(damaged)
    damaged.unlink()

    assert Quarantine(tmp_path / "quarantine").take_now(damaged, seen) is None


def test_stray_file_is_put_away_under_its_name(tmp_path: Path) -> None:
    """Whoever put it there finds it again."""
    stray = tmp_path / "notes.txt"
    stray.write_bytes(b"mine")

    place = Quarantine(tmp_path / "quarantine").put_away_now(stray)

    assert place.name.startswith("notes.txt-")
    assert (place.read_bytes(), stray.exists()) == (b"mine", False)
