"""The JSON API: PyPI's own where the upstream has one, else made from the page.

Source: PyPI's JSON API; pip-tools asks for it below ``/simple/`` when its index URL ends in a
slash, so that address answers too.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import quote, unquote

import anyio.to_thread

from wheelyard.app import HOSTED, Index
from wheelyard.clock import Clock, Instant
from wheelyard.decide.serials import Told
from wheelyard.errors import Absent, BadInput, Corrupt, Unavailable
from wheelyard.model import Project
from wheelyard.names import Filename, ProjectName, parse_project_name
from wheelyard.repository import DocumentWanted, file_path
from wheelyard.repository.keepers import KeptDocument
from wheelyard.repository.own_details import OwnDetails
from wheelyard.server.address import Addresses
from wheelyard.server.cors import CORS
from wheelyard.server.exchange import Exchange
from wheelyard.server.sending import matches
from wheelyard.server.simple import freshness_headers
from wheelyard.wire import json_api
from wheelyard.wire.core_metadata import CoreMetadata, parse_core_metadata

__all__ = ["FoundDocument", "JsonApi"]

_LEAST_SECONDS = 1.0
"""For what is held, however long the page took."""

_UrlFor = Callable[[str, str], str | None]


@dataclass(frozen=True, slots=True)
class FoundDocument:
    """A document of the JSON API, the project that it is about, and the serial that it has."""

    project: Project
    body: bytes
    serial: int | None


@dataclass(frozen=True, slots=True)
class JsonApi:
    """Answers ``/pypi/NAME/json`` and ``/pypi/NAME/VERSION/json`` of one index.

    ``patience_seconds`` is for all of it: page, the upstream's document, and metadata where a
    document has to be made. Beyond the page, what does not come in time is done without.
    """

    index: Index
    addresses: Addresses
    clock: Clock
    patience_seconds: float = 9.0

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``pypi`` in the path."""
        match [unquote(part) for part in parts]:
            case [text, "json"]:
                await self._answer(exchange, text, None)
            case [text, version, "json"]:
                await self._answer(exchange, text, version)
            case [*_, "json", ""]:
                await exchange.redirect("../json")
            case _:
                message = "The JSON API is at `/pypi/NAME/json` and `/pypi/NAME/VERSION/json`."
                raise BadInput(message)

    async def _answer(self, exchange: Exchange, text: str, version: str | None) -> None:
        """Answer with the document of a project, or of one of its versions."""
        name = parse_project_name(text)
        if name != text:
            up, rest = ("../", "json") if version is None else ("../../", f"{quote(version)}/json")
            await exchange.redirect(f"{up}{name}/{rest}")
            return
        found = await self.load(exchange, name, version)
        await _send(exchange, found, self.clock)

    async def load(
        self, exchange: Exchange, name: ProjectName, version: str | None
    ) -> FoundDocument:
        """Return the document of a project, or of one of its versions, for who asks.

        Raises:
            Absent: there is no such release, or nobody may have it, or the reader may not.
            Unavailable: nobody can say.
        """
        exchange.reader.admit(name)
        deadline = anyio.current_time() + self.patience_seconds
        project = await self.index.chain.repository.project(name)
        if project.status.status == "quarantined" or not project.files:
            raise Absent(f"A release of `{name}`")
        if version is not None:
            # Nobody upstream is asked for a version that the page does not know.
            version = json_api.choose_release(project, version).version
        url_for = self._url_for(exchange, project)
        body, serial = await self._document(project, version, url_for, deadline)
        return FoundDocument(project, body, serial)

    def _url_for(self, exchange: Exchange, project: Project) -> _UrlFor:
        """Return what says where a file is for this client; None for files not on the page."""
        base = _files_base(self.index, self.addresses.base_of(exchange.scope))
        listed = {file.filename: file for file in project.files}

        def url_for(filename: str, url: str) -> str | None:
            del url
            file = listed.get(Filename(filename))
            return f"{base}{file_path(project.name, file)}" if file else None

        return url_for

    async def _document(
        self, project: Project, version: str | None, url_for: _UrlFor, deadline: float
    ) -> tuple[bytes, int | None]:
        """Return the upstream's document with our links, else one made from the page."""
        key = project.name if version is None else f"{project.name}/{version}"
        half_seconds = max(_LEAST_SECONDS, deadline - anyio.current_time()) / 2
        try:
            with anyio.fail_after(half_seconds):
                wanted = DocumentWanted("json", key, told=_told(project))
                kept = (await self.index.chain.document(wanted)).value
            _check_serial(kept, project)
            rewritten = await anyio.to_thread.run_sync(
                json_api.rewrite, kept.body, project.name, url_for
            )
        except (Absent, Unavailable, BadInput, TimeoutError):
            metadata: CoreMetadata | None = None
            details: OwnDetails | None = None
            with anyio.move_on_after(half_seconds):
                details = await self.index.chain.own_details(project.name)
                metadata = await self._metadata(project, version, details)
            digests = details.digests if details else {}
            return json_api.build(project, metadata, version, url_for, digests), project.serial
        return rewritten, project.serial if kept.serial is None else kept.serial

    async def _metadata(
        self, project: Project, version: str | None, details: OwnDetails | None
    ) -> CoreMetadata | None:
        """Return the core metadata of the release that the document is about, if it can be had."""
        for file in json_api.choose_release(project, version).files:
            try:
                own = await details.load_metadata(file.filename) if details else None
                if own is not None:
                    return parse_core_metadata(own)
                if file.metadata_sha256 is None:
                    continue
                ref = project.ref(file)
                blob = await self.index.chain.repository.metadata(ref)
                content = b"".join([chunk async for chunk in blob.read()])
                return parse_core_metadata(content)
            except (Absent, Unavailable, Corrupt, BadInput):
                continue
        return None


def _told(project: Project) -> Told | None:
    """Return the serial that a page says its project has."""
    if project.serial is None or project.known is None:
        return None
    return Told(project.serial, Instant(project.known.checked_at))


def _check_serial(kept: KeptDocument, project: Project) -> None:
    """Raise if a document tells less than the page: a mirror program would take it for all.

    Raises:
        Unavailable: it is older.
    """
    if kept.serial is not None and project.serial is not None and kept.serial < project.serial:
        raise Unavailable(
            f"The document of `{project.name}`", "what is held is older than its page"
        )


def _files_base(index: Index, base: str) -> str:
    """Return below which address the files of an index are; ``base`` is that of our root.

    What the main index has of its own is given out by that as well, at the address that mirror
    programs want: bandersnatch takes nothing whose path does not begin with ``/packages``.
    """
    is_hosted, files_url = index.name == HOSTED, index.links.files_url
    if files_url:
        return f"{files_url.removesuffix(f'/{HOSTED}') if is_hosted else files_url}/"
    return base if is_hosted else base + index.prefix


async def _send(exchange: Exchange, found: FoundDocument, clock: Clock) -> None:
    """Send a document, or the news that the client has it."""
    project, body, serial = found.project, found.body, found.serial
    etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    headers = [(b"etag", etag.encode()), *CORS]
    if project.known is not None:
        headers += freshness_headers(project.known, clock.now())
    else:
        headers.append((b"cache-status", b"wheelyard; detail=own"))
    if serial is not None:
        headers.append((b"x-pypi-last-serial", b"%d" % serial))
    if matches(exchange.header(b"if-none-match"), etag):
        await exchange.answer(304, headers)
        return
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await exchange.answer(200, headers, body)
