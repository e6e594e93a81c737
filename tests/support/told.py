"""Somebody who is told things by POST: a real server that takes them, refuses, hangs or breaks off.

::

    with Told() as told:
        told.replies = [503, 200]
        ...  # post to told.url
        assert [each.path for each in told.heard] == ["/a", "/a"]
"""

import json
import socket
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Literal, Self

__all__ = ["Heard", "Reply", "Told"]

_PATIENCE_SECONDS = 180.0

Reply = int | Literal["hang", "reset"]
"""The status of an answer; or none comes, while the connection stays or is broken off."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One POST as it came; names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes = field(repr=False)

    def json(self) -> dict[str, Any]:
        """Return the body, which is a JSON object."""
        document = json.loads(self.body)
        assert isinstance(document, dict)
        return document


class Told:
    """A listening server, for the length of a `with` block. The last of ``replies`` stays."""

    def __init__(self) -> None:
        self.replies: list[Reply] = [200]
        self.heard: list[Heard] = []
        self.is_over = threading.Event()
        self._server = _Server(self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.01,), name="told"
        )

    @property
    def url(self) -> str:
        """Return its address, without a slash at the end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def next_reply(self) -> Reply:
        """Return how the next POST is answered."""
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.is_over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_PATIENCE_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = True

    def __init__(self, told: Told) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.told = told


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_SECONDS
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Hear, and answer as it is meant."""
        assert isinstance(self.server, _Server)
        told = self.server.told
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        told.heard.append(Heard(self.path, headers, body))
        reply = told.next_reply()
        self.close_connection = True
        if reply == "hang":
            told.is_over.wait(_PATIENCE_SECONDS)
        elif reply == "reset":
            self.connection.shutdown(socket.SHUT_RDWR)
        else:
            self.send_response(reply)
            self.send_header("Content-Length", "2")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own signature
        """Say nothing."""
