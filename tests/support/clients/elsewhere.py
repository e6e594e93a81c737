"""A proxy to everywhere else, which lets nobody through and remembers who wanted what.

A client in a sandbox is told to use it for every host but this machine. All clients obey that, so
one that looks for news, for a tool or for a package anywhere else leaves its trace here::

    with Elsewhere() as elsewhere:
        Pip(PIP_26, Sandbox(folder, proxy=elsewhere.url)).install(...)
    assert elsewhere.asked == []
"""

import socketserver
import threading
from types import TracebackType
from typing import Self

__all__ = ["Elsewhere"]

_ANSWER = b"HTTP/1.1 403 Elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PATIENCE_SECONDS = 180.0


class Elsewhere:
    """A listening proxy, for the length of a `with` block."""

    def __init__(self) -> None:
        self._asked: list[str] = []
        self._server = _Server(self._asked)
        self._thread = threading.Thread(target=self._server.serve_forever, name="elsewhere")

    @property
    def url(self) -> str:
        """Return the address for `http_proxy` and `https_proxy`."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        """Return the first line of each request, oldest first, such as `CONNECT host:443 ...`."""
        return list(self._asked)

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


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, asked: list[str]) -> None:
        super().__init__(("127.0.0.1", 0), _Refusal)
        self.asked = asked


class _Refusal(socketserver.StreamRequestHandler):
    timeout = _PATIENCE_SECONDS

    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        if line := self.rfile.readline():
            self.server.asked.append(line.decode("latin-1").rstrip())
            self.wfile.write(_ANSWER)
