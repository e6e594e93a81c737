"""Migrations: with the rows of an older format, after a copy, alone, and repeatable."""

import json
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.script import ScriptDirectory

from wheelyard.catalog import (
    FORMAT,
    DocumentKey,
    OutageRow,
    open_catalog,
    open_directory,
    sqlite_file,
    upgrade,
)
from wheelyard.catalog.dialect import Use, open_engine
from wheelyard.catalog.directory import Patience
from wheelyard.catalog.layout import REVISION, revision_of
from wheelyard.catalog.locking import FileLock
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import ConfigError
from wheelyard.names import Filename, IndexName, ProjectName, Sha256

pytestmark = pytest.mark.anyio

RunPython = Callable[..., "subprocess.Popen[str]"]

FLASK = ProjectName("flask")
AT_ONCE = Patience(migration_seconds=0, others_seconds=0)


def backups_of(path: Path) -> list[Path]:
    """Return the copies that were made."""
    return sorted((path / "backups").iterdir())


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_rows_of_the_first_format_are_all_there(format_1: Path, clock: FrozenClock) -> None:
    """Nothing is fetched again after an upgrade, and no evidence is lost."""
    with open_directory(format_1, clock), open_catalog(format_1, clock) as catalog:
        page = await catalog.pages.load("pypi", FLASK)
        root = await catalog.documents.load(DocumentKey("pypi", "root"))
        doors = await catalog.doors.load(IndexName("main"))
        held = await catalog.held.find(Sha256(f"{1:064d}"))
        entry = await catalog.ledger.load("pypi", FLASK, Filename("flask-1.0.tar.gz"))
        journal = await catalog.journal.since(0)

    assert page is not None
    assert (page.model, page.serial, page.revision) == (b"m", 7, 1)
    assert root is not None
    assert (root.body, root.headers) == (b"{}", (("etag", "x"),))
    assert [(door.url, door.options) for door in doors] == [
        ("https://index.example/simple/", {"a": 1})
    ]
    assert [row.filename for row in held] == ["flask-1.0.tar.gz"]
    assert entry is not None
    assert (entry.sha256, entry.first_use) == (f"{1:064d}", False)
    assert [row.kind for row in journal] == ["page.changed"]


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_rows_of_the_second_format_are_all_there(format_2: Path, clock: FrozenClock) -> None:
    """What format 2 brought stays, and the outage log begins empty and can be written."""
    with open_directory(format_2, clock), open_catalog(format_2, clock) as catalog:
        metadata = await catalog.metadata_files.load(Sha256(f"{1:064d}"))
        odd = await catalog.odd_paths.load("pypi", "/odd/flask.tar.gz")
        entry = await catalog.ledger.load("pypi", FLASK, Filename("flask-1.0.tar.gz"))
        before = await catalog.outages.since(Instant(0.0))
        began = await catalog.outages.begin(OutageRow("first", "url", Instant(1.0)))

    assert metadata is not None
    assert odd is not None
    assert entry is not None
    assert entry.first_use
    assert before == ()
    assert began is not None
    assert backups_of(format_2)[0].name.startswith("catalog-format-2-")


def test_migrated_directory_says_so(format_1: Path, clock: FrozenClock) -> None:
    """Directory and catalog are of today's format; the instance is the same."""
    with open_directory(format_1, clock) as directory:
        assert directory.instance == "0" * 32

    assert json.loads((format_1 / "format.json").read_text())["format"] == FORMAT
    assert sqlite_file.check(format_1 / "catalog.sqlite") == FORMAT


def test_copy_made_before_a_migration_can_take_its_place(
    format_1: Path, clock: FrozenClock
) -> None:
    """The way back works, and from there the way forward again."""
    with open_directory(format_1, clock):
        pass
    (backup,) = backups_of(format_1)
    assert backup.name == "catalog-format-1-20260921T141320Z.sqlite"
    assert sqlite_file.check(backup) == 1

    backup.replace(format_1 / "catalog.sqlite")

    with open_directory(format_1, clock):
        assert sqlite_file.check(format_1 / "catalog.sqlite") == FORMAT


def test_up_to_date_directory_is_not_copied(format_1: Path, clock: FrozenClock) -> None:
    """There is one copy per migration, not per start."""
    for _ in range(2):
        with open_directory(format_1, clock):
            pass

    assert len(backups_of(format_1)) == 1


def test_migration_interrupted_before_its_end_is_repeated(
    format_1: Path, clock: FrozenClock
) -> None:
    """A catalog that is newer than `format.json` says was migrated before a crash."""
    with open_directory(format_1, clock):
        pass
    (format_1 / "format.json").write_text(json.dumps({"format": 1, "instance": "0" * 32}))

    with open_directory(format_1, clock):
        pass

    assert json.loads((format_1 / "format.json").read_text())["format"] == FORMAT
    assert len(backups_of(format_1)) == 1


def test_failing_migration_leaves_the_catalog_as_it_was(format_1: Path, clock: FrozenClock) -> None:
    """A step that fails half way is undone as a whole; solving the cause is enough."""
    with closing(sqlite3.connect(format_1 / "catalog.sqlite")) as other:
        other.execute("CREATE TABLE odd_paths (in_the_way)")

    with pytest.raises(ConfigError, match="could not be migrated to format 6, and is unchanged"):
        open_directory(format_1, clock)

    assert sqlite_file.check(format_1 / "catalog.sqlite") == 1
    with closing(sqlite3.connect(format_1 / "catalog.sqlite")) as other:
        other.execute("DROP TABLE odd_paths")
        names = {name for (name,) in other.execute("SELECT name FROM sqlite_schema")}
    assert "metadata_files" not in names
    with open_directory(format_1, clock):
        pass


def test_migration_waits_for_nobody_to_have_it_open(format_1: Path, clock: FrozenClock) -> None:
    """Two incompatible programs cannot share a directory; the sentence says whom to stop."""
    older_program = FileLock(format_1 / "lock")
    older_program.share(0)

    with pytest.raises(ConfigError, match="another program has it open: stop every program"):
        open_directory(format_1, clock, AT_ONCE)

    assert sqlite_file.check(format_1 / "catalog.sqlite") == 1
    older_program.release()
    with open_directory(format_1, clock, AT_ONCE):
        pass


def test_catalog_of_an_unknown_older_format_is_refused(format_1: Path, clock: FrozenClock) -> None:
    """Where no step leads on, nothing is guessed."""
    with closing(sqlite3.connect(format_1 / "catalog.sqlite")) as other, other:
        other.execute("UPDATE alembic_version SET version_num = '0000'")

    with pytest.raises(ConfigError, match="could not be migrated"):
        open_directory(format_1, clock)


def test_older_catalog_is_not_opened_without_migration(format_1: Path, clock: FrozenClock) -> None:
    """Whoever skips `open_directory` gets a sentence, not wrong answers."""
    with pytest.raises(ConfigError, match="has format 1, this program needs 6"):
        open_catalog(format_1, clock)


@pytest.mark.slow
def test_workers_that_start_together_migrate_once(format_1: Path, run_python: RunPython) -> None:
    """One of them gets the turn; the others find the work done."""
    program = (
        "import sys; from pathlib import Path\n"
        "from wheelyard.catalog import open_directory, upgrade; "
        "from wheelyard.clock import SystemClock\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(open_directory(Path(sys.argv[1]), SystemClock()).instance)\n"
        "sys.stdin.readline()"
    )
    processes = [run_python(program, format_1) for _ in range(2)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    # Each keeps the directory open until both have it.
    answers = [process.stdout.readline() for process in processes if process.stdout]
    results = [process.communicate("done\n") for process in processes]

    assert answers == ["0" * 32 + "\n"] * 2
    assert [error for _, error in results] == ["", ""]
    assert len(backups_of(format_1)) == 1


def test_steps_and_formats_agree() -> None:
    """Format N is revision N, and each step leads on from the one before."""
    folder = Path(upgrade.__file__).with_name("migrations")
    script = ScriptDirectory(str(folder))
    steps = [(step.revision, step.down_revision) for step in script.walk_revisions()]

    numbers = range(FORMAT, 0, -1)
    assert script.get_heads() == [REVISION]
    assert steps == [
        (revision_of(number), revision_of(number - 1) if number > 1 else None) for number in numbers
    ]


def test_migrations_leave_the_caller_in_charge_of_the_commit(tmp_path: Path) -> None:
    """All steps are one transaction, and it is the caller's."""
    path = tmp_path / "catalog.sqlite"
    sqlite_file.prepare(path)
    engine = open_engine(path, Use.WRITE)
    with engine.connect() as connection:
        transaction = connection.begin()
        upgrade.migrate(connection, "0001")
        transaction.rollback()
        tables = sa.inspect(connection).get_table_names()
    engine.dispose()

    assert tables == []
