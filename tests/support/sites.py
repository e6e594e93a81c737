"""Sites out of memory that tests stop and start again: a published tree, a server, anything else.

::

    with Site(tree_of([wheel]), prefix="/t") as tree:
        ...  # `tree.url` is its root; `tree.asked` is what was asked for
        tree.stop()
"""

import contextlib
import http.server
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from support.packages import Package
from support.web_servers.web_server import free_port

__all__ = ["READY", "Given", "Site", "file_path", "server_of", "tree_of"]


@dataclass(frozen=True, slots=True)
class Given:
    """One answer."""

    body: bytes = b""
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


READY = Given(b"ready\n", "text/plain; charset=utf-8")
"""What a server answers at `/-/ready`."""


_ABSENT = Given(b"no such thing", status=404)


class Site:
    """Answers what it was given, below `prefix`; everything else is 404. A context manager."""

    def __init__(self, answers: Mapping[str, Given], prefix: str = "") -> None:
        self.answers = {f"{prefix}{path}": answer for path, answer in answers.items()}
        self.asked: list[str] = []
        self.credentials: list[str] = []
        """What was shown with each of them; empty for nothing."""
        self.prefix = prefix
        self._last = ""
        self._ended = False
        self._port = free_port()
        self._server: http.server.ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The root of the site, without a final slash."""
        return f"http://127.0.0.1:{self._port}{self.prefix}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def stop_after(self, path: str) -> None:
        """Listen no more as soon as `path` was answered once."""
        self._last = f"{self.prefix}{path}"

    def is_over(self, path: str) -> bool:
        """Say whether this was the last answer; from then on nobody listens."""
        if path != self._last or self._server is None:
            return False
        self._last = ""
        self._ended = True
        self._server.shutdown()  # or the loop would take the next connection
        self._server.socket.close()
        return True

    def start(self) -> None:
        """Listen, at the same address as ever."""
        if self._ended:
            self.stop()
        if self._server is not None:
            return
        self._server = _Server(("127.0.0.1", self._port), _handler_for(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def stop(self) -> None:
        """Listen no more; does nothing if that is so already."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self._server = self._thread = None
        self._ended = False


class _Server(http.server.ThreadingHTTPServer):
    """Waits for its threads at the end: a test leaves nothing behind."""

    daemon_threads = False
    allow_reuse_address = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: clients go as they please."""


def _handler_for(site: Site) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        timeout = 10

        def _answer(self) -> None:
            with contextlib.suppress(ConnectionError):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
            site.asked.append(f"{self.command} {self.path}")
            site.credentials.append(self.headers.get("Authorization", ""))
            path = self.path.partition("?")[0]
            if site.is_over(path):
                self.close_connection = True
            found = site.answers.get(path, _ABSENT)
            self.send_response(found.status)
            fields = {"Content-Type": found.content_type, **found.headers}
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(found.body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(found.body)

        do_GET = do_HEAD = do_POST = do_PUT = _answer  # noqa: N815 - the library's names

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - as above
            """Say nothing: the test looks at `asked`."""

    return Handler


def file_path(package: Package) -> str:
    """Return where a file of a project is."""
    digest = package.sha256
    return f"/packages/{digest[:2]}/{digest[2:4]}/{digest[4:]}/{package.filename}"


def pages_of(packages: Iterable[Package]) -> dict[str, Given]:
    """Return pages with relative links, and the files that they link to."""
    answers: dict[str, Given] = {}
    lines: dict[str, list[str]] = {}
    for package in packages:
        name = package.name.lower().replace(".", "-").replace("_", "-")
        link = f"../..{file_path(package)}#sha256={package.sha256}"
        lines.setdefault(name, []).append(f'<a href="{link}">{package.filename}</a>')
        answers[file_path(package)] = Given(package.content, "application/octet-stream")
    for name, links in lines.items():
        page = "<!DOCTYPE html><html><body>" + "<br>".join(links) + "</body></html>"
        answers[f"/simple/{name}/"] = Given(page.encode())
    return answers


def tree_of(packages: Iterable[Package] = (), index: str = "main") -> dict[str, Given]:
    """Return a published tree."""
    info = {
        "format": 1,
        "tree": "0123456789abcdef0123456789abcdef",
        "index": index,
        "instance": "fedcba9876543210fedcba9876543210",
        "serial": 1,
        "created": "2026-11-01T00:00:00Z",
        "has_views": False,
        "projects": 1,
        "files": 1,
    }
    described = Given(json.dumps(info).encode(), "application/json")
    return {**pages_of(packages), "/wheelyard.json": described}


def server_of(packages: Iterable[Package] = ()) -> dict[str, Given]:
    """Return a server, as far as a redirector can tell."""
    return {**pages_of(packages), "/-/ready": READY}
