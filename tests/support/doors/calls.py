"""An index that answers XML-RPC calls about serials, and states none on its pages.

The calls are answered by the standard library, so that what it says is not our own word.
"""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xmlrpc.server import SimpleXMLRPCDispatcher

from support.simulator import Simulator, ask

__all__ = ["speaking_xml_rpc"]

_PASSED_ON = ("Accept", "If-None-Match", "Range")
_PASSED_BACK = ("content-type", "etag", "cache-control", "content-range")
_CREATED_AT = 1_700_000_000


class _Calls(SimpleXMLRPCDispatcher):
    """The methods that mirror programs want, about the contents of a simulator."""

    def __init__(self, index: Simulator) -> None:
        super().__init__(allow_none=True)
        self._index = index
        self.register_function(self.changelog_last_serial)
        self.register_function(self.changelog_since_serial)  # type: ignore[arg-type]  # an int is one
        self.register_function(self.list_packages_with_serial)

    def changelog_last_serial(self) -> int:
        """Return the newest serial."""
        return self._index.state.serial

    def list_packages_with_serial(self) -> dict[str, int]:
        """Return the serial of each project."""
        return {each.name: each.serial for each in self._index.state.projects.values()}

    def changelog_since_serial(self, since: int) -> list[list[object]]:
        """Return each project that changed after a serial."""
        changed = [each for each in self._index.state.projects.values() if each.serial > since]
        return [
            [each.name, None, _CREATED_AT, "add file", each.serial]
            for each in sorted(changed, key=lambda each: each.serial)
        ]


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, index: Simulator) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index
        self.calls = _Calls(index)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        """Answer a call."""
        assert isinstance(self.server, _Server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_call = self.path == "/pypi" and self.headers["Content-Type"] == "text/xml"
        said = self.server.calls._marshaled_dispatch(body.decode()) if is_call else b""
        content = said.encode() if isinstance(said, str) else bytes(said)
        self._send(200 if is_call else 404, {"content-type": "text/xml"}, content)

    def do_GET(self) -> None:
        """Answer what the simulator answers."""
        assert isinstance(self.server, _Server)
        wanted = {name: self.headers[name] for name in _PASSED_ON if name in self.headers}
        reply = ask(f"{self.server.index.base_url}{self.path}", wanted)
        headers = {name: reply.headers[name] for name in _PASSED_BACK if name in reply.headers}
        self._send(reply.status, headers, reply.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's word
        """Say nothing."""

    def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def speaking_xml_rpc(index: Simulator) -> Iterator[str]:
    """Serve what `index` has, whose links have to be relative; yield the address of the list."""
    with _Server(index) as server:
        thread = threading.Thread(target=server.serve_forever, name="calls")
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/simple/"
        finally:
            server.shutdown()
            thread.join()
