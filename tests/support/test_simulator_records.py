"""The simulator remembers what was asked, and what became of it."""

import http.client
import socket
from collections.abc import Iterator

import pytest

from support.packages import make_wheel
from support.simulator import JSON, Simulator, ask, status

WHEEL = make_wheel("demo", "1.0", payload_bytes=100_000)


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds one wheel."""
    with Simulator() as running:
        running.add(WHEEL)
        yield running


def test_request_is_recorded_with_all_that_was_said(upstream: Simulator) -> None:
    """A test may look at any part of a request."""
    ask(f"{upstream.url}demo/?format=x", {"User-Agent": "Me/1.0", "Range": "bytes=0-"})

    (asked,) = upstream.requests

    assert (asked.method, asked.path, asked.query) == ("GET", "/simple/demo/", "format=x")
    assert asked.headers["user-agent"] == "Me/1.0"
    assert asked.host == f"127.0.0.1:{upstream.port}"
    assert asked.range == "bytes=0-"
    assert (asked.kind, asked.door, asked.status) == ("page", "index", 200)


def test_bytes_of_bodies_are_counted(upstream: Simulator) -> None:
    """What was sent is known to the byte."""
    url = str(ask(f"{upstream.url}demo/", JSON).files()[0]["url"])
    upstream.forget()

    ask(url)
    ask(url, {"Range": "bytes=0-9"})
    ask(url, method="HEAD")

    upstream.wait_until_settled()
    assert [each.sent_bytes for each in upstream.asked("file")] == [WHEEL.size, 10, 0]
    assert upstream.sent_bytes == WHEEL.size + 10


@pytest.mark.parametrize(
    ("where", "count"),
    [("*", 4), ("page", 2), ("root", 1), ("json", 1), ("/simple/d*/", 1), ("/simple/*", 3)],
)
def test_requests_are_counted_by_kind_or_glob(upstream: Simulator, where: str, count: int) -> None:
    """Questions about requests are asked in the words used for faults."""
    for path in ("/simple/", "/simple/demo/", "/simple/unknown/", "/pypi/demo/json"):
        ask(upstream.base_url + path)

    assert upstream.count(where) == len(upstream.asked(where)) == count


def test_forgotten_requests_do_not_count(upstream: Simulator) -> None:
    """A test may warm up first."""
    ask(upstream.url)

    upstream.forget()

    assert upstream.requests == []


def test_kept_connection_keeps_its_number(upstream: Simulator) -> None:
    """A test sees whether a client made a new connection."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=180)
    for _ in range(2):
        connection.request("GET", "/simple/")
        connection.getresponse().read()
    connection.close()
    ask(upstream.url)

    first, second, third = upstream.requests

    assert first.connection == second.connection != third.connection


def test_request_to_a_proxy_is_recorded_as_such(upstream: Simulator) -> None:
    """A client that takes the simulator for its proxy names the whole address."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=180)
    connection.request("GET", "http://index.example/simple/demo/")
    connection.getresponse().read()
    connection.close()

    (asked,) = upstream.asked("page")

    assert asked.via_proxy
    assert asked.path == "/simple/demo/"


def test_body_of_a_request_is_recorded(upstream: Simulator) -> None:
    """What a client posts can be looked at."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=180)
    connection.request("POST", "/hook", body=b"news")
    connection.getresponse().read()
    connection.close()

    assert upstream.requests[0].body == b"news"


def test_request_that_is_not_http_is_answered_400(upstream: Simulator) -> None:
    """Nonsense does not disturb the server."""
    with socket.create_connection(("127.0.0.1", upstream.port), timeout=180) as connection:
        connection.sendall(b"what\r\n\r\n")
        said = connection.recv(100)

    assert said.startswith(b"HTTP/1.1 400")
    assert ask(upstream.url).status == 200


def test_spoiled_answer_is_recorded_with_the_status_that_went_out(upstream: Simulator) -> None:
    """The record tells what the client saw."""
    upstream.fault("page", status(503))

    ask(f"{upstream.url}demo/")

    assert upstream.requests[0].status == 503
