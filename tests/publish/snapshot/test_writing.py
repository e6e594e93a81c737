"""Writing: the same content has the same bytes, whatever happened before."""

import hashlib
import random
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chaos.campaign import count
from publish.snapshot import writing_for_ever
from publish.snapshot.small_index import ABOUT, MANYLINUX, page, sdist, wheel
from publish.snapshot.writing_for_ever import write_state
from support.house import ROOT
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.model import File, Project
from wheelyard.names import Filename, ProjectName
from wheelyard.publish.snapshot.described import Described, Needed
from wheelyard.publish.snapshot.report import SnapshotAbout, SnapshotReport
from wheelyard.publish.snapshot.rows import DayCounts, make_rows, page_digest, read_page
from wheelyard.publish.snapshot.schema import APPLICATION_ID, SCHEMA_VERSION, TABLES
from wheelyard.publish.snapshot.writing import Writer

NAMES = ("a", "b", "c-c", "d")
FILES = (
    wheel("x-1.0"),
    wheel("x-2.0", requires_python=">=3.9", yanked=True),
    wheel(f"x-2.0-{MANYLINUX}", requires_python=">=3.9"),
    wheel("x-3.0a1-cp312-cp312-win_amd64", requires_python="<4"),
    sdist("x-1.0", upload_time="2027-01-01T00:00:00Z"),
)
NEEDS = Described(
    "x.whl", "x", "About x", "MIT", ((0, Needed("a", None, ">=1", None, None, None)),), ("A :: B",)
)

State = Mapping[str, tuple[int, ...]]
"""What is shown: the numbers of the files of each project."""


def files_of(name: str, numbers: tuple[int, ...]) -> Project:
    """Return a page with these files."""
    found: list[File] = []
    for number in numbers:
        filename = FILES[number].filename.replace("x-", f"{name.replace('-', '_')}-", 1)
        found.append(msgspec.structs.replace(FILES[number], filename=Filename(filename)))
    return page(name, *found)


def write(
    working: Path, path: Path, state: State, days: dict[str, dict[str, int]] | None = None
) -> SnapshotReport:
    """Bring a working copy to a state, and write a snapshot of it."""
    writer = Writer.open(working)
    try:
        rows = []
        for name, numbers in state.items():
            project = files_of(name, numbers)
            digest = page_digest(project, name)
            if writer.differs(project.name, digest):
                described = {"1.0": NEEDS, "2.0": NEEDS}
                rows.append(make_rows(read_page(project, name), described, digest))
        writer.put(rows)
        writer.keep_only({ProjectName(name) for name in state})
        known = writer.day_counts()
        writer.forget_days([day for day in known if day not in (days or {})])
        for day, counts in (days or {}).items():
            if known.get(day) != str(counts):
                taken = {name: (count, 1) for name, count in counts.items()}
                writer.put_day(DayCounts(day, str(counts), taken))
        return writer.finish(path, ABOUT, "mark")
    finally:
        writer.close()


def rows_in(path: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    connection = sqlite3.connect(path)
    try:
        return {
            each.name: connection.execute(f"SELECT * FROM {each.name}").fetchall()  # noqa: S608 - our own names
            for each in TABLES
        }
    finally:
        connection.close()


FILE_SETS = st.lists(st.integers(0, len(FILES) - 1), unique=True, max_size=4).map(tuple)
STATES = st.dictionaries(st.sampled_from(NAMES), FILE_SETS, max_size=len(NAMES))
COUNTS = st.dictionaries(
    st.sampled_from(("2026-01-01", "2026-01-02", "2026-01-03")),
    st.dictionaries(st.sampled_from((*NAMES, "not-shown")), st.integers(1, 9), min_size=1),
)


@pytest.mark.timeout(7_200)
@settings(
    max_examples=count(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(history=st.lists(st.tuples(STATES, COUNTS), min_size=1, max_size=5))
def test_any_history_ends_in_the_bytes_of_a_snapshot_from_scratch(
    history: list[tuple[State, dict[str, dict[str, int]]]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was added, changed, removed and counted on the way."""
    folder = tmp_path_factory.mktemp("history")
    report = None
    for state, days in history:
        report = write(folder / "working", folder / "grown.sqlite", state, days)
    state, days = history[-1]
    fresh = write(folder / "fresh", folder / "fresh.sqlite", state, days)

    assert report is not None
    assert rows_in(folder / "grown.sqlite") == rows_in(folder / "fresh.sqlite")
    assert report.sha256 == fresh.sha256
    assert (report.projects, report.files) == (fresh.projects, fresh.files)


def test_order_of_telling_does_not_show(tmp_path: Path) -> None:
    """Who walks an index may do so in any order."""
    state = dict.fromkeys(NAMES, (0, 1, 2))
    forwards = write(tmp_path / "f", tmp_path / "f.sqlite", state)
    backwards = write(tmp_path / "b", tmp_path / "b.sqlite", dict(reversed(state.items())))

    assert forwards.sha256 == backwards.sha256


def test_snapshot_is_sound_and_says_what_it_is(tmp_path: Path) -> None:
    """By its header, before a table is read; and every snapshot passes SQLite's own check."""
    write(tmp_path / "w", tmp_path / "s.sqlite", {"a": (0, 1), "b": (2,)})
    connection = sqlite3.connect(tmp_path / "s.sqlite")
    try:
        found = [
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("integrity_check", "application_id", "user_version", "freelist_count")
        ]
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        names = {name for (name,) in tables}
    finally:
        connection.close()

    assert found == ["ok", APPLICATION_ID, SCHEMA_VERSION, 0]
    assert names == {each.name for each in TABLES}


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    """Nothing, if nothing did: then the file is left as it is."""
    state = {"a": (0,), "b": (1,), "c-c": (2,)}
    first = write(tmp_path / "w", tmp_path / "s.sqlite", state)
    before = (tmp_path / "s.sqlite").stat()
    again = write(tmp_path / "w", tmp_path / "s.sqlite", state)
    after = (tmp_path / "s.sqlite").stat()
    third = write(tmp_path / "w", tmp_path / "s.sqlite", {"a": (0,), "b": (1, 2)})

    assert (first.changed, first.is_new, first.is_same) == (3, True, False)
    assert (again.changed, again.removed, again.is_new, again.is_same) == (0, 0, False, True)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)
    assert (third.changed, third.removed, third.is_same) == (1, 1, False)


def test_damaged_snapshot_is_written_anew(tmp_path: Path) -> None:
    """Though its digest is the one that was written before."""
    path = tmp_path / "s.sqlite"
    report = write(tmp_path / "w", path, {"a": (0,)})
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    again = write(tmp_path / "w", path, {"a": (0,)})

    assert path.read_bytes() == content
    assert (again.sha256, again.is_same) == (report.sha256, False)


@pytest.mark.parametrize(
    ("changed_at", "generated"),
    [
        (None, "2027-01-01T00:00:00Z"),
        (Instant(1_700_000_000.7), "2027-01-01T00:00:00Z"),
        (Instant(1_900_000_000.0), "2030-03-17T17:46:40Z"),
    ],
)
def test_time_is_that_of_the_newest_change(
    changed_at: Instant | None, generated: str, tmp_path: Path
) -> None:
    """Or of the newest file, never that of the writing."""
    writer = Writer.open(tmp_path / "w")
    project = files_of("a", (0, 4))
    writer.put([make_rows(read_page(project, "a"), {}, b"1")])
    writer.finish(tmp_path / "s.sqlite", SnapshotAbout("main", 7, changed_at), "")
    writer.close()

    assert dict(rows_in(tmp_path / "s.sqlite")["meta"]) == {  # type: ignore[arg-type]  # two columns
        "generated": generated,
        "index": "main",
        "schema_version": str(SCHEMA_VERSION),
        "serial": "7",
    }


def test_names_that_are_not_shown_are_in_no_counts(tmp_path: Path) -> None:
    """They come in once they are shown, for all days, and go again."""
    days = {"2026-01-01": {"a": 1, "private": 5}}
    path = tmp_path / "s.sqlite"
    found = []
    for state in ({"a": (0,)}, {"a": (0,), "private": (1,)}, {"a": (0,)}):
        write(tmp_path / "w", path, state, days)
        found.append((rows_in(path)["downloads_daily"], b"private" in path.read_bytes()))

    assert found == [
        ([("2026-01-01", "a", 1, 1)], False),
        ([("2026-01-01", "a", 1, 1), ("2026-01-01", "private", 5, 1)], True),
        ([("2026-01-01", "a", 1, 1)], False),
    ]


def test_nothing_of_what_was_removed_is_left(tmp_path: Path) -> None:
    """Not even in pages of the file that are not used any more."""
    path = tmp_path / "s.sqlite"
    write(tmp_path / "w", path, {"a": (0,), "secretproject": (0, 1, 2, 3, 4)})
    had = b"secretproject" in path.read_bytes()
    write(tmp_path / "w", path, {"a": (0,)})

    assert had
    assert b"secretproject" not in path.read_bytes()


def test_what_a_killed_process_left_is_in_nobodys_way(tmp_path: Path) -> None:
    """It is begun anew, and nothing of it stays."""
    (tmp_path / ".s.sqlite.new").write_bytes(b"half of a snapshot")
    write(tmp_path / "w", tmp_path / "s.sqlite", {"a": (0,)})

    assert sorted(path.name for path in tmp_path.iterdir()) == [
        *(".w.sound", "s.sqlite", "s.sqlite.sha256", "w"),
    ]


def test_place_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    """And the work is not lost: the next one goes on from there."""
    with pytest.raises(Unavailable, match=r"missing/s.sqlite"):
        write(tmp_path / "w", tmp_path / "missing" / "s.sqlite", {"a": (0, 1)})
    report = write(tmp_path / "w", tmp_path / "s.sqlite", {"a": (0, 1)})

    assert (report.files, report.changed, report.is_new) == (2, 0, False)


@pytest.mark.timeout(7_200)
def test_kill_at_any_moment_leaves_the_old_or_the_new(tmp_path: Path) -> None:
    """Whole, with its digest or without; and the next one is made as if nothing had been."""
    chance = random.Random("kills")
    whole = {write_state(tmp_path / "here", number) for number in range(2)}
    for number in range(count(2)):
        folder = tmp_path / str(number)
        folder.mkdir()
        kill_after(chance.randrange(1, 12), folder)
        path, digest = folder / "s.sqlite", folder / "s.sqlite.sha256"
        found = hashlib.sha256(path.read_bytes()).hexdigest()

        assert found in whole
        assert not digest.exists() or digest.read_text("utf-8") == f"{found}  s.sqlite\n"
        assert {write_state(folder, turn) for turn in range(2)} == whole
        assert sorted(each.name for each in folder.iterdir()) == [
            *(".working.sound", "s.sqlite", "s.sqlite.sha256", "working"),
        ]


def kill_after(lines: int, folder: Path) -> None:
    """Have a process write snapshots, and kill it while it writes the one after so many."""
    child = subprocess.Popen(
        [sys.executable, writing_for_ever.__file__, str(folder)],
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}:{ROOT}"},
    )
    with child:
        assert child.stdout is not None
        for _ in range(lines):
            assert child.stdout.readline()
        child.kill()
