"""The catalog's file: damage is found at the start and said in a sentence; copies are whole."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from wheelyard.catalog import sqlite_file
from wheelyard.catalog.layout import FORMAT
from wheelyard.catalog.schema import create_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError


@pytest.fixture
def path(tmp_path: Path, clock: FrozenClock) -> Path:
    """Make an empty catalog."""
    create_catalog(tmp_path / "catalog.sqlite", clock)
    return tmp_path / "catalog.sqlite"


def overwrite(path: Path, start: int, size: int) -> None:
    """Put garbage over a part of the file."""
    with path.open("r+b") as file:
        file.seek(start)
        file.write(b"\xa5" * size)


def test_sound_catalog_has_its_format(path: Path) -> None:
    """The check of a sound file returns its format."""
    assert sqlite_file.check(path) == FORMAT


@pytest.mark.parametrize(
    ("start", "size"),
    [(0, 100), (100, 4_000), (8_192 * 4, 8_192 * 4), (0, 100_000)],
    ids=["header", "schema", "middle", "all"],
)
def test_damaged_file_is_refused_with_a_next_step(path: Path, start: int, size: int) -> None:
    """The sentence names the file and where the backups are."""
    overwrite(path, start, size)

    with pytest.raises(ConfigError) as caught:
        sqlite_file.check(path)

    assert f"The catalog `{path}` is damaged" in str(caught.value)
    assert f"copy the newest file of `{path.parent / 'backups'}` in its place" in str(caught.value)


def test_file_cut_short_is_refused(path: Path) -> None:
    """Half a file is damage, not a smaller catalog."""
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)

    with pytest.raises(ConfigError, match="is damaged"):
        sqlite_file.check(path)


@pytest.mark.parametrize("content", [b"", b"SQLite format 3\x00"], ids=["empty", "stub"])
def test_file_that_is_no_catalog_is_refused(tmp_path: Path, content: bytes) -> None:
    """An empty file is not taken for an empty catalog: something went wrong with it."""
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(content)

    with pytest.raises(ConfigError, match=r"not a catalog of Wheelyard|is damaged"):
        sqlite_file.check(path)


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    """Somebody else's tables are left alone."""
    path = tmp_path / "catalog.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE theirs (a)")

    with pytest.raises(ConfigError, match="is not a catalog of Wheelyard: move it away"):
        sqlite_file.check(path)


@pytest.mark.parametrize(
    "statement",
    ["DELETE FROM alembic_version", "UPDATE alembic_version SET version_num = 'x'"],
)
def test_catalog_without_a_usable_revision_is_refused(path: Path, statement: str) -> None:
    """A catalog that cannot say what it is is not guessed at."""
    with closing(sqlite3.connect(path)) as other, other:
        other.execute(statement)

    with pytest.raises(ConfigError, match="is damaged"):
        sqlite_file.check(path)


def test_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    """What cannot be opened is said in one sentence."""
    path = tmp_path / "catalog.sqlite"
    path.mkdir()

    with pytest.raises(ConfigError, match="cannot be opened; check that it is there"):
        sqlite_file.check(path)


def test_backup_is_whole_while_others_write(path: Path, tmp_path: Path) -> None:
    """The copy has what is still in the log, and stands alone in one file."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("INSERT INTO meta VALUES ('key', 'value')")
        other.commit()
        other.execute("INSERT INTO meta VALUES ('open', 'value')")
        target = tmp_path / "backups" / "copy.sqlite"
        target.parent.mkdir()

        sqlite_file.back_up(path, target)

    assert sqlite_file.load_meta(target, "key") == "value"
    with pytest.raises(ConfigError):
        sqlite_file.load_meta(target, "open")
    assert [file.name for file in target.parent.iterdir()] == ["copy.sqlite"]
    assert target.stat().st_mode & 0o777 == 0o600


def test_backup_of_a_damaged_catalog_leaves_no_copy(path: Path, tmp_path: Path) -> None:
    """A copy that exists is a copy that works."""
    overwrite(path, 0, 100)
    target = tmp_path / "backups" / "copy.sqlite"
    target.parent.mkdir()

    with pytest.raises(ConfigError, match="is damaged"):
        sqlite_file.back_up(path, target)

    assert list(target.parent.iterdir()) == []
