"""Whatever a client sends: an answer of the 4xx kind with a sentence, or a page, and no crash."""

import socket
import string

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.conformance.asking import Client

ROUTES = ("/simple/", "/packages/", "/pypi/", "/integrity/", "/-/", "/")

SEGMENTS = [
    "..",
    ".",
    "%2e%2e",
    "%2E%2E%2F",
    "..%2f..%2f",
    "..%5c",
    "%00",
    "a%00b",
    "%0a",
    "%0d%0aX-Injected:%201",
    "%7f",
    "%ff",
    "%c0%af",
    "%e2%80%ae",
    "%u002e",
    "%",
    "%2",
    "%zz",
    "%252e%252e",
    "a" * 300,
    "a" * 8_000,
    "../" * 100,
    "a/" * 1_000,
    ";x=1",
    "\\",
    "'",
    '"',
    "<script>alert(1)</script>",
    "{{7*7}}",
    "$(id)",
    "' OR 1=1--",
    "~root",
    "con.txt",
    "*",
    "[::1]",
    "@evil.example",
    ":80",
    "-",
    "_",
    ".git",
    ".metadata",
    "-1.0.tar.gz",
    "x-1.0-py3-none-any.whl.metadata",
    "-.whl",
    ".whl",
    "a-1.0.whl",
    "a-1.0-1-2-3-4-5-6-py3-none-any.whl",
]


@pytest.mark.parametrize("segment", SEGMENTS, ids=range(len(SEGMENTS)))
@pytest.mark.parametrize("route", ROUTES)
def test_path_that_leads_nowhere_is_refused(client: Client, route: str, segment: str) -> None:
    """400 or 404 with a sentence; what was sent is not executed, followed or reflected as HTML."""
    for tail in ("", "/", "/json", "/1.0/json", "/provenance"):
        answer = client.ask(route + segment.replace(" ", "%20") + tail)

        assert answer.status in {400, 404} or (answer.status == 301 and answer["location"])
        assert "x-injected" not in dict(answer.headers)
        if answer.status != 301 and answer.get("connection") != "close":
            assert answer["x-content-type-options"] == "nosniff"


MISTAKES = [
    b"",
    b"\r\n",
    b"GET\r\n\r\n",
    b"GET /\r\n\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET / HTTP/1.1 extra\r\n\r\n",
    b"get / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n: empty\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX y: 1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: nine\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n",
    b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET /a b HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET simple/ HTTP/1.1\r\nHost: a\r\n\r\n",
    b"CONNECT index.example:443 HTTP/1.1\r\nHost: a\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: a\r\n" * 20_000 + b"\r\n",
]


@pytest.mark.parametrize("request_bytes", MISTAKES, ids=range(len(MISTAKES)))
def test_request_that_is_no_http_ends_in_400_or_silence(
    client: Client, request_bytes: bytes
) -> None:
    """The connection is closed; the next client is served as if nothing had been."""
    said = exchange(client, request_bytes)

    status = said[9:12]
    assert said == b"" or status.startswith(b"4"), said[:300]
    assert b"Traceback" not in said
    assert client.ask("/-/live").text == "alive\n"


def exchange(client: Client, request: bytes) -> bytes:
    """Send bytes and nothing more; return what came back."""
    with socket.create_connection(client.address, 20) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65_536), b""))
        except (ConnectionResetError, BrokenPipeError):
            return b""


HEADERS = [
    ("Accept", "\x01\x02"),
    ("Accept", "a" * 20_000),
    ("Accept", ",".join(f"text/x{number}" for number in range(2_000))),
    ("Accept-Encoding", "\xff" * 100),
    ("Accept-Encoding", ",".join(["gzip;q=0.1"] * 2_000)),
    ("Range", "bytes=" + "0-0," * 5_000),
    ("Range", "bytes=-" + "9" * 10_000),
    ("If-None-Match", '"' + "a" * 20_000 + '"'),
    ("If-None-Match", ",".join(f'"{number}"' for number in range(2_000))),
    ("If-Range", '"' * 1_000),
    ("If-Modified-Since", "99999999999"),
    ("Authorization", "Basic ==="),
    ("Authorization", "Bearer " + "a" * 20_000),
    ("Cookie", "a=b;" * 1_000),
    ("Host", ""),
    ("Host", "a b"),
    ("Host", "a" * 5_000),
    ("X-Forwarded-For", ",".join(["1.2.3.4"] * 1_000)),
    ("Via", ",".join(["1.1 other"] * 500)),
    ("User-Agent", "\xe9\x01'\"\\"),
    ("Content-Type", "multipart/form-data"),
    ("Expect", "100-continue"),
    ("Expect", "something-else"),
    ("Upgrade", "websocket"),
    ("Connection", "Upgrade, HTTP2-Settings"),
    ("Transfer-Encoding", "gzip"),
    ("Trailer", "X"),
    ("Cache-Control", "max-age=" + "9" * 1_000),
]


@pytest.mark.parametrize(("name", "value"), HEADERS, ids=range(len(HEADERS)))
@pytest.mark.parametrize("path", ["/simple/foo-bar/", "/simple/", "/pypi/foo-bar/json"])
def test_header_that_makes_no_sense_is_no_reason_to_fail(
    client: Client, path: str, name: str, value: str
) -> None:
    """The page all the same, or a refusal of the request as a whole; never an error of ours."""
    answer = client.ask(path, [(name, value)])

    assert answer.status in {200, 400, 417, 431, 501}
    assert client.ask(path).status == 200


MARKS = string.ascii_letters + string.digits + "%./-_~!$&'()*+,;=:@?#\\|^`{}[]<>"
PIECES = ["%2f", "%00", "%ff", "%2e", "../", "//", ".whl", ".tar.gz", ".metadata", "/json", "-1.0"]


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(ROUTES),
    st.lists(st.sampled_from([*MARKS, *PIECES]), max_size=30).map("".join),
)
def test_any_path_is_answered(client: Client, route: str, tail: str) -> None:
    """Whatever is put together of what paths are made of."""
    answer = client.ask(f"{route}{tail}")

    # `/pypi/` itself is where XML-RPC is posted to.
    expected = {200, 301, 400, 404, 405} if route == "/pypi/" else {200, 301, 400, 404}
    assert answer.status in expected


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=60))
def test_any_bytes_are_survived(client: Client, noise: bytes) -> None:
    """Where a path should be, and as a whole request."""
    for request in (noise, b"GET /simple/" + noise + b" HTTP/1.1\r\nHost: a\r\n\r\n"):
        said = exchange(client, request)
        assert said == b"" or said.startswith((b"HTTP/1.1 4", b"HTTP/1.1 2", b"HTTP/1.1 3"))


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("size", [0, 10, 1_000_000])
def test_body_that_nobody_wants_is_refused_or_read(client: Client, method: str, size: int) -> None:
    """405 whatever comes after the headers; the connection is not confused by it."""
    head = client.render("/simple/foo-bar/", {"Content-Length": str(size)}, method=method)

    said = exchange(client, head + b"x" * size + client.render("/-/live"))

    assert said.startswith(b"HTTP/1.1 405 ")
    assert said.count(b"HTTP/1.1 ") <= 2
    assert b"xxx" not in said
