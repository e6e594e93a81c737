"""What real web servers write into their logs is read as it was sent."""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import pytest

from support.patience import until
from support.web_servers import Place, WebServer, apache, nginx, running
from support.web_servers.apache import APACHE
from support.web_servers.haproxy import HAPROXY
from support.web_servers.nginx import NGINX
from support.web_servers.web_server import open_folder
from wheelyard.stats.converting import Conversion, convert_log
from wheelyard.wire.access_logs import LogEntry, read_log

AGENT: Final = b'pip/24.0 {"ci":null,"name":"caf\xc3\xa9, \\x22 \\\\ \xff {|} #22 %20"}'
REFERER: Final = b'https://index.example/?q="a b"'
REQUESTS: Final = (
    (b"GET", b"/simple/demo/?c=%22d%22&e=f?g"),
    (b"HEAD", b"/packages/demo-1.0%2Bcpu-py3-none-any.whl"),
    (b"GET", b"/packages/demo-1.0+cpu-py3-none-any.whl.metadata"),
)

_NGINX = """\
server {{
    listen 127.0.0.1:{port};
    location / {{ return 200 hello; }}
}}
"""
_APACHE = """\
LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" combined
LogFormat "%v:%p %h %l %u %t \\"%r\\" %>s %b \\"%{{Referer}}i\\" \\"%{{User-Agent}}i\\"" vhost
CustomLog {folder}/access combined
CustomLog {folder}/access-vhost vhost
"""
_HAPROXY = """\
global
    log stdout format raw local0
defaults
    mode http
    log global
    option httplog
    timeout client 60s
    timeout connect 60s
    timeout server 60s
frontend index
    bind 127.0.0.1:{port}
    capture request header Host len 128
    capture request header User-Agent len 512
    capture request header Referer len 256
    http-request return status 200 content-type text/plain string hello
"""


@dataclass(frozen=True, slots=True)
class Writer:
    """A server that writes a log, and where."""

    server: WebServer
    configuration: Callable[[Place], str]
    log: str


def _nginx(place: Place) -> str:
    return nginx.whole(place, _NGINX.format(port=place.port))


def _apache(place: Place) -> str:
    return apache.whole(
        place, _APACHE.format(folder=place.folder), []
    )  # Debian has built in what writes logs


def _haproxy(place: Place) -> str:
    return _HAPROXY.format(port=place.port)


WRITERS = {
    "nginx": Writer(NGINX, _nginx, "access"),
    "apache": Writer(APACHE, _apache, "access"),
    "apache-vhost": Writer(APACHE, _apache, "access-vhost"),
    "haproxy": Writer(HAPROXY, _haproxy, "log"),
}


def ask(port: int, method: bytes, target: bytes) -> int:
    """Send one request as it is, and return the status of the answer."""
    headers = (b"Host: index.example", b"User-Agent: " + AGENT, b"Referer: " + REFERER)
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        lines = (method + b" " + target + b" HTTP/1.1", *headers, b"Connection: close")
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        with connection.makefile("rb") as answer:
            return int(answer.read().split(b" ", 2)[1])


def written(writer: Writer, folder: Path) -> tuple[list[int], bytes]:
    """Return the statuses of the answers, and the log.

    A line comes after its answer, and of a server with several processes after the line of the next
    request, too, unless that waits for it.
    """
    statuses: list[int] = []
    with running(writer.server, folder, writer.configuration) as server:
        log = server.place.folder / writer.log
        for request in REQUESTS:
            statuses.append(ask(server.place.port, *request))
            anyio.run(until, lambda: len(requests_in(log.read_bytes())) == len(statuses))
    return statuses, log.read_bytes()


def requests_in(log: bytes) -> list[LogEntry]:
    """Return the requests in a log, where a server may say something else, too."""
    return [
        each
        for each in read_log([log])
        if isinstance(each, LogEntry) and each.method and each.user_agent
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_log_of_a_real_server_is_read_as_it_was_sent(name: str) -> None:
    """A-96: marks and bytes that each server escapes in its own way; and so is what we write."""
    with open_folder() as folder:
        statuses, log = written(WRITERS[name], folder)
    entries = requests_in(log)
    again = requests_in("".join(convert_log(entries, Conversion())).encode("ascii"))

    for found in (entries, again):
        assert [each.status for each in found] == statuses
        assert [
            (each.method.encode(), f"{each.raw_path}?{each.query}".rstrip("?").encode())
            for each in found
        ] == list(REQUESTS)
        assert {each.user_agent.encode("utf-8", "surrogateescape") for each in found} == {AGENT}
        assert {each.referer.encode() for each in found} == {REFERER}
