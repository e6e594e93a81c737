"""An index that takes every upload, keeps none, and remembers what it was sent to the letter.

::

    with Recorder() as recorder:
        Twine(TWINE_7, sandbox).publish(release, Account(recorder.url, "secret"), tmp_path)
    assert recorder.uploads[0].value("name") == "demo"

It shows what a client sends, so like the simulator it knows nothing of `wheelyard`.
"""

import re
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from support.uploads import Part

__all__ = ["Recorder", "Reply", "Request"]

_PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came; names of headers are in lower case."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]
    parts: tuple[Part, ...] = ()

    def header(self, name: str) -> str | None:
        """Return the value of a header, or `None`."""
        return next((value for key, value in self.headers if key == name), None)

    def values(self, name: str) -> list[str]:
        """Return every value of a field, in order."""
        return [part.value.decode() for part in self.parts if part.name == name]

    def value(self, name: str) -> str:
        """Return the value of a field that must be there once."""
        (value,) = self.values(name)
        return value

    @property
    def content(self) -> Part:
        """Return the field that holds the file."""
        (part,) = [part for part in self.parts if part.name == "content"]
        return part


@dataclass(frozen=True, slots=True)
class Reply:
    """What the next uploads are answered with."""

    status: int = 200
    reason: str = "OK"
    text: str = ""


class Recorder:
    """A listening index, for the length of a `with` block."""

    def __init__(self) -> None:
        self.reply = Reply()
        self.requests: list[Request] = []
        self._server = _Server(self)
        self._thread = threading.Thread(target=self._server.serve_forever, name="recorder")

    @property
    def url(self) -> str:
        """Return the address for uploads."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/legacy/"

    @property
    def uploads(self) -> list[Request]:
        """Return every upload, oldest first."""
        return [each for each in self.requests if each.method == "POST"]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(_PATIENCE_SECONDS)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.recorder = recorder


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_SECONDS
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Know no page."""
        self._record(b"")
        self._answer(Reply(404, "Not Found"))

    def do_POST(self) -> None:
        """Take an upload."""
        # Without a length there is nothing to read: no client sends in chunks.
        self._record(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(self._recorder.reply)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its own signature
        """Say nothing."""

    @property
    def _recorder(self) -> Recorder:
        assert isinstance(self.server, _Server)
        return self.server.recorder

    def _record(self, body: bytes) -> None:
        headers = tuple((name.lower(), value) for name, value in self.headers.items())
        parts = _parts_of(self.headers.get("Content-Type", ""), body)
        self._recorder.requests.append(Request(self.command, self.path, headers, parts))

    def _answer(self, reply: Reply) -> None:
        body = reply.text.encode()
        self.send_response(reply.status, reply.reason)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _parts_of(content_type: str, body: bytes) -> tuple[Part, ...]:
    """Return the fields of a form. Source: RFC 2046, 5.1; RFC 7578."""
    found = re.search(r'boundary="?([^";]+)', content_type)
    if found is None:
        return ()
    delimiter = b"\r\n--" + found[1].encode()
    pieces = (b"\r\n" + body).split(delimiter)[1:-1]
    return tuple(_part_of(piece.removeprefix(b"\r\n")) for piece in pieces)


def _part_of(piece: bytes) -> Part:
    head, _, value = piece.partition(b"\r\n\r\n")
    text = head.decode()
    name = re.search(r'\bname="([^"]*)"', text)
    assert name is not None, text
    filename = re.search(r'\bfilename="([^"]*)"', text)
    content_type = re.search(r"(?im)^content-type:\s*(.*?)\s*$", text)
    return Part(name[1], value, filename and filename[1], content_type and content_type[1])
