"""A receiver of webhooks, over real HTTP: keeps what it takes, and may be unwilling."""

import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["SECRET", "News", "Receiver", "receiving"]

SECRET = "key-0815"

News = Mapping[str, Any]


@dataclass(slots=True)
class Receiver:
    """What came, and how to answer. ``release`` lets go of requests that are held."""

    status: int = 204
    location: str = ""
    body: bytes = b""
    is_slow: bool = False
    release: threading.Event = field(default_factory=threading.Event)
    attempts: int = 0
    news: list[News] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    unsigned: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        """Where it is; the path is its secret."""
        return f"http://127.0.0.1:{self.port}/services/{SECRET}"

    @property
    def events(self) -> list[str]:
        """The kinds of news that were taken, in order."""
        return [each["event"] for each in self.news]

    def take(self, path: str, body: bytes, fields: Mapping[str, str]) -> None:
        """Note a request."""
        self.attempts += 1
        digest = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        self.unsigned += fields.get("X-Hub-Signature-256") != f"sha256={digest}"
        self.paths.append(path)
        if self.is_slow:
            self.release.wait(600)
        if self.status < 300:
            self.news.append(json.loads(body))


@contextmanager
def receiving(port: int = 0) -> Iterator[Receiver]:
    """Run a receiver for the length of a ``with`` block."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.take(self.path, body, dict(self.headers.items()))
            try:
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("Location", receiver.location)
                self.send_header("Content-Length", str(len(receiver.body)))
                self.end_headers()
                self.wfile.write(receiver.body)
            except OSError:  # who has heard enough may leave
                return

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.release.set()
        server.shutdown()
        server.server_close()
        thread.join(180)
