"""Which requests are downloads, of what, and what tells one from another."""

import tracemalloc
from dataclasses import replace
from datetime import date

import msgspec
import pytest

from wheelyard.clock import Instant
from wheelyard.names import Filename
from wheelyard.stats.logged import (
    LineNumbers,
    Place,
    Taken,
    candidates_of,
    digest_of,
    find_download,
)
from wheelyard.wire.access_logs import LogEntry

NOON = Instant(1_769_860_800.0)
"""2026-01-31 12:00 UTC."""
DAY = date(2026, 1, 31)
FOLDERS = f"packages/1a/2b/{'0' * 60}"
WHEEL = "demo-1.0-py3-none-any.whl"
ENTRY = LogEntry(
    at=NOON,
    method="GET",
    raw_path=f"/{FOLDERS}/{WHEEL}",
    status=200,
    bytes_sent=50_000,
    user_agent="pip/24.0",
    client="192.0.2.10",
)
MAIN = Place("main", indexes=frozenset({"main", "team"}))
KEY = b"k" * 32


def entry(**changes: object) -> LogEntry:
    """Return a request for a wheel, changed."""
    return msgspec.structs.replace(ENTRY, **changes)


def taken(**changes: object) -> Taken | None:
    """Return what is taken with such a request."""
    return find_download(entry(**changes), MAIN)


def test_get_of_a_file_is_a_download() -> None:
    """A-97: answered with all of it."""
    assert taken() == Taken(DAY, "main", Filename(WHEEL))


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "HEAD"},
        {"method": "POST"},
        {"method": ""},
        *({"status": status} for status in (0, 204, 302, 304, 403, 404, 416, 499, 500, 503)),
        {"raw_path": "/simple/demo/"},
        {"raw_path": "/simple/"},
        {"raw_path": "/"},
        {"raw_path": ""},
        *(
            {"raw_path": f"/{FOLDERS}/{WHEEL}{suffix}"}
            for suffix in (".metadata", ".asc", ".provenance", ".sig", "/")
        ),
        {"raw_path": f"/integrity/demo/1.0/{WHEEL}/provenance"},
        {"raw_path": f"/{FOLDERS}/readme.txt"},
        {"raw_path": f"/{FOLDERS}/..%2F..%2Fdemo-1.0.tar.gz"},
        {"raw_path": f"/{FOLDERS}/demo%00-1.0.tar.gz"},
        {"raw_path": f"/{FOLDERS}/demo-%ff-1.0.tar.gz"},
        {"raw_path": f"/{FOLDERS}/.whl"},
        {"at": Instant(-1.0)},
        {"at": Instant(1e300)},
    ],
)
def test_nothing_else_is_a_download(changes: dict[str, object]) -> None:
    """A-97: no HEAD, 304 or error, page, metadata, signature or provenance; 000 of CloudFront."""
    assert taken(**changes) is None


@pytest.mark.parametrize(
    ("start", "end", "is_download", "is_part"),
    [
        (0, 99_999, True, False),
        (0, None, True, False),
        (0, 0, False, False),
        (100_000, 199_999, False, False),
        (1, None, False, False),
        (None, None, True, True),
        (None, 500, True, True),
    ],
)
def test_part_counts_if_it_begins_the_file_or_nobody_can_tell(
    start: int | None, end: int | None, *, is_download: bool, is_part: bool
) -> None:
    """One rule with the server's own answers; a single byte is a question."""
    found = taken(status=206, range_start=start, range_end=end)

    assert (found is not None) == is_download
    assert found is None or found.is_part == is_part


def test_whole_file_is_no_part_whatever_was_asked_for() -> None:
    """A server may answer a range with all of it."""
    found = taken(range_start=100)

    assert found is not None
    assert not found.is_part


@pytest.mark.parametrize(
    ("path", "index"),
    [
        (f"/{FOLDERS}/{WHEEL}", "main"),
        (f"/team/{FOLDERS}/{WHEEL}", "team"),
        (f"/team@2026-01-01/{FOLDERS}/{WHEEL}", "team"),
        (f"/unknown/{FOLDERS}/{WHEEL}", "main"),
        (f"/team/{WHEEL}", "main"),
        (f"/{WHEEL}", "main"),
    ],
)
def test_index_is_named_before_the_files(path: str, index: str) -> None:
    """If there is one of that name; else the logs are about the one that was given."""
    found = find_download(entry(raw_path=path), MAIN)

    assert found is not None
    assert found.index == index


@pytest.mark.parametrize(
    ("path", "is_there"),
    [(f"/pypi/{FOLDERS}/{WHEEL}", True), (f"/{FOLDERS}/{WHEEL}", False), (f"/pypi{WHEEL}", False)],
)
def test_only_what_is_below_the_prefix_counts(path: str, *, is_there: bool) -> None:
    """Other sites write into the same log."""
    found = find_download(entry(raw_path=path), replace(MAIN, prefix="/pypi/"))

    assert (found is not None) == is_there


@pytest.mark.parametrize(
    ("name", "filename"),
    [
        ("local-2.0%2Bcpu-py3-none-any.whl", "local-2.0+cpu-py3-none-any.whl"),
        ("demo-1.0.tar.gz", "demo-1.0.tar.gz"),
        ("demo-1.0-py2.7.egg", "demo-1.0-py2.7.egg"),
        ("d%C3%A9mo-1.0.zip", "démo-1.0.zip"),
    ],
)
def test_name_of_the_file_is_decoded_once(name: str, filename: str) -> None:
    """As it was sent."""
    found = taken(raw_path=f"/{FOLDERS}/{name}")

    assert found is not None
    assert found.filename == filename


def test_day_is_the_one_of_the_request_in_utc() -> None:
    """However late its line comes."""
    for at, day in ((NOON + 43_199, DAY), (NOON + 43_200, date(2026, 2, 1))):
        found = taken(at=Instant(at))
        assert found is not None
        assert found.day == day


@pytest.mark.parametrize(
    ("filename", "likely", "is_certain"),
    [
        ("demo-1.0-py3-none-any.whl", "demo", True),
        ("demo-1.0-1-py3-none-any.whl", "demo", True),
        ("my-dashed-project-2.0.tar.gz", "my-dashed-project", True),
        ("My.Dotted_Name-2.0.zip", "my-dotted-name", True),
        ("oldegg-0.5-py2.7.egg", "oldegg", True),
        ("tool-1.0.win32-py2.7.exe", "tool", True),
        ("foo-2-1.tar.gz", "foo-2", False),
        ("noversion.tar.gz", None, False),
        ("a-b.zip", None, False),
    ],
)
def test_project_is_derived_from_the_name_of_the_file(
    filename: str, likely: str | None, *, is_certain: bool
) -> None:
    """A-97: also with dashes, of a wheel with a build tag, of an egg; in doubt it is looked up."""
    found = candidates_of(Filename(filename))

    assert (found.likely, found.is_certain) == (likely, is_certain)


def digest(number: int = 1, key: bytes = KEY, **changes: object) -> bytes:
    """Return the digest of such a request."""
    changed = entry(**changes)
    found = find_download(changed, MAIN)
    assert found is not None
    return digest_of(changed, found, number, key)


@pytest.mark.parametrize(
    "changes",
    [
        {"at": Instant(NOON + 1)},
        {"client": "192.0.2.11"},
        {"user_agent": "pip/24.1"},
        {"bytes_sent": 50_001},
        {"query": "x=1"},
        {"host": "other.example"},
        {"request_id": "abc"},
        {"number": 2},
        {"key": b"another key"},
    ],
)
def test_digest_is_of_all_that_a_line_says(changes: dict[str, object]) -> None:
    """And of its number among lines that say the same, and of the secret."""
    assert digest(**changes) != digest()  # type: ignore[arg-type]  # of the list above
    assert digest() == digest()


def test_request_with_an_id_is_that_request_wherever_it_stands() -> None:
    """Two logs may tell of it in different words."""
    assert digest(request_id="abc", number=2, host="x") == digest(request_id="abc")
    assert digest(request_id="abc") != digest(request_id="abd")


def test_parts_of_a_file_are_one_download_of_a_client() -> None:
    """If the log does not tell which parts: of one program, file and day."""
    parts = [
        digest(status=206, at=Instant(NOON + second), bytes_sent=second) for second in range(5)
    ]

    assert len(set(parts)) == 1
    assert digest(status=206, client="192.0.2.11") != parts[0]
    assert digest(status=206, user_agent="uv") != parts[0]


def test_digest_says_nothing_of_the_address() -> None:
    """It is short, and without the secret nobody can try addresses out."""
    assert len(digest()) == 16
    assert len({digest(key=bytes([number])) for number in range(20)}) == 20


def test_lines_that_say_the_same_are_numbered_while_they_stand_together() -> None:
    """Requests of the same moment; elsewhere it is the same line again."""
    other, later = entry(client="192.0.2.11"), entry(at=Instant(NOON + 1))
    numbers = LineNumbers()
    found = []
    for each in (ENTRY, other, ENTRY, ENTRY, later, ENTRY, other, ENTRY):
        numbers.note(each)
        found.append(numbers.number(each))

    assert found == [1, 1, 2, 3, 1, 1, 1, 2]


def test_lines_of_one_moment_are_numbered_in_little_memory() -> None:
    """However many there are, and however long: a log may be of a moment that stands still."""
    numbers = LineNumbers()
    tracemalloc.start()
    try:
        for number in range(500):
            each = entry(user_agent=f"{number:010000}")
            numbers.note(each)
            numbers.number(each)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert kept < 500_000
