r"""Lines of web servers: read as they are written, and written so that they are read again."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.combined import CombinedReader, render_combined
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry

START: Final = "192.0.2.10 - - [31/Jan/2026:12:00:00 +0000] "
AT: Final = 1_769_860_800

ANYTHING = st.binary(max_size=60).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
TOKEN = st.from_regex(r"[0-9A-Za-z.:%_-]{1,40}", fullmatch=True).filter(lambda text: text != "-")
PATH = ANYTHING.map(lambda text: f"/{text.replace('?', '')}")


@st.composite
def entries(draw: st.DrawFn) -> LogEntry:
    """Return any request that this format has room for."""
    size = draw(st.integers(0, 10**15))
    return LogEntry(
        at=Instant(draw(st.integers(0, 253_402_300_799))),
        method=draw(st.from_regex(r"[A-Z]{1,8}", fullmatch=True)),
        raw_path=draw(PATH),
        query=draw(ANYTHING),
        protocol=draw(st.sampled_from(["HTTP/1.0", "HTTP/1.1", "HTTP/2.0", "HTTP/3"])),
        status=draw(st.integers(0, 999)),
        bytes_sent=size,
        body_bytes=size,
        user_agent=draw(ANYTHING),
        referer=draw(ANYTHING),
        host=draw(TOKEN),
        client=draw(TOKEN | st.just("")),
    )


def read(line: str) -> LogEntry:
    """Return what a line without a virtual host says."""
    return CombinedReader(has_host=False).read(line)


@given(entries())
def test_line_that_is_written_is_read_again(entry: LogEntry) -> None:
    """A-96: whatever a client sent: quotation marks, control characters, no text at all."""
    line = render_combined(entry, has_host=True)

    assert "\n" not in line
    assert line.isascii()
    assert CombinedReader(has_host=True).read(line) == entry


@pytest.mark.parametrize(
    "agent",
    [
        r"pip/24.0 {\"ci\":null,\"name\":\"Debian GNU/Linux\"}",
        r"pip/24.0 {\x22ci\x22:null,\x22name\x22:\x22Debian GNU/Linux\x22}",
        'pip/24.0 {"ci":null,"name":"Debian GNU/Linux"}',
    ],
)
def test_user_agent_of_pip_is_read_whole(agent: str) -> None:
    """From Apache, from nginx, and from writers that escape nothing."""
    entry = read(f'{START}"GET /a HTTP/1.1" 200 5 "-" "{agent}"')

    assert entry.user_agent == 'pip/24.0 {"ci":null,"name":"Debian GNU/Linux"}'


def test_line_says_everything_that_it_has() -> None:
    """The query is apart from the path, and what comes behind is not looked at."""
    line = f'{START}"GET /a%2Bb?c=%20 HTTP/2.0" 206 7 "http://index.example/" "uv/0.8" "x" 0.1'

    assert read(line) == LogEntry(
        at=Instant(AT),
        method="GET",
        raw_path="/a%2Bb",
        query="c=%20",
        protocol="HTTP/2.0",
        status=206,
        bytes_sent=7,
        body_bytes=7,
        user_agent="uv/0.8",
        referer="http://index.example/",
        client="192.0.2.10",
    )
    assert read(line).path == "/a+b"


def test_common_format_has_no_user_agent() -> None:
    """Nor a referer; bytes of nothing are a dash."""
    entry = read(f'{START}"GET /a HTTP/1.1" 304 -')

    assert (entry.status, entry.bytes_sent, entry.user_agent) == (304, 0, "")


@pytest.mark.parametrize("user", ["-", "ann", "ann of [the] team", r"a\"b"])
def test_user_may_be_anything(user: str) -> None:
    """What somebody signs in with has spaces and brackets if they like."""
    line = f'192.0.2.10 - {user} [31/Jan/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 5 "-" "x"'

    assert read(line).raw_path == "/a"


def test_virtual_host_stands_before() -> None:
    """With its port."""
    line = f'index.example:443 {START}"GET /a HTTP/1.1" 200 5 "-" "x"'
    entry = CombinedReader(has_host=True).read(line)

    assert (entry.host, entry.client) == ("index.example:443", "192.0.2.10")


@pytest.mark.parametrize(
    ("word", "cache"),
    [
        ("HIT", CacheResult.HIT),
        ('"MISS"', CacheResult.MISS),
        ("REVALIDATED", CacheResult.REFRESHED),
        ("BYPASS", CacheResult.PASSED),
        ("-", CacheResult.UNKNOWN),
    ],
)
def test_cache_of_nginx_is_understood(word: str, cache: CacheResult) -> None:
    """Where somebody writes `$upstream_cache_status` behind the line."""
    assert read(f'{START}"GET /a HTTP/1.1" 200 5 "-" "x" 0.004 {word}').cache is cache


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "a moment in brackets"),
        ("192.0.2.10 - - [31/Jan/2026:12:00:00 +0000", "a moment in brackets"),
        ('[31/Jan/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5', "an address"),
        ('x - - [31/Feb/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 5', "there is no day"),
        (f'{START}"GET /a', "in the middle of a text"),
        (f'{START}"GET /a HTTP/1.1" 200', '`"request" status bytes`'),
        (f'{START}"GET /a HTTP/1.1" 200 5 "-" "pip/24.0 {{', "in the middle of a text"),
        (f'{START}"GET /a HTTP/1.1" 200 {"9" * 19} "-" "x"', '`"request" status bytes`'),
    ],
)
def test_line_that_cannot_be_read_says_why(line: str, reason: str) -> None:
    """The place is said by who knows it."""
    with pytest.raises(BadInput) as caught:
        read(line)

    assert reason in str(caught.value)


def test_line_that_ends_before_the_user_agent_is_refused() -> None:
    """Its number of bytes may be cut off too, if the others have a user agent."""
    reader = CombinedReader(has_host=False)
    reader.read(f'{START}"GET /a HTTP/1.1" 200 5000 "-" "x"')

    with pytest.raises(BadInput, match="before the user agent"):
        reader.read(f'{START}"GET /a HTTP/1.1" 200 50')


def test_bytes_of_the_body_are_written_for_a_whole_answer() -> None:
    """F-14: of a part only what was sent is sure."""
    entry = read(f'{START}"GET /a HTTP/1.1" 200 50 "-" "x"')
    whole = replace(entry, bytes_sent=450)
    part = replace(whole, status=206)

    assert ' 200 50 "-"' in render_combined(whole)
    assert ' 206 450 "-"' in render_combined(part)


@pytest.mark.parametrize("client", ["a b", '" 200', "[x]", "x" * 256, "\n"])
def test_address_that_is_none_is_left_out(client: str) -> None:
    """It would tear the line."""
    entry = read(f'{START}"GET /a HTTP/1.1" 200 50 "-" "x"')

    assert render_combined(replace(entry, client=client)).startswith("- - - [")
