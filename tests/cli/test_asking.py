"""Asking a server how it is, with whatever answers on the other side."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import trustme

from wheelyard.cli import asking
from wheelyard.cli.asking import ask_status, configured_address, parse_address
from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.monitor import (
    Address,
    Health,
    ServerFacts,
    WorkerSnapshot,
    build_status,
    render_status,
)
from wheelyard.settings import ServerSettings

REPORT = build_status(ServerFacts("1.2.3", "abc", 0.0), WorkerSnapshot(0.0), Health(), 9.0)
STATUS = {"/-/status": render_status(REPORT)}


class UnixServer(HTTPServer):
    """An HTTP server on a Unix socket."""

    address_family = socket.AF_UNIX

    def server_bind(self) -> None:
        """Bind, without the lookups that only IP addresses have."""
        self.socket.bind(str(self.server_address))


@contextmanager
def serving(
    answers: Mapping[str, bytes], uds: Path | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[int]:
    """Serve these answers by path, and yield the port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer what is known."""
            body = answers.get(self.path)
            self.send_response(404 if body is None else 200)
            self.end_headers()
            self.wfile.write(body or b"<html>Not here.</html>")

        def log_message(self, *_: object) -> None:
            """Be quiet."""

        def address_string(self) -> str:
            """Return nothing: a Unix socket's client has no address."""
            return ""

    server = HTTPServer(("127.0.0.1", 0), Handler) if uds is None else UnixServer(str(uds), Handler)  # type: ignore[arg-type]  # a path is its address
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield 0 if uds else server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def answering(react: Callable[[socket.socket], None]) -> Iterator[Address]:
    """Accept one connection, react to it, and yield the address."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            connection, _ = listener.accept()
            with connection:
                react(connection)

        thread = threading.Thread(target=accept)
        thread.start()
        yield Address(f"http://127.0.0.1:{listener.getsockname()[1]}")
        thread.join()


def closed_port() -> int:
    """Return a port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize(
    ("url", "root"),
    [
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765/", "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765/simple", "http://127.0.0.1:8765"),
        ("http://127.0.0.1:8765/simple/", "http://127.0.0.1:8765"),
        ("https://index.example/pypi/simple/", "https://index.example/pypi"),
    ],
)
def test_address_is_understood_with_and_without_simple(url: str, root: str) -> None:
    """And with and without the final slash."""
    assert parse_address(url) == Address(root)


@pytest.mark.parametrize("url", ["127.0.0.1:8765", "ftp://a", "http://", "http://[::1", "", "a"])
def test_address_that_is_none_is_refused(url: str) -> None:
    """With an example of one."""
    with pytest.raises(BadInput, match=r"expected an address such as `http://127\.0\.0\.1:8765`"):
        parse_address(url)


def test_address_that_is_refused_is_shown_without_credentials() -> None:
    """Messages end up in reports."""
    with pytest.raises(BadInput) as caught:
        parse_address("ftp://user:hunter2@a")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("server", "address"),
    [
        (ServerSettings(), Address("http://127.0.0.1:8765")),
        (ServerSettings(host="0.0.0.0", port=1), Address("http://127.0.0.1:1")),
        (ServerSettings(host="::"), Address("http://[::1]:8765")),
        (ServerSettings(host="fd00::1"), Address("http://[fd00::1]:8765")),
        (
            ServerSettings(tls_cert=Path("/a.pem")),
            Address("https://127.0.0.1:8765", certificate="/a.pem"),
        ),
        (
            ServerSettings(uds=Path("/w.sock")),
            Address("http://127.0.0.1:8765", uds="/w.sock"),
        ),
    ],
)
def test_configured_address_can_be_connected_to(server: ServerSettings, address: Address) -> None:
    """Where it listens, as seen from this machine."""
    assert configured_address(server) == address


@pytest.mark.parametrize("path", ["/-/status", "/pypi/-/status", "/pypi/team/-/status"])
def test_server_is_found_below_the_address_or_nearer_to_the_root(path: str) -> None:
    """People paste the index URL that they use."""
    with serving({path: STATUS["/-/status"]}) as port:
        assert ask_status(parse_address(f"http://127.0.0.1:{port}/pypi/team/simple/")) == REPORT


def test_server_on_a_unix_socket_is_asked(tmp_path: Path) -> None:
    """Whatever its public address is."""
    with serving(STATUS, uds=tmp_path / "s"):
        assert ask_status(Address("http://index.example/x", uds=str(tmp_path / "s"))) == REPORT


def test_server_with_a_certificate_of_another_name_is_known_by_it(tmp_path: Path) -> None:
    """On this machine it is reached as 127.0.0.1, and proves to be ours by its certificate."""
    own = trustme.CA().issue_cert("index.example")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    own.configure_cert(tls)
    file = tmp_path / "own.pem"
    file.write_bytes(own.cert_chain_pems[0].bytes())
    other = tmp_path / "other.pem"
    other.write_bytes(trustme.CA().issue_cert("index.example").cert_chain_pems[0].bytes())

    with serving(STATUS, tls=tls) as port:
        url = f"https://127.0.0.1:{port}"
        report = ask_status(Address(url, certificate=str(file)))
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            ask_status(Address(url, certificate=str(other)))
        with pytest.raises(Unavailable, match="CERTIFICATE_VERIFY_FAILED"):
            ask_status(Address(url))

    assert report == REPORT


def test_certificate_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The setting that names it is what is to be corrected."""
    with pytest.raises(ConfigError, match=r"missing.pem` is not .*correct `server.tls_cert`"):
        ask_status(Address("https://127.0.0.1:1", certificate=str(tmp_path / "missing.pem")))


def test_nobody_who_listens_is_none(tmp_path: Path) -> None:
    """That is an answer, not an error."""
    assert ask_status(Address(f"http://127.0.0.1:{closed_port()}")) is None
    assert ask_status(Address("http://a", uds=str(tmp_path / "missing"))) is None


@pytest.mark.parametrize("body", [b"<html>Hello.</html>", b"", b'{"server": "other"}'])
def test_another_program_is_called_so(body: bytes) -> None:
    """Something else has taken the port."""
    with serving({"/-/status": body}) as port:
        address = Address(f"http://127.0.0.1:{port}")
        with pytest.raises(Unavailable, match="status 200, but it is not Wheelyard"):
            ask_status(address)


def test_another_program_without_that_page_is_called_so() -> None:
    """With the status that it gave."""
    with serving({}) as port:
        address = Address(f"http://127.0.0.1:{port}/simple")
        with pytest.raises(Unavailable, match="status 404, but it is not Wheelyard"):
            ask_status(address)


def test_program_that_does_not_speak_http_is_called_so() -> None:
    """Nor does it crash the command."""

    def react(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-OpenSSH\r\n")

    with answering(react) as address, pytest.raises(Unavailable, match="no usable answer"):
        ask_status(address)


def test_program_that_hangs_up_is_called_so() -> None:
    """Nor does it crash the command."""
    with (
        answering(lambda connection: connection.close()) as address,
        pytest.raises(Unavailable, match="no usable answer"),
    ):
        ask_status(address)


def test_program_that_never_answers_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a deadline."""
    monkeypatch.setattr(asking, "TIMEOUT_SECONDS", 0.05)
    over = threading.Event()

    def wait(_connection: socket.socket) -> None:
        over.wait(10)

    with answering(wait) as address:
        with pytest.raises(Unavailable, match=r"no answer within 0\.05 seconds"):
            ask_status(address)
        over.set()
