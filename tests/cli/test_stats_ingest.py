"""``wheelyard stats ingest``: logs in, counts out, and nothing about people in between."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

import pytest

from cli.people import Console

LOGS: Final = Path(__file__).parent.parent / "data" / "access_logs"
EXPECTED: Final = json.loads((LOGS / "expected.json").read_text())
ADDRESSES: Final = (b"192.0.2.10", b"198.51.100.7", b"203.0.113.5", b"2001:db8::17")
PATIENCE_SECONDS: Final = 180.0
MANY: Final = 12_000


def rows(console: Console) -> list[dict[str, object]]:
    """Return what was counted."""
    lines = console.read("stats export --format json").splitlines()
    return [json.loads(line) for line in lines]


def told(console: Console) -> set[tuple[object, ...]]:
    """Return what was counted in the form of what was counted by hand."""
    names = ("day", "project", "version", "filename", "family", "python", "system", "mirror")
    return {tuple(row[name] for name in (*names, "count")) for row in rows(console)}


def by_hand() -> set[tuple[object, ...]]:
    """Return what somebody counted by hand."""
    return {tuple(row.values()) for row in EXPECTED["counts"]}


def test_log_is_counted_and_once(console: Console) -> None:
    """What was read is known the next time; the sentence says what is new."""
    first = console.read(f"stats ingest {LOGS}/apache-combined.log")
    again = console.read(f"stats ingest {LOGS}/apache-combined.log")

    assert first.startswith("1 file; 27 lines; 11 downloads counted, 2 of them by mirrors; ")
    assert again == "1 file, 1 of them read before; 0 lines; 0 downloads counted.\n"
    assert told(console) == by_hand()


def test_directory_is_read_whole(console: Console, tmp_path: Path) -> None:
    """Packed or not; the same requests in other files are the same requests."""
    folder = tmp_path / "logs" / "2026"
    folder.mkdir(parents=True)
    for name in ("cloudfront-33.log", "cloudfront-33.log.gz"):
        (folder / name).write_bytes((LOGS / name).read_bytes())
    lines = (LOGS / "cloudfront-33.log").read_text().splitlines(keepends=True)
    (tmp_path / "logs" / "part.log").write_text("".join([*lines[:2], *lines[9:]]))

    document = json.loads(console.read(f"stats ingest {tmp_path}/logs --json"))

    assert (document["files"], document["downloads"], document["mirrors"]) == (3, 11, 2)
    assert document["problems"] == []
    assert told(console) == by_hand()


def test_lines_that_cannot_be_read_are_told_and_the_others_count(console: Console) -> None:
    """With file and line; exit 1."""
    code, output, errors = console.call(f"stats ingest {LOGS}/damaged-combined.log")

    assert code == 1
    assert "11 downloads counted" in output
    assert "damaged-combined.log, line 3: " in errors
    assert "4 lines could not be read; all others count." in errors
    assert told(console) == by_hand()


def test_nothing_is_kept_that_tells_who_it_was(console: Console) -> None:
    """No address in any file of the data directory, nor in what is written about it."""
    said = "".join(console.call(f"stats ingest {LOGS}")[1:])
    held = [file for file in console.data.rglob("*") if file.is_file()]
    assert [file for file in held if any(each in file.read_bytes() for each in ADDRESSES)] == []
    with closing(sqlite3.connect(console.data / "catalog.sqlite")) as reading:
        reading.execute("BEGIN")
        reading.execute("SELECT count(*) FROM downloads").fetchone()
        # As long as somebody reads, what is new stays in the log beside the database.
        console.call(f"stats ingest {LOGS} --index elsewhere")
        held = [file for file in console.data.rglob("catalog.sqlite*") if file.is_file()]

        assert any(file.name.endswith("-wal") for file in held)
        assert not any(each in file.read_bytes() for each in ADDRESSES for file in held)
    assert not any(each.decode() in said for each in ADDRESSES)


def test_who_counts_own_requests_too_is_told(
    console: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What reaches both counts twice; the sentence has the way out."""
    line = f"stats ingest {LOGS}/haproxy.log"

    _, _, errors = console.call(line)
    monkeypatch.setenv("WHEELYARD__STATS__COUNT_DOWNLOADS", "false")
    _, _, quiet = console.call(f"stats ingest {LOGS}/fastly.log")

    assert "`[stats] count_downloads = false`" in " ".join(errors.split())
    assert quiet == ""


def test_index_is_the_one_that_is_named(console: Console, tmp_path: Path) -> None:
    """On the command line, or in a path below the prefix."""
    console.said("index add team")
    text = (LOGS / "nginx-combined.log").read_text()
    elsewhere = tmp_path / "elsewhere.log"
    elsewhere.write_text(text.replace("GET /packages", "GET /pypi/team/packages"))

    console.read(f"stats ingest {elsewhere} --prefix pypi --index main")
    console.read(f"stats ingest {LOGS}/nginx-combined.log --prefix /pypi/")

    assert {row["index"] for row in rows(console)} == {"team"}
    assert len(rows(console)) == 11


def test_unknown_index_is_told(console: Console) -> None:
    """It may be a mistake."""
    _, _, errors = console.call(f"stats ingest {LOGS}/haproxy.log --index teem")

    assert "No index `teem` is known here, only `main`" in errors


def test_format_can_be_given(console: Console) -> None:
    """With what it does not say of itself."""
    fields = ",".join((LOGS / "cloudfront-v2-plain.fields").read_text().split())
    log = LOGS / "cloudfront-v2-plain.log"

    console.read(f"stats ingest {log} --format cloudfront --fields {fields}")

    assert told(console) == by_hand()


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ("nothing.log", "There is no file `nothing.log`"),
        (f"{LOGS}/haproxy.log --prefix https://files.example/", "leave the host out"),
        (f"{LOGS}/haproxy.log --format nonsense", "is not one of"),
        (f"{LOGS}/haproxy.log --fields a", "`--fields`"),
        ("", "LOG..."),
    ],
)
def test_what_cannot_be_meant_is_a_sentence(console: Console, flags: str, sentence: str) -> None:
    """Before anything is counted."""
    code, output, errors = console.call(f"stats ingest {flags}")

    assert (code, output) == (2, "")
    assert sentence in errors


def test_unknown_files_are_told(console: Console, tmp_path: Path) -> None:
    """They count for nobody, and that is no failure."""
    odd = tmp_path / "odd.log"
    odd.write_text(
        (LOGS / "nginx-combined.log").read_text().replace("demo-1.0-py3-none-any", "oddity")
    )

    code, output, errors = console.call(f"stats ingest {odd}")

    assert code == 0
    assert "downloads counted" in output
    assert "such as `oddity.whl`, were not counted" in " ".join(errors.split())


def test_kill_in_the_middle_loses_and_doubles_nothing(console: Console, tmp_path: Path) -> None:
    """Whenever it comes: the next run does the rest."""
    big = tmp_path / "big.log"
    with big.open("w") as file:
        file.writelines(
            f"10.0.{number // 250}.{number % 250} - - [31/Jan/2026:12:{number // 60 % 60:02}:"
            f'{number % 60:02} +0000] "GET /packages/a/demo-{number % 9}.0.tar.gz HTTP/1.1" 200 9 '
            f'"-" "pip/24.0"\n'
            for number in range(MANY)
        )
    with running(console, "stats", "ingest", str(big)) as process:
        wait_for(lambda: total(console) > 0, process)
        process.kill()
        process.wait()
    before = total(console)

    console.read(f"stats ingest {big}")

    assert 0 < before <= total(console) == MANY
    assert not any(b"10.0.1.1" in file.read_bytes() for file in console.data.glob("catalog*"))


@contextmanager
def running(console: Console, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command in a process of its own, which is gone afterwards."""
    process = subprocess.Popen(
        [sys.executable, "-m", "wheelyard", *words, "--data", str(console.data)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def total(console: Console) -> int:
    """Return how many downloads were counted, without waiting for who writes."""
    path = console.data / "catalog.sqlite"
    if not path.exists():
        return 0
    number = 0
    with suppress(sqlite3.OperationalError), closing(sqlite3.connect(path)) as reading:
        [[number]] = reading.execute("SELECT coalesce(sum(count), 0) FROM downloads")
    return number


def wait_for(holds: Callable[[], bool], process: "subprocess.Popen[bytes]") -> None:
    """Return as soon as ``holds`` does, or the process is over."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not holds() and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)
