"""Clients that are slow, silent or wrong, against a server whose patience is short: F74, F75, T23.

Each deadline by itself is shown in the tests of the server's room, byte by byte.
"""

import contextlib
import socket
from collections.abc import Iterator

import pytest

from faults.yard import Yard, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator

SLOW = 60


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server that waits for nobody."""
    settings = {
        "server.header_seconds": 0.5,
        "server.body_seconds": 0.5,
        "server.idle_seconds": 0.5,
        "server.write_stall_seconds": 0.5,
    }
    with (
        Simulator() as upstream,
        open_yard(tmp_path_factory.mktemp("strict") / "data", upstream, settings=settings) as yard,
    ):
        yield yard


BEGINNINGS = {
    "silent": b"",
    "half-a-line": b"GET /simple/",
    "endless-headers": b"GET /simple/ HTTP/1.1\r\nHost: index.example\r\nX-More: ",
    "body-that-stops": b"POST /simple/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\nonly this",
    "tls-hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(32),
}


def test_slow_clients_are_closed_and_others_are_served(strict: Yard) -> None:
    """F74, T23: sixty of each kind, a good client among them, and in the end nobody is left."""
    package = make_wheel("among-them", "1.0")
    strict.upstream.add(package)
    slow = [
        (socket.create_connection(strict.client.address, 30), beginning)
        for beginning in BEGINNINGS.values()
        for _ in range(SLOW)
    ]
    for connection, beginning in slow:
        connection.sendall(beginning)

    assert strict.client.ask(strict.path_of(package)).body == package.content
    for connection, _ in slow:
        assert len(read_to_the_end(connection)) < 10_000
        connection.close()
    eventually(
        lambda: strict.client.ask("/-/status").json()["open_connections"] == 1, "nobody is left"
    )


def read_to_the_end(connection: socket.socket) -> bytes:
    """Return what comes until the server closes the connection, well or badly."""
    said = bytearray()
    try:
        while chunk := connection.recv(65_536):
            said += chunk
    except ConnectionResetError:
        pass
    return bytes(said)


def test_client_that_reads_nothing_is_cut_off(strict: Yard) -> None:
    """F74, T23: a large file to somebody who takes none of it costs neither memory nor a place."""
    package = make_wheel("unread", "1.0", payload_bytes=20_000_000)
    strict.upstream.add(package)
    path = strict.path_of(package)
    strict.client.ask(path)
    idle = [socket.create_connection(strict.client.address, 30) for _ in range(10)]
    for each in idle:
        each.sendall(strict.client.render(path))

    eventually(
        lambda: strict.client.ask("/-/status").json()["open_connections"] == 1, "all are cut off"
    )
    assert strict.client.ask(path).body == package.content
    for each in idle:
        assert len(read_to_the_end(each)) < package.size
        each.close()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GET /" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Field: value\r\n" * 10_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 1_000_000 + b"\r\n\r\n",
        b"GET /simple/\r\n\r\n",
        b"\x00" * 100_000,
        b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"f" * 100_000,
    ],
    ids=["long-path", "many-headers", "long-header", "http-0.9", "nothing", "long-chunk-size"],
)
def test_request_beyond_all_measure_is_refused(strict: Yard, request_bytes: bytes) -> None:
    """F75: 4xx or silence, a closed connection, and not a word about our insides."""
    with socket.create_connection(strict.client.address, 30) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request_bytes)
        said = read_to_the_end(connection)

    assert said == b"" or said.startswith(b"HTTP/1.1 4")
    assert b"Traceback" not in said
    assert strict.client.ask("/-/live").status == 200


def test_forged_host_is_on_no_page(yard: Yard) -> None:
    """A-27: neither while the page is cold, nor for whoever asks next, nor in a redirect."""
    yard.upstream.add(make_wheel("forged", "1.0"))
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil"}

    answers = [
        yard.client.ask("/simple/forged/", forged),
        yard.client.ask("/simple/forged/"),
        yard.client.ask("/simple/Forged", forged),
        yard.client.ask("/pypi/forged/json", forged),
    ]

    assert not [each for each in answers if b"evil" in repr(each.headers).encode() + each.body]
