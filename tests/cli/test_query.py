"""``wheelyard query``: questions in, rows out."""

import csv
import io
import json
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import anyio
import pytest

from cli.contents import publish
from cli.people import Console
from publish.snapshot.small_index import make_snapshot, small_index
from wheelyard.cli.main import run
from wheelyard.publish.snapshot.queries import QUERIES


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a snapshot, with its digest, in a directory of its own."""
    path = tmp_path_factory.mktemp("made") / "snapshot.sqlite"
    anyio.run(make_snapshot, small_index(), path)
    return path


@pytest.fixture
def demo(console: Console) -> Console:
    """Publish two projects of our own."""
    publish(console, "demo-1.0-py3-none-any.whl", "demo-1.1.tar.gz", metadata_sha256=None)
    publish(console, "other-1.0.tar.gz", metadata_sha256=None)
    return console


class Quiet(SimpleHTTPRequestHandler):
    """A web server that serves files, and says nothing."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(made: Path) -> Iterator[str]:
    """Serve the snapshot as any web server does."""
    handler = partial(Quiet, directory=str(made.parent))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def asked(console: Console, *words: str | Path) -> str:
    """Return what a query writes."""
    code = run(["query", *map(str, words)])
    output, errors = console.capture.readouterr()
    assert code == 0, errors
    return output


def test_local_index_is_asked_as_it_is_now(demo: Console) -> None:
    """A snapshot is brought up to date first; without any, a file can be asked."""
    before = asked(demo, "latest", "Demo")
    demo.said("project yank demo 1.1")
    after = asked(demo, "latest", "Demo")
    code, _, errors = demo.call("query yanked --index nobody")

    assert before.splitlines()[1].split()[:2] == ["demo", "1.1"]
    assert after.splitlines()[1].split()[:2] == ["demo", "1.0"]
    assert (code, "There is no index `nobody`" in errors) == (2, True)


def test_snapshot_that_is_made_to_be_asked_is_for_its_owner_alone(demo: Console) -> None:
    """It may be of an index that only members read."""
    asked(demo, "latest", "Demo")

    assert stat.S_IMODE((demo.data / "snapshots" / "asked").stat().st_mode) == 0o700


def test_sql_is_asked_with_values(console: Console, made: Path) -> None:
    """Which are bound, never put into the text."""
    sql = "SELECT name FROM projects WHERE name = :name OR name = :other"
    values = ["--param", "name=flask", "--param", "other=' OR 1 = 1 --"]
    answer = json.loads(asked(console, sql, *values, "--json", "--snapshot", made))

    assert answer == {"columns": ["name"], "rows": [["flask"]], "has_more": False}


def test_named_query_takes_values_by_name_too(console: Console, made: Path) -> None:
    """As its documentation calls them."""
    by_name = asked(console, "latest", "--param", "project=flask", "--snapshot", made)

    assert by_name == asked(console, "latest", "Flask", "--snapshot", made)


def test_answer_is_a_table_json_or_csv(console: Console, made: Path) -> None:
    """With the names of the columns."""
    sql = "SELECT name, NULL AS none, 7 AS number, x'00ff' AS bytes FROM projects LIMIT 2"
    words = [sql, "--snapshot", str(made)]
    table = asked(console, *words)
    document = json.loads(asked(console, *words, "--json"))
    lines = list(csv.reader(io.StringIO(asked(console, *words, "--csv"))))

    assert [line.split() for line in table.splitlines()] == [
        ["name", "none", "number", "bytes"],
        ["click", "7", "00ff"],
        ["early", "7", "00ff"],
    ]
    assert document["rows"][0] == ["click", None, 7, "00ff"]
    assert lines == [
        ["name", "none", "number", "bytes"],
        *([name, "", "7", "00ff"] for name in ("click", "early")),
    ]


def test_rows_are_limited_and_that_is_said(console: Console, made: Path) -> None:
    """For people as a sentence, for programs as a field."""
    code, output, errors = console.call(f"query largest --limit 2 --snapshot {made}")
    document = json.loads(console.read(f"query largest --limit 2 --json --snapshot {made}"))
    nothing = console.read(f"query latest nobody --snapshot {made}")

    assert (code, len(output.splitlines())) == (0, 3)
    assert errors == "There is more: the first 2 rows are shown; `--limit 0` shows all.\n"
    assert document["has_more"]
    assert len(console.read(f"query largest --limit 0 --snapshot {made}").splitlines()) == 7
    assert nothing == "Nothing was found.\n"


def test_file_is_asked_without_any_data(console: Console, made: Path) -> None:
    """Or the directory that a tree was published into; no data directory comes to be."""
    by_file = console.read(f"query latest flask --snapshot {made}")
    by_tree = console.read(f"query latest flask --snapshot {made.parent}")

    assert by_file == by_tree
    assert by_file.splitlines()[1].split()[:2] == ["flask", "2.0"]
    assert not console.data.exists()


def test_published_snapshot_is_fetched_and_checked(
    console: Console, made: Path, tmp_path: Path
) -> None:
    """Into the data directory; one that is not what it should be is refused."""
    tree = shutil.copytree(made.parent, tmp_path / "tree")
    first = console.read(f"query latest flask --snapshot file://{tree}")
    second = console.read(f"query latest flask --snapshot file://{tree}/snapshot.sqlite")
    kept = list((console.data / "snapshots" / "fetched").glob("*/*.sqlite"))
    with (tree / "snapshot.sqlite").open("ab") as file:
        file.write(b"x")
    kept[0].unlink()
    code, output, errors = console.call(f"query latest flask --snapshot file://{tree}")

    assert (first, len(kept)) == (second, 1)
    assert (code, output) == (1, "")
    assert "is corrupt: expected" in errors


def test_snapshot_is_fetched_from_where_the_tree_is_served(
    console: Console, made: Path, served: str
) -> None:
    """By any web server; with the name of the file or without."""
    first = console.read(f"query latest flask --snapshot {served}")
    second = console.read(f"query latest flask --snapshot {served}/snapshot.sqlite")
    code, _, errors = console.call(f"query latest flask --snapshot {served}/elsewhere")

    assert first == second == console.read(f"query latest flask --snapshot {made}")
    assert (code, f"does not exist at {served}/elsewhere" in errors) == (1, True), errors


def test_data_directory_can_be_used_after_something_was_fetched(
    console: Console, made: Path
) -> None:
    """What was fetched does not make it another one."""
    console.read(f"query latest flask --snapshot file://{made.parent}")
    publish(console, "demo-1.0.tar.gz", metadata_sha256=None)

    assert "demo" in console.read("query latest demo")


def test_queries_are_listed(console: Console) -> None:
    """For people and for programs."""
    listed = console.read("query --list")
    documents = console.documents("query --list")

    assert "latest PROJECT" in listed
    assert "installable PYTHON [PLATFORM]" in listed
    assert [each["name"] for each in documents] == [query.name for query in QUERIES]


def test_text_of_strangers_does_not_reach_the_terminal(
    console: Console, made: Path, tmp_path: Path
) -> None:
    """A snapshot from elsewhere may say anything."""
    path = shutil.copy(made, tmp_path / "odd.sqlite")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE projects SET summary = 'red \x1b[31m alert'")
    connection.close()

    assert "\x1b" not in asked(console, "SELECT summary FROM projects", "--snapshot", path)


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "Ask something"),
        (["latest"], 2, "needs PROJECT"),
        (["lastest", "demo"], 2, "Did you mean `latest`?"),
        (["SELECT 1", "demo"], 2, "SQL is one argument"),
        (["SELECT * FROM fils"], 2, "did you mean `files`?"),
        (["DELETE FROM files"], 2, "queries only read"),
        (["SELECT :a"], 2, "`--param NAME=VALUE`"),
        (["SELECT :a", "--param", "a"], 2, "write it as NAME=VALUE"),
        (["SELECT :a", "--param", "a b=1"], 2, "write it as NAME=VALUE"),
        (["yanked", "--json", "--csv"], 2, "choose one"),
        (["yanked", "--limit", "-1"], 2, "cannot be less than 0"),
        (["yanked", "--timeout", "nan"], 2, "cannot be less than 0"),
        (["yanked", "--snapshot", "missing.sqlite"], 2, "There is no file `missing.sqlite`"),
        (["yanked", "--snapshot", "ftp://host.example/"], 2, "ftp:"),
        (["yanked", "--snapshot", "file:///nowhere/at/all"], 1, "A snapshot does not exist"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    words: list[str], code: int, sentence: str, console: Console, made: Path
) -> None:
    """On standard error, and nothing else is written."""
    where = [] if "--snapshot" in words else ["--snapshot", str(made)]
    actual = run(["query", *words, *where])
    output, errors = console.capture.readouterr()

    assert (actual, output) == (code, "")
    assert sentence in errors


def test_directory_without_data_is_a_sentence(console: Console) -> None:
    """With the way out."""
    code, _, errors = console.call("query yanked")

    assert (code, "holds no data" in errors) == (2, True)
