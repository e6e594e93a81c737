"""The data directory: made, opened again, refused with a sentence, shared with care."""

import json
import os
import resource
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from wheelyard.catalog import FORMAT, DataDirectory, open_catalog, open_directory
from wheelyard.catalog.directory import Patience
from wheelyard.catalog.locking import FileLock
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError

RunPython = Callable[..., "subprocess.Popen[str]"]

AT_ONCE = Patience(migration_seconds=0, others_seconds=0)


def load_format(directory: DataDirectory) -> object:
    """Return what `format.json` says."""
    return json.loads((directory.path / "format.json").read_text())


def test_fresh_directory_has_everything(tmp_path: Path, clock: FrozenClock) -> None:
    """The first start makes the whole layout, for its user alone."""
    path = tmp_path / "not" / "yet" / "there"

    with open_directory(path, clock) as directory:
        assert directory.path == path
        assert load_format(directory) == {"format": FORMAT, "instance": directory.instance}
        assert directory.catalog_path.is_file()
        for folder in (
            directory.blobs,
            directory.spool,
            directory.locks,
            directory.quarantine,
            directory.backups,
        ):
            assert folder.parent == path
            assert folder.stat().st_mode & 0o777 == 0o700
        assert path.stat().st_mode & 0o777 == 0o700
        assert directory.free_bytes() > 0


def test_directory_opened_again_is_the_same(tmp_path: Path, clock: FrozenClock) -> None:
    """The instance is made once; directory and catalog agree on it."""
    with open_directory(tmp_path, clock) as first:
        pass

    with open_directory(tmp_path, clock) as again, open_catalog(tmp_path, clock) as catalog:
        assert again.instance == first.instance == catalog.identity.instance
        assert catalog.identity.created_at == clock.now()


def test_directory_is_shared_by_many(tmp_path: Path, clock: FrozenClock) -> None:
    """Server, workers and commands use one directory at the same time."""
    with open_directory(tmp_path, clock) as first, open_directory(tmp_path, clock) as second:
        assert first.instance == second.instance


def test_directory_with_a_relative_path_stays_in_its_place(
    tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Changing the working directory later changes nothing."""
    monkeypatch.chdir(tmp_path)

    with open_directory(Path("data"), clock) as directory:
        assert directory.path == tmp_path / "data"


def test_newer_format_is_refused(tmp_path: Path, clock: FrozenClock) -> None:
    """An older program does not touch what it does not know."""
    with open_directory(tmp_path, clock):
        pass
    (tmp_path / "format.json").write_text('{"format": 99, "instance": "x", "new": "key"}')

    with pytest.raises(ConfigError, match=r"has format 99, .* up to 6: use the newer version"):
        open_directory(tmp_path, clock)


@pytest.mark.parametrize("text", ["", "nonsense", "[]", '{"format": "two", "instance": "x"}'])
def test_damaged_format_file_is_refused(tmp_path: Path, clock: FrozenClock, text: str) -> None:
    """The sentence says that deleting it is safe, and it is."""
    with open_directory(tmp_path, clock) as first:
        pass
    (tmp_path / "format.json").write_text(text)

    with pytest.raises(ConfigError, match=r"is damaged .* delete it, it is made again"):
        open_directory(tmp_path, clock)

    (tmp_path / "format.json").unlink()
    with open_directory(tmp_path, clock) as again:
        assert load_format(again) == {"format": FORMAT, "instance": first.instance}


def test_lost_catalog_is_not_replaced_by_an_empty_one(tmp_path: Path, clock: FrozenClock) -> None:
    """Evidence that has gone missing is noticed, not papered over."""
    with open_directory(tmp_path, clock):
        pass
    (tmp_path / "catalog.sqlite").unlink()

    with pytest.raises(ConfigError, match="has lost its catalog: copy the newest file of"):
        open_directory(tmp_path, clock)

    assert not (tmp_path / "catalog.sqlite").exists()


def test_damaged_catalog_is_refused(tmp_path: Path, clock: FrozenClock) -> None:
    """The start ends with a sentence, never with a traceback."""
    with open_directory(tmp_path, clock):
        pass
    (tmp_path / "catalog.sqlite").write_bytes(b"garbage" * 1_000)

    with pytest.raises(ConfigError, match=r"catalog\.sqlite` is damaged"):
        open_directory(tmp_path, clock)


def test_file_in_place_of_the_directory_is_refused(tmp_path: Path, clock: FrozenClock) -> None:
    """A file somewhere on the path is named as the cause."""
    file = tmp_path / "file"
    file.touch()

    for path in (file, file / "below"):
        with pytest.raises(ConfigError, match="a file is in its place"):
            open_directory(path, clock)


def test_place_that_cannot_be_written_is_refused(clock: FrozenClock) -> None:
    """Not even root makes directories in /proc."""
    with pytest.raises(ConfigError, match=r"`/proc/wheelyard` cannot be used"):
        open_directory(Path("/proc/wheelyard"), clock)


@pytest.mark.parametrize("room", [0, 100_000], ids=["nothing", "the probe only"])
def test_full_disk_is_refused(
    tmp_path: Path, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    """No room for a first catalog: one sentence, and the next start begins cleanly."""
    path = tmp_path / "data"
    monkeypatch.chdir(tmp_path)
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, old[1]))
    try:
        with pytest.raises(ConfigError) as caught:
            open_directory(path, clock)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)

    assert "room" in str(caught.value)
    assert sorted(file.name for file in path.iterdir() if file.is_file()) == ["lock"][: room > 0]
    with open_directory(path, clock) as directory:
        assert directory.catalog_path.exists()


def test_refused_directory_is_not_kept_locked(tmp_path: Path, clock: FrozenClock) -> None:
    """After a failed start, another program can migrate or repair."""
    with open_directory(tmp_path, clock):
        pass
    (tmp_path / "format.json").write_text('{"format": 99, "instance": "x"}')
    with pytest.raises(ConfigError):
        open_directory(tmp_path, clock)

    lock = FileLock(tmp_path / "lock")

    assert lock.take(0)
    lock.release()


def test_directory_being_migrated_is_refused_after_a_while(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """Who comes during a migration waits, and at last is told."""
    with open_directory(tmp_path, clock):
        pass
    migration = FileLock(tmp_path / "lock")
    migration.take(0)

    with pytest.raises(ConfigError, match="is being migrated by another process: wait"):
        open_directory(tmp_path, clock, AT_ONCE)

    migration.release()


def test_opening_an_up_to_date_directory_loads_no_database_library(
    tmp_path: Path, clock: FrozenClock, run_python: RunPython
) -> None:
    """Starting is quick: SQLAlchemy is for the catalog, Alembic for migrations alone."""
    with open_directory(tmp_path, clock):
        pass
    process = run_python(
        "import sys; from pathlib import Path\n"
        "from wheelyard.catalog import open_directory; from wheelyard.clock import SystemClock\n"
        "open_directory(Path(sys.argv[1]), SystemClock()).close()\n"
        "print(sorted({'sqlalchemy', 'alembic'} & set(sys.modules)))",
        tmp_path,
    )

    assert process.communicate() == ("[]\n", "")


@pytest.mark.slow
def test_two_processes_that_start_together_make_one_directory(
    tmp_path: Path, run_python: RunPython
) -> None:
    """Workers of one server may all come first."""
    program = (
        "import sys; from pathlib import Path\n"
        "from wheelyard.catalog import open_directory, schema; "
        "from wheelyard.clock import SystemClock\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "print(open_directory(Path(sys.argv[1]), SystemClock()).instance)"
    )
    processes = [run_python(program, tmp_path / "data") for _ in range(3)]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()

    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    results = [process.communicate() for process in processes]

    assert {error for _, error in results} == {""}
    assert len({instance for instance, _ in results}) == 1
    assert not [file for file in (tmp_path / "data").iterdir() if file.suffix == ".new"]


def test_drafts_of_killed_processes_are_removed(tmp_path: Path) -> None:
    """What was about to be renamed an hour ago goes; what somebody may be writing now stays."""
    with open_directory(tmp_path, FrozenClock()):
        pass
    old = [tmp_path / "format.json.1.new", tmp_path / "catalog.sqlite.a.new-wal"]
    old.append(tmp_path / "backups" / "copy.sqlite.new")
    young = tmp_path / "format.json.2.new"
    for path in (*old, young):
        path.touch()
    for path in old:
        os.utime(path, (0, 0))

    with open_directory(tmp_path, FrozenClock()):
        left = [path for path in tmp_path.rglob("*.new*") if path.is_file()]

    assert left == [young]
