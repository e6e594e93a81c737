"""Logs, line by line: every format tells the same story, and nothing that is in a log is raised."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from support.access_logs import DATA, LOGS, form_of, story, told
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs import (
    FORMATS,
    BadLine,
    LogEntry,
    LogFormat,
    parse_format,
    read_log,
    render_combined,
)
from wheelyard.wire.access_logs.entry import MAX_LINE_BYTES

PLAIN = [name for name in LOGS if not name.endswith(".gz")]
LINES = sorted({line for name in PLAIN for line in (DATA / name).read_bytes().split(b"\n")[:5]})
FORMS = st.sampled_from([None, *map(parse_format, FORMATS)])
GOOD = '192.0.2.1 - - [31/Jan/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"\n'


def read(text: bytes, form: LogFormat | None = None) -> tuple[list[LogEntry], list[BadLine]]:
    """Return the requests of a log, and the lines that are none."""
    log = list(read_log([text], form, where="some.log"))
    entries = [each for each in log if isinstance(each, LogEntry)]
    return entries, [each for each in log if isinstance(each, BadLine)]


@pytest.mark.parametrize("name", PLAIN)
def test_every_format_tells_the_story(name: str) -> None:
    """A-95, A-96: the same requests, whoever wrote them down and however."""
    entries, bad = read((DATA / name).read_bytes(), form_of(name))

    assert bad == []
    assert told(entries) == story()


@pytest.mark.parametrize("name", PLAIN)
def test_ends_of_lines_and_marks_make_no_difference(name: str) -> None:
    """A log may have been through Windows."""
    text = (DATA / name).read_bytes().replace(b"\n", b"\r\n")
    entries, bad = read(b"\xef\xbb\xbf" + text.removesuffix(b"\r\n"), form_of(name))

    assert bad == []
    assert told(entries) == story()


def test_bad_lines_are_told_and_the_others_read() -> None:
    """With the number of the line, what is wrong, and how it begins."""
    entries, bad = read((DATA / "damaged-combined.log").read_bytes())
    lines = {entry.line for entry in entries}

    assert [each for each in story() if each not in told(entries)] == []
    assert [each.line for each in bad] == [3, 16, 32, 33]
    assert lines == set(range(1, 34)) - {2, 3, 16, 32, 33}
    assert not any(each.is_end for each in bad)
    assert str(bad[0]).startswith("some.log, line 3: expected a moment in brackets")
    assert bad[0].text == "not a line of a log"
    assert bad[1].text.isprintable()


def test_bytes_that_are_no_text_are_kept() -> None:
    """A user agent in Latin-1 can be written again as it was."""
    entries, _ = read((DATA / "damaged-combined.log").read_bytes())

    assert [each.user_agent for each in entries if each.line == 31] == ["lat\udceen-1"]


def test_what_is_said_of_a_line_cannot_steer_a_terminal() -> None:
    """A client chose some of what stands in a log, and an administrator reads it."""
    heading = "#Fields: date time cs-method cs-uri-stem sc-status sc-bytes\n"
    line = "2026-01-31\t12:00:00\tGET\t/a\t200\t\x1b]0;title\x07\n"

    _, bad = read(f"{heading}{line}".encode())

    assert [each.reason for each in bad] == ["expected a number in `sc-bytes`, got `?]0;title?`"]


def test_log_of_something_else_is_told_once() -> None:
    """Not for each of its lines."""
    entries, bad = read(b"hello\n" * 5_000)

    assert entries == []
    assert [(each.line, each.is_end) for each in bad] == [(1, True)]
    assert "in no format that is known" in str(bad[0])


@pytest.mark.parametrize("text", [b"", b"\n\n", b"\0\0\0", b"#Version: 1.0\n#Fields: date time\n"])
def test_empty_log_has_nothing(text: bytes) -> None:
    """A CDN writes such files where nobody came."""
    assert read(text) == ([], [])


def test_log_that_breaks_off_is_told() -> None:
    """What came before counts."""

    def chunks() -> Iterator[bytes]:
        yield GOOD.encode() * 3 + b"192.0"
        raise BadInput("it is damaged")

    log = list(read_log(chunks(), where="some.log"))

    assert [type(each) for each in log] == [LogEntry] * 3 + [BadLine]
    assert str(log[-1]) == "some.log, line 4: it is damaged"
    assert isinstance(log[-1], BadLine)
    assert log[-1].is_end


def test_long_line_is_passed_over() -> None:
    """It is none of a log."""
    entries, bad = read(GOOD.encode() + b"x" * 200_000 + b"\n" + GOOD.encode())

    assert [entry.line for entry in entries] == [1, 3]
    assert [(each.line, each.is_end) for each in bad] == [(2, False)]


@given(st.lists(st.sampled_from(LINES) | st.binary(max_size=60), max_size=12), FORMS)
@example([b"{" * 60_000], None)
@example([b'x - - [31/Jan/2026:12:00:00 +0000] "' + b"\\" * 60_000], None)
def test_nothing_in_a_log_is_raised(lines: list[bytes], form: LogFormat | None) -> None:
    """Any bytes, between lines that are good."""
    for each in read_log([b"\n".join(lines)], form):
        if isinstance(each, LogEntry):
            assert 0 <= each.at < 253_402_300_800
            assert isinstance(each.path, str)
            each.user_agent.encode("utf-8", "surrogateescape")


TEXTS = st.text(max_size=20) | st.sampled_from(["-", "a b", "%2520", '"', "\\", "(null)"])
TARGETS = TEXTS.map("/".__add__) | st.sampled_from(["/a?b?c", "http://a/b", "http://a", "*", ""])
METHODS = st.sampled_from(["GET", "HEAD", "GET /a HTTP/1.1", " ", "-"]) | TEXTS
PROTOCOLS = st.sampled_from(["HTTP/2.0", "", "-", "HTTP/1.1 x", "SPDY"])
STATUSES = st.integers(0, 1_000) | st.sampled_from(["000", "304", "-"])
SECONDS = st.integers(0, 2**40)
CLOUDFRONT = {
    "timestamp": SECONDS, "cs-method": METHODS, "cs-uri-stem": TARGETS, "cs-uri-query": TEXTS,
    "sc-status": STATUSES, "cs(User-Agent)": TEXTS, "cs(Referer)": TEXTS, "c-ip": TEXTS,
    "cs-protocol-version": PROTOCOLS, "x-host-header": TEXTS, "sc-bytes": SECONDS,
}  # fmt: skip
FASTLY = {
    "timestamp": SECONDS, "request_method": METHODS, "url": TARGETS, "request_protocol": PROTOCOLS,
    "response_status": STATUSES, "request_user_agent": TEXTS, "request_referer": TEXTS,
    "client_ip": TEXTS, "host": TEXTS, "response_body_size": SECONDS,
}  # fmt: skip


@pytest.mark.parametrize(
    ("form", "columns"), [("cloudfront-json", CLOUDFRONT), ("fastly", FASTLY)], ids=["v2", "fastly"]
)
@given(data=st.data())
def test_whatever_is_read_can_be_written_and_read_again(
    form: str, columns: dict[str, st.SearchStrategy[object]], data: st.DataObject
) -> None:
    """A-96: no document makes a line that says something else, or tears the log."""
    document = json.dumps(data.draw(st.fixed_dictionaries(columns)))
    (each,) = read_log([document.encode()], parse_format(form))
    if isinstance(each, LogEntry):
        line = render_combined(each, has_host=True).encode("ascii")
        (again,) = read_log([line], parse_format("vhost-combined"))

        assert isinstance(again, LogEntry)
        assert shown(again) == shown(each)


def shown(entry: LogEntry) -> tuple[object, ...]:
    """Return what the combined format has room for."""
    query = entry.query if entry.method else ""
    sent = (entry.method, entry.raw_path, query, entry.user_agent, entry.referer)
    return (entry.at // 1, *sent, entry.status)


@given(st.sampled_from(LINES), st.data())
def test_line_with_a_change_is_read_or_told(line: bytes, data: st.DataObject) -> None:
    """Cut, doubled or overwritten anywhere."""
    at = data.draw(st.integers(0, len(line)))
    change = data.draw(st.sampled_from([b"", b'"', b"\\", b"\0", b"\xff", b" ", b"\t", b"{", b"9"]))
    until = data.draw(st.integers(at, len(line)))

    list(read_log([line[:at] + change + line[until:]]))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "unit",
    ['"', '\\"', "\\", " ", "[31/Jan/2026:12:00:00 +0000] ", '] "', "a ", "\t", "#22", "%25",
     '{"a":', "1.2.3.4:5 [31/Jan/2026:12:00:00.125] a b/c 1/2/3/4/5 200 5 - - ---- 1/1 0/0 {"],
)  # fmt: skip
def test_time_is_in_proportion_to_the_length(form: str, unit: str) -> None:
    """What makes a pattern go back again and again takes no longer than anything else.

    As much as fits into a line, many times over: going back would take hours.
    """
    start = '1.2.3.4 - - [31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "'
    for before in ("", start):
        line = (before + unit * MAX_LINE_BYTES)[: MAX_LINE_BYTES - 1].encode() + b"\n"

        assert len(list(read_log([line] * 5, parse_format(form)))) <= 5
