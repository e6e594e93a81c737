"""The header fields that go out and the table of those that came in."""

import pytest
from multidict import CIMultiDict

from wheelyard import __version__
from wheelyard.transport.base import Request
from wheelyard.transport.headers import header_table, range_header, request_headers, user_agent

URL = "https://index.example/simple/"


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (Request(URL), None),
        (Request(URL, start=5), "bytes=5-"),
        (Request(URL, start=5, stop=10), "bytes=5-9"),
        (Request(URL, stop=1), "bytes=0-0"),
        (Request(URL, suffix_bytes=20), "bytes=-20"),
    ],
)
def test_range_is_spelled_with_an_inclusive_end(request_: Request, expected: str | None) -> None:
    """Offsets of ours are exclusive at the end, those of HTTP are not."""
    assert range_header(request_) == expected


def test_plain_request_has_only_what_it_needs() -> None:
    """A field is sent because it has something to say."""
    assert request_headers(Request(URL, accept="text/html"), "gzip") == {
        "Accept": "text/html",
        "Accept-Encoding": "gzip",
    }


def test_conditional_request_on_a_fresh_connection_has_all_fields() -> None:
    """Validators, ranges and the wish for a second opinion become their fields."""
    request = Request(
        URL,
        etag='"a"',
        last_modified="Thu, 01 Jan 2026 00:00:00 GMT",
        start=1,
        if_range='"b"',
        fresh_connection=True,
    )

    assert request_headers(request, "identity") == {
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Cache-Control": "no-cache",
        "If-None-Match": '"a"',
        "If-Modified-Since": "Thu, 01 Jan 2026 00:00:00 GMT",
        "Range": "bytes=1-",
        "If-Range": '"b"',
    }


@pytest.mark.parametrize(
    "value", ["a\r\nHost: other.example", "a\nb", "a\x00b", "\x7f", "ä", "\x1b", ""]
)
def test_validator_that_would_end_its_line_is_left_out(value: str) -> None:
    """T30: an entity tag from an upstream cannot add a header field to our next request."""
    headers = request_headers(Request(URL, etag=value, last_modified=value), "gzip")

    assert headers == {"Accept": "*/*", "Accept-Encoding": "gzip"}


def test_range_whose_condition_cannot_be_sent_is_left_out_too() -> None:
    """A part that might belong to other bytes is never asked for without its condition."""
    headers = request_headers(Request(URL, start=5, if_range="a\nb"), "identity")

    assert headers == {"Accept": "*/*", "Accept-Encoding": "identity"}


def test_received_fields_have_lower_case_names_and_no_cookies() -> None:
    """Repeated fields are one with a comma; cookies are nobody's business."""
    received = CIMultiDict(
        [("Vary", "Accept"), ("VARY", "Accept-Encoding"), ("Set-Cookie", "a=b"), ("X", " \udcff ")]
    )

    assert header_table(received) == {"vary": "Accept, Accept-Encoding", "x": "\ufffd"}


def test_user_agent_says_who_asks() -> None:
    """An upstream's people can see the program, its version and whom to write to."""
    assert user_agent(None) == f"wheelyard/{__version__}"
    assert user_agent("https://ops.example") == f"wheelyard/{__version__} (+https://ops.example)"
