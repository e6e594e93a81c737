"""A client for doors that are directories: it answers as an index over HTTP would.

Pages that somebody has written are passed on; where there are none they are made of the archives
that lie there, with their digests. What such a directory cannot say for certain it does not say:
without the directory itself (a disk that is not mounted), or while it cannot be read, nothing is
absent. Source: PEP 503 for the layout.
"""

import posixpath
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote, unquote, urlsplit

from wheelyard.clock import Clock
from wheelyard.errors import BadInput, Refused
from wheelyard.model import File, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName, parse_filename
from wheelyard.settings import directory_of
from wheelyard.transport.base import Document, Fault, Reply, Request
from wheelyard.transport.disk_calls import DiskCalls
from wheelyard.transport.faults import unavailable
from wheelyard.transport.headers import range_header
from wheelyard.transport.local_file import LocalFile, LocalFiles
from wheelyard.transport.tree import FoundDocument, FoundPage, Tree
from wheelyard.transport.urls import display_url
from wheelyard.wire.ranges import Range, Unsatisfiable, parse_range
from wheelyard.wire.simple_html import render_project, render_project_list

__all__ = ["DirectoryClient", "DirectoryRules"]

_HTML: Final = "text/html; charset=utf-8"
_ROOT_NAME: Final = "simple"


@dataclass(frozen=True, slots=True)
class DirectoryRules:
    """Which directory it is, and how long its disk may take for one call.

    ``origin`` is the address of the index. Files of a mirror lie beside its ``simple`` directory,
    so an address that ends in ``/simple/`` means the directory above.
    """

    origin: str
    seconds: float = 5.0
    document_bytes: int = 64 * 1024 * 1024

    @property
    def root(self) -> Path:
        """The directory that is never left."""
        path = directory_of(self.origin)
        return path.parent if path.name == _ROOT_NAME else path


class DirectoryClient:
    """A ``Client`` over a directory; use it as a context manager, which ends its threads."""

    def __init__(self, rules: DirectoryRules, clock: Clock) -> None:
        """Read nothing yet."""
        self._rules = rules
        self._root = str(rules.root).rstrip("/")
        self._calls = DiskCalls(rules.seconds)
        self._tree = Tree(rules.root, clock)
        self._files = LocalFiles(self._tree, self._calls, clock)

    async def __aenter__(self) -> Self:
        """Open nothing: the directory may come later."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the threads."""
        self._calls.close()

    async def load(self, request: Request) -> Document:
        """Return a page, or a small file, as it is now."""
        path, is_page = self._parse(request.url)
        try:
            if is_page:
                body, content_type = await self._page(path, request)
            else:
                body, content_type = await self._content(path, request), "application/octet-stream"
        except FileNotFoundError:
            await self._check(request)
            return Document(HTTPStatus.NOT_FOUND, request.url, {})
        etag = f'"{sha256(body).hexdigest()[:32]}"'
        headers = {"etag": etag, "content-type": content_type}
        if request.etag == etag:
            return Document(HTTPStatus.NOT_MODIFIED, request.url, headers)
        return Document(HTTPStatus.OK, request.url, headers, body)

    def open(self, request: Request) -> AbstractAsyncContextManager[Reply]:
        """Open a file; the body must be read inside the context."""
        return self._open(request)

    @asynccontextmanager
    async def _open(self, request: Request) -> AsyncIterator[Reply]:
        """Keep the file open while the caller reads."""
        path, _ = self._parse(request.url)
        try:
            file = await self._files.open(path, _what(request))
        except FileNotFoundError:
            await self._check(request)
            yield Reply(HTTPStatus.NOT_FOUND, request.url, {}, _nothing())
            return
        try:
            _check_size(file, request, request.max_bytes)
            yield _reply(file, request)
        finally:
            file.handle.close()

    async def _check(self, request: Request) -> None:
        """Raise unless the directory is in a state to say that something is not in it."""
        await self._calls.run(_what(request), self._tree.check)

    async def _page(self, path: str, request: Request) -> tuple[bytes, str]:
        """Return the page at ``path`` and its content type.

        Raises:
            FileNotFoundError: there is none.
        """
        found = await self._calls.run(_what(request), self._tree.find, path)
        if found is None:
            raise FileNotFoundError(path)
        if isinstance(found, FoundDocument):
            return await self._content(found.path, request), found.content_type
        if isinstance(found, FoundPage):
            files = [await self._listed(each) for each in found.paths]
            known = tuple(file for file in files if file is not None)
            if not known:
                raise FileNotFoundError(path)
            return render_project(Project(found.project, known), _Links()), _HTML
        entries = tuple(ProjectEntry(name) for name in found.names)
        return render_project_list(ProjectList(entries)), _HTML

    async def _listed(self, path: str) -> File | None:
        """Return the file at ``path`` as a page lists it; None if it is none to be given out."""
        try:
            filename = parse_filename(posixpath.basename(path))
            file = await self._files.open(path, f"`{filename}`")
        except (BadInput, Refused, FileNotFoundError):
            return None
        try:
            digest = await self._files.digest(file)
        finally:
            file.handle.close()
        url = f"file://{quote(f'{self._root}/{path}')}"
        return File(filename, url, hashes=(("sha256", digest),), size=file.size)

    async def _content(self, path: str, request: Request) -> bytes:
        """Return all of the file at ``path``, within the limit of a document."""
        file = await self._files.open(path, _what(request))
        try:
            limit = request.max_bytes
            _check_size(file, request, self._rules.document_bytes if limit is None else limit)
            return await file.read()
        finally:
            file.handle.close()

    def _parse(self, url: str) -> tuple[str, bool]:
        """Return the path beneath the directory that ``url`` means, and whether it is a page's.

        Raises:
            Refused: it is outside of the directory.
        """
        parts = urlsplit(url)
        path = unquote(parts.path)
        whole = "/" + posixpath.normpath(path).lstrip("/")
        inside = whole == self._root or whole.startswith(f"{self._root}/")
        if parts.scheme != "file" or parts.netloc or not inside or "\0" in path:
            reason = f"the door is the directory `{self._root}`, and gives only what is in it"
            raise Refused(f"`{display_url(url)}`", reason)
        return whole[len(self._root) :].strip("/"), path.endswith("/")


class _Links:
    """Links of a page that is made here: files where they lie, and nothing else."""

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return where ``file`` lies."""
        del project
        return file.url

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return None: nobody has looked for any."""
        del project, file
        return None


def _what(request: Request) -> str:
    """Return how sentences name what was asked for."""
    return f"`{display_url(request.url)}`"


def _check_size(file: LocalFile, request: Request, limit: int | None) -> None:
    """Raise if a file is larger than the request allows."""
    if limit is not None and file.size > limit:
        detail = f"it has {file.size} bytes, more than {limit}"
        raise unavailable(request.url, Fault.TOO_LARGE, detail)


def _reply(file: LocalFile, request: Request) -> Reply:
    """Return the part of ``file`` that was asked for. Source: RFC 9110, 13.1.5 and 14.4."""
    holds = request.if_range is None or request.if_range == file.etag
    header = range_header(request) if holds else None
    part = parse_range(header, file.size) if header else None
    headers = {"etag": file.etag, "content-type": "application/octet-stream"}
    if isinstance(part, Unsatisfiable):
        headers["content-range"] = part.content_range(file.size)
        status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        return Reply(status, request.url, headers, _nothing())
    if isinstance(part, Range):
        headers["content-range"] = part.content_range(file.size)
        headers["content-length"] = str(part.stop - part.start)
        chunks = file.chunks(part.start, part.stop)
        return Reply(HTTPStatus.PARTIAL_CONTENT, request.url, headers, chunks)
    headers["content-length"] = str(file.size)
    return Reply(HTTPStatus.OK, request.url, headers, file.chunks(0, file.size))


async def _nothing() -> AsyncIterator[bytes]:
    """Yield no bytes."""
    return
    yield b""
