"""Views, served to a resolver on this machine for as long as it runs.

Just enough of HTTP/1.1 for one client that we start ourselves: GET, answers with a length, one
after the other on a connection. The address has a secret in it, so that nobody else on this
machine reads pages here that he might not read elsewhere.
Source: RFC 9112; PEP 691 (pages), PEP 658 (metadata).
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, unquote

import anyio
import msgspec
from anyio.abc import ByteStream, SocketAttribute, SocketStream
from anyio.streams.buffered import BufferedByteReceiveStream

from wheelyard.closure.view import View
from wheelyard.errors import WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import ProjectName, parse_project_name

__all__ = ["Views", "serving_views"]

MAX_HEADER_BYTES: Final = 64 * 1024
_PAGE: Final = "application/vnd.pypi.simple.v1+json"
_BYTES: Final = "application/octet-stream"


@dataclass(slots=True)
class Views:
    """The views that are served, by number."""

    base_url: str
    _views: list[View] = field(default_factory=list)

    def url_of(self, view: View) -> str:
        """Serve a view, from now on; return the address of its index."""
        self._views.append(view)
        return f"{self.base_url}{len(self._views) - 1}/simple/"

    async def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body for what is asked below the address."""
        number, kind, *rest = [*map(unquote, path.split("/")), "", ""]
        if not number.isdecimal() or int(number) >= len(self._views):
            return 404, _BYTES, b""
        view = self._views[int(number)]
        try:
            name = parse_project_name(rest[0])
            found = await self._find(view, kind, name, rest[1])
        except WheelyardError as error:
            return 502, "text/plain; charset=utf-8", str(error).encode()
        return (200, *found) if found else (404, _BYTES, b"")

    async def _find(
        self, view: View, kind: str, name: ProjectName, filename: str
    ) -> tuple[str, bytes] | None:
        """Return content type and body of what is there."""
        if kind == "simple":
            page = await view.page(name)
            return None if page is None else (_PAGE, _render(page))
        if kind == "files" and filename.endswith(".metadata"):
            metadata = await view.metadata(name, filename.removesuffix(".metadata"))
            return None if metadata is None else (_BYTES, metadata)
        return None


@asynccontextmanager
async def serving_views() -> AsyncIterator[Views]:
    """Serve views on a free port of this machine."""
    secret = secrets.token_urlsafe(24)
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1", local_port=0)
    port = listener.extra(SocketAttribute.local_port)  # noqa: S610  # anyio's, not Django's
    views = Views(f"http://127.0.0.1:{port}/{secret}/")

    async def handle(stream: SocketStream) -> None:
        async with stream:
            await _converse(stream, views, f"/{secret}/")

    failure: WheelyardError | None = None
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        try:
            yield views
        except WheelyardError as error:
            failure = error  # a group of tasks would wrap it
        group.cancel_scope.cancel()
    if failure:
        raise failure


def _render(page: Project) -> bytes:
    """Return a page in the JSON form, with what a resolver reads of it.

    Not the form of our own pages: those advertise only metadata whose digest is known.
    """
    meta = {"api-version": "1.0"}
    files = [_rendered_file(page, file) for file in page.files]
    return msgspec.json.encode({"meta": meta, "name": page.name, "files": files})


def _rendered_file(page: Project, file: File) -> dict[str, object]:
    """Return the entry of one file."""
    return {
        "filename": file.filename,
        "url": f"../../files/{page.name}/{quote(file.filename)}",
        "hashes": {},
        "core-metadata": True,
        "requires-python": file.requires_python,
        "yanked": file.yanked,
    }


async def _converse(stream: ByteStream, views: Views, prefix: str) -> None:
    """Answer one question after the other, until the other side has no more."""
    received = BufferedByteReceiveStream(stream)
    try:
        while True:
            head = await received.receive_until(b"\r\n\r\n", MAX_HEADER_BYTES)
            method, _, rest = head.decode("latin-1").partition(" ")
            path = rest.partition(" ")[0].partition("?")[0]
            status, kind, body = 404, _BYTES, b""
            if method in {"GET", "HEAD"} and path.startswith(prefix):
                status, kind, body = await views.answer(path.removeprefix(prefix))
            header = (
                f"HTTP/1.1 {status} {'OK' if status == 200 else 'No'}\r\n"  # noqa: PLR2004  # OK
                f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                "Cache-Control: max-age=600\r\n\r\n"
            )
            await stream.send(header.encode("ascii") + (b"" if method == "HEAD" else body))
    except (anyio.IncompleteRead, anyio.DelimiterNotFound, anyio.EndOfStream):
        return
    except (anyio.BrokenResourceError, anyio.ClosedResourceError):
        return
