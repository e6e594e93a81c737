"""Checking a backup: every byte is read, and nothing is restored."""

from pathlib import Path

import pytest

from backup.archives import archive_of, blobs_of, reader_of, rebuilt, taken_of
from wheelyard.backup.checking import check_backup
from wheelyard.backup.unpacking import Unpacked
from wheelyard.errors import BadInput, Corrupt


def test_sound_backup_is_whole(data: Path, archive: bytes) -> None:
    """Its numbers are told while it is read."""
    told: list[int] = []

    def tell(unpacked: Unpacked) -> None:
        told.append(unpacked.blobs)

    checked = check_backup(reader_of(archive), tell)

    assert checked.is_whole
    assert checked.unpacked.blobs == len(blobs_of(data))
    assert told == [*range(1, len(blobs_of(data)) + 1)]


def test_backup_without_files_lacks_none(data: Path) -> None:
    """It was not to have them."""
    assert check_backup(reader_of(archive_of(data, has_files=False)), lambda _: None).is_whole


def test_file_that_the_catalog_names_and_the_backup_lacks_is_told(data: Path) -> None:
    """A row without its bytes is what a backup must not have."""
    victim = next(path for path in (data / "blobs").rglob("*") if path.is_file())
    victim.unlink()
    archive, _ = taken_of(data)

    checked = check_backup(reader_of(archive), lambda _: None)

    assert checked.missing == (victim.name,)
    assert not checked.is_whole


def test_damaged_archive_is_told(archive: bytes) -> None:
    """One bit is enough."""
    middle = len(archive) // 2
    damaged = archive[:middle] + bytes([archive[middle] ^ 4]) + archive[middle + 1 :]

    with pytest.raises(Corrupt):
        check_backup(reader_of(damaged), lambda _: None)


def test_archive_without_a_catalog_is_no_backup(archive: bytes) -> None:
    """Nothing would say what the files are."""
    with pytest.raises(BadInput, match=r"no `catalog\.sqlite`"):
        check_backup(reader_of(rebuilt(archive, without="catalog.sqlite")), lambda _: None)
