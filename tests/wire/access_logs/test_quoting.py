r"""Texts of strangers in logs: escaped by each writer in its way, and what was sent again."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from wheelyard.wire.access_logs.quoting import (
    decode_hashed,
    decode_path,
    decode_percented,
    escape,
    split_request,
    split_target,
    unescape,
)

ANYTHING = st.binary().map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(ANYTHING)
@example("-")
@example('pip/24.0 {"ci":null}\\')
@example("caf\xe9\x00\n\udcff")
def test_what_is_escaped_is_read_again(text: str) -> None:
    """Whatever was sent, on one line of ASCII."""
    written = escape(text)

    assert written.isascii()
    assert written.isprintable()
    assert re.fullmatch(r'(?:[^"\\]|\\.)+', written)
    assert ("" if written == "-" else unescape(written)) == text


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (r"a \"b\" \\c", 'a "b" \\c'),
        (r"a \x22b\x22 \x5Cc", 'a "b" \\c'),
        (r"caf\xc3\xa9", "caf\xe9"),
        (r"tab\t end\n", "tab\t end\n"),
        (r"\\x41", r"\x41"),
        (r"\d \x4", r"\d \x4"),
        ("caf\xe9", "caf\xe9"),
        (r"\xff", "\udcff"),
    ],
)
def test_escapes_of_apache_and_nginx_are_undone(written: str, sent: str) -> None:
    """Both at once, because no line says which of them wrote it."""
    assert unescape(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("-", ""),
        ("pip/24.0%20{%22ci%22:null}", 'pip/24.0 {"ci":null}'),
        ("pip/24.0%2520%257B%2522ci%2522:null%257D", 'pip/24.0 {"ci":null}'),
        ("100%25%20sure", "100% sure"),
        ("plain", "plain"),
        ('not encoded 100%20 "', 'not encoded 100%20 "'),
        ("caf%C3%A9%FF", "caf\xe9\udcff"),
    ],
)
def test_header_of_cloudfront_is_encoded_once_or_twice(written: str, sent: str) -> None:
    """Long ago twice; a percent sign that was sent is not mistaken for that."""
    assert decode_percented(written) == sent


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/a%2Bb", "/a%2Bb"),
        ("/a%252Bb", "/a%2Bb"),
        ("/a%2520b%252Bc", "/a%20b%2Bc"),
        ("/a%20b%252B", "/a%20b%252B"),
        ("/plain", "/plain"),
    ],
)
def test_path_of_cloudfront_is_as_it_was_sent(written: str, sent: str) -> None:
    """With its own escapes, which belong to the path."""
    assert decode_path(written) == sent


def test_escapes_of_haproxy_are_undone() -> None:
    """It writes a hash and two digits for what could be mistaken."""
    assert decode_hashed("#7B#22ci#22#3Anull#7D #C3#A9 #23 #zz") == '{"ci":null} \xe9 # #zz'


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("GET /a HTTP/1.1", ("GET", "/a", "HTTP/1.1")),
        ("GET /a b HTTP/2", ("GET", "/a b", "HTTP/2")),
        ("GET /a", ("GET", "/a", "")),
        ("GET /a b", ("GET", "/a b", "")),
        ("\x16\x03\x01", ("", "\x16\x03\x01", "")),
        (" /a", ("", " /a", "")),
        ("", ("", "", "")),
    ],
)
def test_request_line_is_taken_apart(line: str, parts: tuple[str, str, str]) -> None:
    """Also one that is none: scanners send anything."""
    assert split_request(line) == parts


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("/a?b=c?d", ("", "/a", "b=c?d")),
        ("/a", ("", "/a", "")),
        ("https://index.example:8443/a?b", ("index.example:8443", "/a", "b")),
        ("http://index.example", ("index.example", "", "")),
        ("*", ("", "*", "")),
        ("index.example:443", ("", "index.example:443", "")),
    ],
)
def test_target_is_taken_apart(target: str, parts: tuple[str, str, str]) -> None:
    """With the host that is in it behind some proxies."""
    assert split_target(target) == parts
