"""The documented queries, with the rows that they bring on a small index."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from publish.snapshot.small_index import make_snapshot, small_index
from wheelyard.errors import BadInput
from wheelyard.publish.snapshot.queries import QUERIES, find_query, is_sql
from wheelyard.publish.snapshot.running import Limits, ask, opened

UPLOADED = "2026-01-31T12:00:00.123456Z"
LATER = "2026-02-01T00:00:00Z"


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a snapshot of the small index."""
    path = tmp_path_factory.mktemp("snapshot") / "s.sqlite"
    anyio.run(make_snapshot, small_index(), path)
    return path


@pytest.fixture
def connection(snapshot: Path) -> Iterator[sqlite3.Connection]:
    """Open it, to read."""
    with opened(snapshot) as connection:
        yield connection


LINUX, WINDOWS = "manylinux_2_28_x86_64", "win_amd64"
EXPECTED: dict[str, list[tuple[object, ...]]] = {
    "about": [
        ("generated", "2026-09-21T14:13:20Z"),
        ("index", "main"),
        ("schema_version", "1"),
        ("serial", "42"),
    ],
    "latest Flask": [("flask", "2.0", LATER, "active", "BSD-3-Clause", "A framework")],
    "latest CLICK": [("click", "8.0", UPLOADED, "active", "MIT", None)],
    "latest early": [("early", "1.0a2", UPLOADED, "active", None, None)],
    "latest old_stuff": [("old-stuff", "0.1", UPLOADED, "archived", None, None)],
    "latest withdrawn": [("withdrawn", None, None, "active", None, None)],
    "latest hostile": [],
    "releases click": [
        ("8.1", UPLOADED, 0, 1, 1),
        ("8.0", UPLOADED, 0, 0, 1),
        ("7.0", UPLOADED, 0, 0, 1),
    ],
    "releases flask": [
        ("3.0rc1", UPLOADED, 1, 0, 1),
        ("2.0", LATER, 0, 0, 1),
        ("1.0", UPLOADED, 0, 0, 2),
    ],
    "requirements flask": [
        ("click", None, ">=8.0", None, None),
        ("werk-zeug", "watch", "<4,>=2", None, None),
        ("asgiref", None, ">=3.2", "async", 'extra == "async"'),
    ],
    "requires click": [
        ("fast", "1.1", None, None, 'sys_platform == "win32"'),
        ("flask", "2.0", ">=8.0", None, None),
    ],
    "requires werk.zeug": [("flask", "2.0", "<4,>=2", None, None)],
    "requires nobody": [],
    f"installable 3.11 {LINUX}": [
        ("click", "8.0", "click-8.0-py3-none-any.whl"),
        ("early", "1.0a2", "early-1.0a2-py3-none-any.whl"),
        ("fast", "1.0", "fast-1.0-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl"),
        ("flask", "2.0", "flask-2.0-py3-none-any.whl"),
    ],
    f"installable 3.12.4 {WINDOWS}": [
        ("click", "8.0", "click-8.0-py3-none-any.whl"),
        ("early", "1.0a2", "early-1.0a2-py3-none-any.whl"),
        ("fast", "1.1", "fast-1.1-cp312-cp312-win_amd64.whl"),
        ("flask", "2.0", "flask-2.0-py3-none-any.whl"),
    ],
    f"installable 3.6 {LINUX}": [
        ("click", "7.0", "click-7.0-py2.py3-none-any.whl"),
        ("early", "1.0a2", "early-1.0a2-py3-none-any.whl"),
        ("flask", "1.0", "flask-1.0-py3-none-any.whl"),
    ],
    "yanked": [
        ("click", "8.1", "click-8.1-py3-none-any.whl", "broken"),
        ("withdrawn", "1.0", "withdrawn-1.0-py3-none-any.whl", None),
    ],
    "downloads flask": [("2026-01-01", 3, 2), ("2026-01-02", 1, 0)],
    "downloads not-shown": [],
    "popular": [("click", 7, 1), ("flask", 4, 2)],
    "newest": [
        ("flask", "2.0", LATER, "A framework"),
        ("click", "8.0", UPLOADED, None),
        ("early", "1.0a2", UPLOADED, None),
        ("fast", "1.1", UPLOADED, None),
        ("old-stuff", "0.1", UPLOADED, None),
    ],
    "licenses": [(None, 3), ("BSD-3-Clause", 1), ("MIT", 1)],
}


@pytest.mark.parametrize("words", EXPECTED)
def test_query_brings_its_rows(words: str, connection: sqlite3.Connection) -> None:
    """What the documents say, on an index of which everything is known."""
    name, *given = words.split()
    query = find_query(name)
    answer = ask(connection, query.sql, query.values(given, {}), Limits())

    assert list(answer.rows) == EXPECTED[words]


@pytest.mark.parametrize(
    ("classifier", "projects"),
    [
        ("Framework :: Flask", ["click", "flask"]),
        ("Framework", ["click", "flask"]),
        ("Framework :: Fl", []),
        ("Framework :: Flask :: Extension", ["click"]),
        ("Programming Language :: Python :: 3", ["flask"]),
    ],
)
def test_classifier_is_found_with_what_is_below_it(
    classifier: str, projects: list[str], connection: sqlite3.Connection
) -> None:
    """And not by the beginning of a word."""
    query = find_query("classifiers")
    answer = ask(connection, query.sql, query.values([classifier], {}), Limits())

    assert [row[0] for row in answer.rows] == projects


def test_files_are_those_of_the_newest_version_first(connection: sqlite3.Connection) -> None:
    """With what is needed to fetch and check them."""
    query = find_query("files")
    answer = ask(connection, query.sql, query.values(["flask"], {}), Limits())

    assert [row[:2] for row in answer.rows] == [
        ("flask-3.0rc1-py3-none-any.whl", "3.0rc1"),
        ("flask-2.0-py3-none-any.whl", "2.0"),
        ("flask-1.0-py3-none-any.whl", "1.0"),
        ("flask-1.0.tar.gz", "1.0"),
    ]
    assert all(len(str(row[5])) == 64 for row in answer.rows)


def test_largest_is_by_the_sum_of_files(connection: sqlite3.Connection) -> None:
    """The largest first."""
    answer = ask(connection, find_query("largest").sql, {}, Limits())
    sizes = [row[1] for row in answer.rows]

    assert sizes == sorted(sizes, reverse=True)  # type: ignore[type-var]  # numbers
    assert {row[0]: row[2] for row in answer.rows}["flask"] == 4


def test_every_query_is_tried_here() -> None:
    """A new one comes with its rows."""
    tried = {words.split()[0] for words in EXPECTED} | {"classifiers", "files", "largest"}

    assert {query.name for query in QUERIES} == tried


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_query_is_plain_sql(query: object, snapshot: Path) -> None:
    """Any client runs it; it needs no function of ours."""
    sql: str = query.sql  # type: ignore[attr-defined]  # a query
    names: list[str] = [each.name for each in query.parameters]  # type: ignore[attr-defined]  # a query
    plain = sqlite3.connect(snapshot)
    try:
        plain.execute(sql, {**dict.fromkeys(names, "[]"), "wheel_tags": "[]"}).fetchall()
    finally:
        plain.close()


@pytest.mark.parametrize(
    ("words", "named", "sentence"),
    [
        (["latest"], {}, "The query `latest` needs PROJECT"),
        (["latest", "a", "b"], {}, "The query `latest` takes PROJECT"),
        (["yanked", "a"], {}, "The query `yanked` takes nothing more"),
        (["latest"], {"name": "a"}, "has no parameter `name`: it has `project`"),
        (["latest", "a b"], {}, "is not a project name"),
        (["installable", "3"], {}, "is not a Python version"),
        (["installable", "3.11", "amiga"], {}, "is not a platform that is known"),
        (["lastest"], {}, "no query `lastest`. Did you mean `latest`?"),
        (["xyzzy"], {}, "no query `xyzzy`. `wheelyard query --list`"),
    ],
)
def test_wrong_call_is_a_sentence(words: list[str], named: dict[str, str], sentence: str) -> None:
    """What is missing, or which names there are."""
    with pytest.raises(BadInput, match=sentence.replace("?", r"\?").replace(".", r"\.")):
        find_query(words[0]).values(words[1:], named)


def test_parameter_is_given_in_order_or_by_name() -> None:
    """Both mean the same."""
    query = find_query("latest")

    assert query.values(["Zope.Interface"], {}) == {"project": "zope-interface"}
    assert query.values([], {"project": "Zope.Interface"}) == {"project": "zope-interface"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [("SELECT 1", True), ("latest", False), ("VALUES(1);", True), ("WITH\na AS (...)", True)],
)
def test_sql_is_told_from_a_name(text: str, expected: object) -> None:
    """A name is one word."""
    assert is_sql(text) is expected
