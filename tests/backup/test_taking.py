"""Taking a backup: one consistent state, whatever goes on meanwhile."""

import io
import json
from pathlib import Path
from sqlite3 import connect

import pytest

from backup.archives import archive_of, blobs_of, members_of, reader_of, taken_of
from wheelyard.backup import Source, Taken, check_backup, take_backup
from wheelyard.backup.archive import CATALOG, INFO, SUMS
from wheelyard.blobs import KeyLocks
from wheelyard.catalog import open_directory
from wheelyard.clock import SystemClock
from wheelyard.errors import Conflict, Unavailable


def test_backup_has_everything(data: Path) -> None:
    """Every blob, the keys, the catalog, and what it is; nothing that is made again by itself."""
    (data / "wheelyard.toml").write_text("[server]\n", "utf-8")

    archive, taken = taken_of(data)

    members = members_of(archive)
    names = {name.rpartition("/")[2]: content for name, content in members.items()}
    assert {name: names[name] for name in blobs_of(data)} == blobs_of(data)
    assert members["data/secret.key"] == (data / "secret.key").read_bytes()
    assert members["data/wheelyard.toml"] == b"[server]\n"
    assert json.loads(members[INFO])["instance"] == instance_of(data)
    assert next(iter(members)) == INFO
    assert [*members][-2:] == [CATALOG, SUMS]
    assert not {*members} & {"data/lock", "data/format.json", "data/catalog.sqlite"}
    assert (taken.blobs, taken.is_whole, taken.left_out) == (len(blobs_of(data)), True, [])


def instance_of(data: Path) -> str:
    """Return the identity of a data directory."""
    return str(json.loads((data / "format.json").read_bytes())["instance"])


def test_backup_without_files_has_the_rest(data: Path) -> None:
    """The files can be had elsewhere; what says which they are cannot."""
    archive, taken = taken_of(data, has_files=False)

    assert not [name for name in members_of(archive) if name.startswith("blobs/")]
    assert CATALOG in members_of(archive)
    assert taken.is_whole


def test_missing_and_damaged_files_are_told_and_the_rest_is_taken(data: Path) -> None:
    """One bad file does not cost the backup of a million good ones."""
    first, second, *_ = sorted(path for path in (data / "blobs").rglob("*") if path.is_file())
    first.unlink()
    second.write_bytes(b"other")

    archive, taken = taken_of(data)

    assert (taken.missing, taken.damaged) == ([first.name], [second.name])
    assert not taken.is_whole
    assert taken.blobs == len(blobs_of(data))
    checked = check_backup(reader_of(archive), lambda _: None)
    assert (checked.missing, checked.unpacked.damaged) == ((first.name,), [second.name])


def test_what_is_removed_meanwhile_is_not_in_the_catalog_of_the_backup(data: Path) -> None:
    """Names went before bytes: so another copy of the catalog is made, and it fits."""
    victims = sorted(path for path in (data / "blobs").rglob("*") if path.is_file())[-2:]

    def remove(_: Taken) -> None:
        if victims:
            remove_blob(data, victims.pop())

    archive, taken = taken_of(data, remove)

    assert taken.is_whole
    checked = check_backup(reader_of(archive), lambda _: None)
    assert checked.is_whole
    assert checked.unpacked.blobs == len(blobs_of(data))


def remove_blob(data: Path, path: Path) -> None:
    """Remove a blob as a collection does: its names, then its bytes."""
    with connect(data / "catalog.sqlite") as catalog:
        for statement in (
            "DELETE FROM held WHERE sha256 = ?",
            "DELETE FROM metadata_files WHERE metadata_sha256 = ?",
            "DELETE FROM hosted_files WHERE ? IN (sha256, metadata_sha256)",
        ):
            catalog.execute(statement, (path.name,))
    catalog.close()
    path.unlink()


def test_things_that_never_stay_end_the_backup(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where something is removed each time it is asked for, no copy ever fits."""
    next(path for path in (data / "blobs").rglob("*") if path.is_file()).unlink()
    monkeypatch.setattr("wheelyard.backup.taking._Taking._is_missing", lambda *_: False)

    with pytest.raises(Unavailable, match="removed all the time"):
        archive_of(data)


def test_second_backup_of_the_same_data_waits_for_its_turn(data: Path) -> None:
    """Two at a time would clean up each other's copies."""
    lock = KeyLocks(data / "locks").try_lock("backup")
    assert lock is not None

    with pytest.raises(Conflict, match="another backup"):
        archive_of(data)

    lock.release()


def test_killed_backup_leaves_nothing_that_the_next_one_does_not_take_away(data: Path) -> None:
    """Copies of the catalog are as large as it is."""
    leftover = data / "backups" / ".backup-killed"
    leftover.mkdir()
    (leftover / "catalog.sqlite").write_bytes(b"x")

    archive_of(data)

    assert [*(data / "backups").iterdir()] == []


def test_what_looks_like_no_part_of_the_data_is_left_out_and_said(data: Path) -> None:
    """Somebody's own files are not ours to take; the backup itself is none of its parts."""
    (data / "a b").write_bytes(b"odd")
    (data / "large").write_bytes(bytes(2 * 1024**2))
    (data / "made.tar").write_bytes(b"the last one")
    clock, out = SystemClock(), io.BytesIO()

    with open_directory(data, clock) as directory:
        besides = frozenset({data / "made.tar"})
        taken = take_backup(Source(directory, clock.now(), besides=besides), out, lambda _: None)

    assert taken.left_out == ["a b", "large"]
    assert "data/made.tar" not in members_of(out.getvalue())


def test_output_that_takes_nothing_more_ends_the_backup(data: Path) -> None:
    """A full disk is the output's, and its error passes."""

    class Full(io.BytesIO):
        """A disk that is full after the first members."""

        def write(self, content: object, /) -> int:
            """Take little."""
            if self.tell() > 4_096:
                raise OSError(28, "No space left on device")
            return super().write(content)  # type: ignore[arg-type]  # bytes

    clock = SystemClock()
    with open_directory(data, clock) as directory, pytest.raises(OSError, match="No space"):
        take_backup(Source(directory, clock.now()), Full(), lambda _: None)

    assert [*(data / "backups").iterdir()] == []
