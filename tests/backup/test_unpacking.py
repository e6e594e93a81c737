"""Unpacking: members become files below one directory, each once."""

import io
import stat
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest

from backup.archives import archive_of, reader_of
from wheelyard.backup.archive import CATALOG, INFO, ArchiveReader, ArchiveWriter, blob_path
from wheelyard.backup.unpacking import Unpacking, unpack
from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.names import Sha256

CONTENT = b"what is in it"
DIGEST = Sha256(sha256(CONTENT).hexdigest())
INFO_BYTES = b'{"format":1,"catalog_format":6,"instance":"0","created":0.0,"program":"1"}'


def archive_with(*members: tuple[str, bytes]) -> ArchiveReader:
    """Return an archive of a description and those members."""
    everything: Sequence[tuple[str, bytes]] = [(INFO, INFO_BYTES), *members]
    out = io.BytesIO()
    with ArchiveWriter(out, Instant(0.0)) as archive:
        for name, content in everything:
            archive.add(name, len(content), [content])
        archive.finish()
    return reader_of(out.getvalue())


def test_members_become_files_where_they_belong(tmp_path: Path) -> None:
    """The store has its own layout, and the rest is beside it."""
    archive = archive_with(("data/secret.key", b"k"), (blob_path(DIGEST), CONTENT), (CATALOG, b"c"))

    unpacked = unpack(archive, Unpacking(tmp_path), lambda _: None)

    assert (tmp_path / f"blobs/{DIGEST[:2]}/{DIGEST[2:4]}/{DIGEST}").read_bytes() == CONTENT
    assert (tmp_path / "secret.key").read_bytes() == b"k"
    assert (tmp_path / "catalog.sqlite").read_bytes() == b"c"
    assert (unpacked.blobs, unpacked.bytes, unpacked.damaged) == (1, 2 + len(CONTENT), [])
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_member_that_comes_twice_is_refused(tmp_path: Path) -> None:
    """Which of two counts would be for whoever made the archive to say."""
    archive = archive_with(("data/secret.key", b"1"), ("data/secret.key", b"2"), (CATALOG, b"c"))

    with pytest.raises(BadInput, match="twice"):
        unpack(archive, Unpacking(tmp_path), lambda _: None)


def test_file_of_the_data_directory_cannot_be_the_catalog(tmp_path: Path) -> None:
    """One file under two names would come twice."""
    archive = archive_with(("data/catalog.sqlite", b"1"), (CATALOG, b"c"))

    with pytest.raises(BadInput, match="twice"):
        unpack(archive, Unpacking(tmp_path), lambda _: None)


def test_blob_with_other_bytes_is_not_kept(tmp_path: Path) -> None:
    """It was damaged when the backup was taken, and is told."""
    archive = archive_with((blob_path(DIGEST), b"other"), (CATALOG, b"c"))

    unpacked = unpack(archive, Unpacking(tmp_path), lambda _: None)

    assert (unpacked.blobs, unpacked.damaged) == (0, [DIGEST])
    assert not [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()]


def test_archive_without_a_catalog_is_no_backup(tmp_path: Path) -> None:
    """Nothing would say what the files are."""
    with pytest.raises(BadInput, match=r"no `catalog\.sqlite`"):
        unpack(archive_with((blob_path(DIGEST), CONTENT)), Unpacking(tmp_path), lambda _: None)


@pytest.mark.parametrize("at_once", [True, False])
def test_everything_is_durable_in_the_end(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch, *, at_once: bool
) -> None:
    """At once where the system can, else file by file."""
    monkeypatch.setattr("wheelyard.backup.unpacking.sync_file_system", lambda _: at_once)
    unpacking = Unpacking(tmp_path / "draft")
    (tmp_path / "draft").mkdir()

    unpacked = unpack(reader_of(archive_of(data)), unpacking, lambda _: None)
    unpacking.settle()

    assert unpacked.blobs > 0
