"""A store that does as it is told: for what a real one does only on a bad day."""

import contextlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["Asked", "StoreStub", "running_stub"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came. Header names are lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class StoreStub:
    """Answers with each of ``statuses`` in turn, and with the last of them from then on."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [200])
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    asked: list[Asked] = field(default_factory=list)

    @property
    def endpoint(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def answer(self, asked: Asked) -> int:
        """Return the status for a request."""
        self.asked.append(asked)
        return self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]


@contextmanager
def running_stub() -> Iterator[StoreStub]:
    """Run a stub for the length of a block."""
    stub = StoreStub()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            with contextlib.suppress(ConnectionError):  # whoever asked may have gone
                self.answer_now()

        def answer_now(self) -> None:
            headers = {name.lower(): text for name, text in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", "0")))
            status = stub.answer(Asked(self.command, self.path, headers, body))
            self.send_response(status)
            for name, text in stub.headers.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(stub.body)))
            self.send_header("Connection", "close")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(stub.body)

        do_GET = do_PUT = do_HEAD = do_POST = do_DELETE = answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as above
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stub.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield stub
        finally:
            server.shutdown()
            thread.join()
