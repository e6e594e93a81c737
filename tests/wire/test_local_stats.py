"""The files of ``/local-stats/days/``: what is written, and what of the past can be read."""

import bz2
import csv
from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire import local_stats
from wheelyard.wire.local_stats import (
    MAX_AGENT_CHARACTERS,
    DownloadRow,
    clean_agent,
    day_filename,
    parse_day,
    parse_day_filename,
    parse_local_stats,
    parse_stats_listing,
    render_local_stats,
    render_stats_listing,
)

PIP = 'pip/24.0 {"ci":null,"distro":{"id":"bookworm","version":"12"},"python":"3.11.2"}'
ROWS = [
    DownloadRow("demo", "demo-1.0.tar.gz", PIP, 142),
    DownloadRow("demo", "demo-1.0.tar.gz", "uv/0.5.0", 1),
]
JANUARY = date(2026, 1, 31)


def read(text: str) -> list[DownloadRow]:
    """Return the rows of a file that contains ``text``."""
    return list(parse_local_stats(bz2.compress(text.encode()), "`it`"))


def refused(body: bytes) -> str:
    """Return why a file cannot be read."""
    with pytest.raises(BadInput) as caught:
        list(parse_local_stats(body, "`it`"))
    return str(caught.value)


def test_a37_file_is_what_mirrors_have_always_written() -> None:
    """F-02: a line that names the columns, minimal quotes, CRLF."""
    text = bz2.decompress(render_local_stats(ROWS)).decode()

    first, second, third = text.split("\r\n")[:3]
    assert first == "# package,filename,useragent,count"
    assert second.startswith('demo,demo-1.0.tar.gz,"pip/24.0 {""ci"":null,')
    assert third == "demo,demo-1.0.tar.gz,uv/0.5.0,1"


def test_a37_agent_with_commas_and_quotes_is_one_column() -> None:
    """As Python's ``csv`` reads it, without being told anything."""
    lines = bz2.decompress(render_local_stats(ROWS, has_header=False)).decode().splitlines()

    assert list(csv.reader(lines)) == [
        ["demo", "demo-1.0.tar.gz", PIP, "142"],
        ["demo", "demo-1.0.tar.gz", "uv/0.5.0", "1"],
    ]


def test_same_rows_are_the_same_bytes() -> None:
    """Whoever has the file need not fetch it again."""
    assert render_local_stats(ROWS) == render_local_stats(iter(ROWS))


NAMES = st.text("abz-_.19,\"' ", min_size=1, max_size=20).map(clean_agent).filter(bool)
AGENTS = st.text(max_size=80).map(clean_agent)


@given(
    st.lists(st.builds(DownloadRow, NAMES, NAMES, AGENTS, st.integers(0, 10**12))),
)
def test_what_was_written_is_read(rows: list[DownloadRow]) -> None:
    """Whatever stands in it, with the line that names the columns and without."""
    for has_header in (True, False):
        body = render_local_stats(rows, has_header=has_header)

        assert list(parse_local_stats(body, "it")) == rows


@given(st.binary(max_size=300))
def test_p16_nothing_but_a_sentence_comes_of_other_bytes(text: bytes) -> None:
    """Whatever a node publishes, a merge goes on."""
    rows: list[DownloadRow] = []

    with suppress(BadInput):
        rows += parse_local_stats(bz2.compress(text), "`it`")

    assert all(row.count >= 0 and row.project and row.filename for row in rows)


@pytest.mark.parametrize(
    ("line", "agent"),
    [
        pytest.param("demo,demo-1.0.tar.gz,MyAgent,3", "MyAgent", id="plain"),
        pytest.param("demo,demo-1.0.tar.gz,,3", "", id="nobody"),
        pytest.param("demo,demo-1.0.tar.gz,a, b,c,3", "a, b,c", id="commas that were not quoted"),
        pytest.param(f"demo,demo-1.0.tar.gz,{PIP},3", PIP, id="quotes that were not quoted"),
        pytest.param('demo,demo-1.0.tar.gz,"open, x,3', '"open, x', id="a quote that never ends"),
        pytest.param('demo,demo-1.0.tar.gz,"a,""b""",3', 'a,"b"', id="quoted"),
        pytest.param("demo,demo-1.0.tar.gz,one\x0btwo,3", "one two", id="no line feed in it"),
        pytest.param("demo,demo-1.0.tar.gz,Grüße,3", "Grüße", id="beyond ASCII"),
    ],
)
def test_f02_first_two_columns_and_the_last_are_certain(line: str, agent: str) -> None:
    """What is between them belongs to the user agent."""
    assert read(line) == [DownloadRow("demo", "demo-1.0.tar.gz", agent, 3)]


def test_f02_lines_end_either_way_and_comments_are_passed_over() -> None:
    """The line that names the columns crashed readers of the past."""
    text = "# package,filename,useragent,count\r\na,f,x,1\n\r\n#b,f,x,9\nc,f,x,2"

    assert [row.count for row in read(text)] == [1, 2]


def test_bytes_that_are_no_text_are_kept_as_such() -> None:
    """Old logs were written in anything."""
    body = bz2.compress(b"demo,demo-1.0.tar.gz,Gr\xfc\xdfe,3")

    assert next(parse_local_stats(body, "it")).user_agent == "Gr\\xfc\\xdfe"


def test_file_of_several_streams_is_one() -> None:
    """Parallel programs compress in pieces."""
    body = bz2.compress(b"a,f,x,1\n") + bz2.compress(b"b,f,x,2\n")

    assert [row.project for row in parse_local_stats(body, "it")] == ["a", "b"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a,f,x\n", "`it`, line 1: expected package, filename, user agent and count"),
        ("a,f,x,1\nno table", "`it`, line 2: expected package"),
        ("a,f,x,many", "expected a number in the last column, got `many`"),
        ("a,f,x,-3", "got `-3`"),
        ("a,f,x,1e9", "got `1e9`"),
        (f"a,f,x,{'9' * 16}", "expected a number"),
        ("a,f,x,\u0663", "expected a number"),
        (",f,x,1", "expected the names of a package and of a file"),
        (f"{'a' * 600},f,x,1", "expected the names"),
        ("a" * 70_000, "a line is longer than"),
    ],
)
def test_p16_line_that_cannot_be_read_is_named(text: str, reason: str) -> None:
    """And nothing of the file should count."""
    assert reason in refused(bz2.compress(text.encode()))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is empty"),
        (b"a,f,x,1\n", "it is not compressed with bzip2"),
        (bz2.compress(b"a,f,x,1\n" * 100)[:-5], "it ends in the middle"),
        (bz2.compress(b"a,f,x,1\n") + b"rest", "not compressed with bzip2, or damaged"),
    ],
)
def test_p16_other_file_is_refused(body: bytes, reason: str) -> None:
    """With what to do next."""
    assert reason in refused(body)


def test_p16_small_file_that_becomes_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few bytes of bzip2 can be gigabytes."""
    monkeypatch.setattr(local_stats, "_MAX_PLAIN_BYTES", 10_000)

    assert "larger than 10000 bytes" in refused(bz2.compress(b"#\n" * 10_000))


def test_agent_is_one_short_line() -> None:
    """A client cannot write lines of ours, or fill the disk with one."""
    assert clean_agent(' pip/24.0\r\n\x00 {"a" :\t1} ') == 'pip/24.0 {"a" : 1}'
    assert len(clean_agent("x" * 10_000)) == MAX_AGENT_CHARACTERS


def test_f02_listing_links_each_file_in_the_form_that_readers_look_for() -> None:
    """The master of old looked for exactly this."""
    listing = render_stats_listing([date(2026, 1, 30), JANUARY])

    assert b'href="2026-01-30.bz2"' in listing
    assert parse_stats_listing(listing) == (date(2026, 1, 30), JANUARY)


def test_listing_of_another_server_is_read() -> None:
    """What is no day is passed over, and a day that is linked twice is one."""
    body = b"""<a HREF='2026-01-31.bz2'>x</a> <a href="2026-01-31.bz2">x</a>
    <a href="../2026-01-30.bz2">x</a> <a href="2026-02-31.bz2">x</a> <a href="1999-01-01.bz2">"""

    assert parse_stats_listing(body) == (JANUARY,)


def test_day_is_known_by_the_name_of_its_file() -> None:
    """And nothing else is taken for one."""
    assert parse_day_filename(day_filename(JANUARY)) == JANUARY
    for name in ("2026-01-31", "2026-01-31.gz", "2026-1-31.bz2", "2026-02-30.bz2", "index.html"):
        assert parse_day_filename(name) is None
    with pytest.raises(BadInput, match="expected a day such as `2026-01-31`, got `today`"):
        parse_day("today")
