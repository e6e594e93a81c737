"""An index as large as PyPI that is made up while it is asked: list and pages, no files.

Run as `python -m bench.simulated_index PORT PROJECTS EVERY`. Every EVERYth project has been
released once more than at first; 0 stands for none of them.
"""

import asyncio
import sys
from typing import cast

import uvloop

from bench.synthetic import SyntheticProject

__all__ = ["SimulatedIndex"]

_TYPE = b"Content-Type: application/vnd.pypi.simple.v1+json\r\n"


class SimulatedIndex:
    """What is answered, by path."""

    def __init__(self, base_url: str, projects: int, every: int) -> None:
        self._base_url = base_url
        self._projects = projects
        self._every = every
        self._list = self._render_list()

    def answer(self, path: str) -> bytes | None:
        """Return the body for `path`; None if there is nothing."""
        if path == "/simple/":
            return self._list
        number = path.removeprefix("/simple/bench-project-").removesuffix("/")
        if not number.isdigit() or int(number) >= self._projects:
            return None
        return self._project(int(number)).page(self._base_url)

    def _project(self, number: int) -> SyntheticProject:
        is_changed = bool(self._every) and number % self._every == 0
        return SyntheticProject(number, int(is_changed))

    def _render_list(self) -> bytes:
        projects = (self._project(number) for number in range(self._projects))
        lines = [f'{{"_last-serial":{each.serial},"name":"{each.name}"}}' for each in projects]
        last = 20_000_000 if self._every else 10_000_000
        meta = f'{{"meta":{{"_last-serial":{last},"api-version":"1.1"}},"projects":['
        return f"{meta}{','.join(lines)}]}}".encode()


class _Connection(asyncio.Protocol):
    """One connection; requests have no body, and come one after the other."""

    def __init__(self, index: SimulatedIndex) -> None:
        self._index = index
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep it."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer what is whole."""
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
            body = self._index.answer(head.split(b" ", 2)[1].decode("ascii"))
            status = b"404 Not Found" if body is None else b"200 OK"
            length = f"Content-Length: {len(body or b'')}\r\n".encode()
            self._transport.write(b"HTTP/1.1 " + status + b"\r\n" + _TYPE + length + b"\r\n")
            self._transport.write(body or b"")


async def _serve(port: int, projects: int, every: int) -> None:
    index = SimulatedIndex(f"http://127.0.0.1:{port}", projects, every)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(index), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(*map(int, sys.argv[1:])))
