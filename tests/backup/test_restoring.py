"""Restoring a backup: all of it or nothing, wherever it is cut off."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from sqlite3 import connect

import msgspec
import pytest

from backup.archives import archive_of, blobs_of, members_of, reader_of, restore_into, taken_of
from wheelyard.backup.archive import INFO
from wheelyard.backup.restoring import finish_restore, refuse_newer, restore_backup
from wheelyard.backup.unpacking import Unpacked
from wheelyard.catalog import open_catalog, open_directory
from wheelyard.catalog.locking import FileLock
from wheelyard.clock import SystemClock
from wheelyard.errors import BadInput, ConfigError, Corrupt


def rows_of(data: Path) -> list[str]:
    """Return what is in a catalog, as the statements that make it, but for its identity."""
    with connect(f"file:{data / 'catalog.sqlite'}?mode=ro", uri=True) as catalog:
        lines = [line for line in catalog.iterdump() if "'instance'" not in line]
    catalog.close()
    return lines


def test_restored_directory_is_what_the_backup_was_taken_of(
    data: Path, archive: bytes, tmp_path: Path
) -> None:
    """Every blob, every row and every key are there, for their owner alone."""
    restored = restore_into(tmp_path / "again", archive)

    assert blobs_of(tmp_path / "again") == blobs_of(data)
    assert rows_of(tmp_path / "again") == rows_of(data)
    assert (tmp_path / "again/secret.key").read_bytes() == (data / "secret.key").read_bytes()
    assert restored.is_whole
    for path in (tmp_path / "again").rglob("*"):
        if path.is_file():
            assert path.stat().st_mode & 0o777 == 0o600


def test_restored_directory_opens_as_another_instance(archive: bytes, tmp_path: Path) -> None:
    """Its journal begins again at an earlier serial: who followed the old one has to notice."""
    restored = restore_into(tmp_path / "again", archive)

    with (
        open_directory(tmp_path / "again", SystemClock()) as directory,
        open_catalog(directory.path, SystemClock()) as catalog,
    ):
        assert directory.instance == restored.instance == catalog.identity.instance
    assert restored.instance != restored.info.instance


def test_identity_is_kept_if_asked_for(archive: bytes, tmp_path: Path) -> None:
    """A server that moves to another machine, and is no more on the old one, is the same."""
    restored = restore_into(tmp_path / "again", archive, keeps_identity=True)

    with open_directory(tmp_path / "again", SystemClock()) as directory:
        assert directory.instance == restored.info.instance == restored.instance


def test_empty_directory_is_restored_into_whoever_made_it(archive: bytes, tmp_path: Path) -> None:
    """A volume that is mounted there, with what file systems put into it, is empty."""
    (tmp_path / "again/lost+found").mkdir(parents=True)

    restore_into(tmp_path / "again", archive)

    assert (tmp_path / "again/catalog.sqlite").exists()


@pytest.mark.parametrize("name", ["catalog.sqlite", "blobs", "somebody-elses"])
def test_directory_with_other_contents_is_refused(
    archive: bytes, tmp_path: Path, name: str
) -> None:
    """Nothing is overwritten, and the sentence names what is there."""
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / name).write_bytes(b"theirs")

    with pytest.raises(ConfigError, match=f"not empty: there is `{name}`"):
        restore_into(tmp_path / "again", archive)

    assert (tmp_path / "again" / name).read_bytes() == b"theirs"


def test_directory_that_a_program_uses_is_refused(archive: bytes, tmp_path: Path) -> None:
    """A server that has just begun there would see things come and go."""
    (tmp_path / "again").mkdir()
    lock = FileLock(tmp_path / "again/lock")
    assert lock.share(0)

    with pytest.raises(ConfigError, match="Another program uses"):
        restore_into(tmp_path / "again", archive)

    lock.release()


DAMAGES: Mapping[str, Callable[[bytes], bytes]] = {
    "cut": lambda archive: archive[: len(archive) // 2],
    "flipped": lambda archive: archive[:1500] + bytes([archive[1500] ^ 1]) + archive[1501:],
    "foreign": lambda archive: archive.replace(b"/blobs/", b"/../../", 1),
}


@pytest.mark.parametrize("damage", [*DAMAGES])
def test_damaged_archive_leaves_nothing(archive: bytes, tmp_path: Path, damage: str) -> None:
    """Everything is proven before anything of it counts."""
    with pytest.raises((Corrupt, BadInput)):
        restore_into(tmp_path / "again", DAMAGES[damage](archive))

    assert [path.name for path in (tmp_path / "again").iterdir()] == ["lock"]


def test_restore_that_fails_anywhere_leaves_nothing(archive: bytes, tmp_path: Path) -> None:
    """Also what is ours to interrupt: the next one begins anew, and succeeds."""
    blobs = sum(name.startswith("blobs/") for name in members_of(archive))

    for at in range(1, blobs + 1):

        def stop(unpacked: Unpacked, at: int = at) -> None:
            if unpacked.blobs == at:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            restore_backup(reader_of(archive), tmp_path / "again", stop)
        assert [path.name for path in (tmp_path / "again").iterdir()] == ["lock"]

    assert restore_into(tmp_path / "again", archive).is_whole


def test_half_restored_directory_is_nobodys_to_use(archive: bytes, tmp_path: Path) -> None:
    """A server that began on it would make an empty catalog; the next restore begins anew."""
    draft = tmp_path / "again/.restoring/blobs/00"
    draft.mkdir(parents=True)
    (draft / "half").write_bytes(b"x")

    with pytest.raises(ConfigError, match="is being restored"):
        open_directory(tmp_path / "again", SystemClock())
    restore_into(tmp_path / "again", archive)

    open_directory(tmp_path / "again", SystemClock()).close()


def test_restore_that_was_cut_off_while_moving_is_finished(
    data: Path, archive: bytes, tmp_path: Path
) -> None:
    """What was proven counts: it is moved to its places, the catalog last."""
    again = tmp_path / "again"
    restore_into(again, archive)
    (again / ".restored").mkdir()
    for name in ("catalog.sqlite", "secret.key"):
        (again / name).rename(again / ".restored" / name)

    with pytest.raises(ConfigError, match="is being restored"):
        open_directory(again, SystemClock())
    assert finish_restore(again)

    assert rows_of(again) == rows_of(data)
    assert not (again / ".restored").exists()
    assert not finish_restore(again)


def test_backup_without_files_says_which_are_to_be_had_elsewhere(
    data: Path, tmp_path: Path
) -> None:
    """Files of others are fetched when asked for; our own are named one by one."""
    restored = restore_into(tmp_path / "again", archive_of(data, has_files=False))

    with connect(tmp_path / "again/catalog.sqlite") as catalog:
        owners = {owner for (owner,) in catalog.execute("SELECT owner FROM held")}
    catalog.close()
    assert owners == {"hosted:main"}
    assert restored.unheld == 3
    assert len(restored.lost) == len(blobs_of(data)) - 3
    assert restored.is_whole


def test_blob_that_was_damaged_in_the_store_is_not_restored(data: Path, tmp_path: Path) -> None:
    """It is in the backup as it was; who restores hears of it, and nobody is given it."""
    victim = next(path for path in (data / "blobs").rglob("*") if path.is_file())
    victim.write_bytes(b"other")
    archive, _ = taken_of(data)

    restored = restore_into(tmp_path / "again", archive)

    assert restored.unpacked.damaged == [victim.name]
    assert not restored.is_whole
    assert victim.name not in blobs_of(tmp_path / "again")


def test_newer_backup_is_refused_before_anything_is_read(archive: bytes) -> None:
    """The sentence names both formats."""
    info = msgspec.structs.replace(reader_of(archive).info, catalog_format=99, program="9.9")

    with pytest.raises(ConfigError, match="format 99; this program knows formats up to"):
        refuse_newer(info)


def test_description_in_the_archive_is_readable_json(archive: bytes) -> None:
    """Whoever looks into it sees when it was taken, and of what."""
    info = json.loads(members_of(archive)[INFO])

    assert {*info} == {
        "format", "catalog_format", "instance", "created", "program", "has_files",
    }  # fmt: skip
