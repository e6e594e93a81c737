"""Somebody else's index, as far as uploads go: takes forms apart, and answers as it is told.

Forms are read with the standard library's e-mail parser, so nothing here owes anything to the code
under test.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["OtherIndex", "Said", "Upload", "other_index"]


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: the status, its reason phrase, the body, and further fields."""

    status: int = 200
    reason: str = ""
    body: bytes = b""
    fields: Mapping[str, str] = field(default_factory=dict)
    cuts: bool = False
    """Cut the connection instead, after the whole request was read."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A request: its path, its fields, what its form says, and the file."""

    path: str
    fields: Mapping[str, str]
    form: Mapping[str, list[str]]
    filename: str
    content: bytes


@dataclass(slots=True)
class OtherIndex:
    """What came, and what is answered: one of ``answers`` after another, then 200."""

    url: str
    uploads: list[Upload] = field(default_factory=list)
    answers: list[Said] = field(default_factory=list)

    def take(self, path: str, fields: Mapping[str, str], body: bytes) -> Said:
        """Keep a request, and return what to answer."""
        head = f"Content-Type: {fields['Content-Type']}\r\n\r\n".encode()
        form: dict[str, list[str]] = {}
        filename, content = "", b""
        for part in _parts(message_from_bytes(head + body, policy=HTTP)):
            value = part.get_payload(decode=True)
            assert isinstance(value, bytes)
            name = str(part.get_param("name", header="content-disposition"))
            if name == "content":
                filename, content = str(part.get_filename()), value
            else:
                form.setdefault(name, []).append(value.decode())
        self.uploads.append(Upload(path, dict(fields), form, filename, content))
        return self.answers.pop(0) if self.answers else Said()


def _parts(message: Message) -> list[Message]:
    """Return the parts of a form."""
    found = message.get_payload()
    assert isinstance(found, list), "the body is not a form"
    return [part for part in found if isinstance(part, Message)]


@contextmanager
def other_index() -> Iterator[OtherIndex]:
    """Run an index that takes uploads."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said = index.take(self.path, dict(self.headers.items()), body)
            self.close_connection = True
            if said.cuts:
                return
            self.send_response(said.status, said.reason or None)
            for name, value in {**said.fields, "Content-Length": str(len(said.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said.body)

        def log_message(self, format: str, *words: object) -> None:  # noqa: A002 - its name
            del format, words

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    index = OtherIndex(f"http://127.0.0.1:{server.server_port}/legacy/")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield index
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
