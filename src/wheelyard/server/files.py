"""Files, their metadata and their provenance.

Source: PEP 503 (files), PEP 658 and 714 (``.metadata``), PEP 740 (provenance).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import blake2b
from urllib.parse import unquote

import anyio

from wheelyard.app import Index
from wheelyard.blobs import Blob, for_client, has_path, is_arriving
from wheelyard.clock import Clock
from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.model import FileRef
from wheelyard.monitor import Counters
from wheelyard.names import (
    Filename,
    ProjectName,
    Sha256,
    filename_version,
    parse_filename,
    parse_project_name,
)
from wheelyard.repository import Answered, KeptDocument
from wheelyard.server.exchange import Exchange
from wheelyard.server.sending import BlobHeaders, matches, send_blob
from wheelyard.server.simple import freshness_headers
from wheelyard.stats import Tally

__all__ = ["Files", "Provenance"]

_METADATA = ".metadata"
_FILE = BlobHeaders(
    content_type=b"application/octet-stream",
    cache_control=b"max-age=365000000, immutable, public",
)
_METADATA_FILE = BlobHeaders(
    content_type=b"text/plain; charset=utf-8",
    cache_control=b"max-age=365000000, immutable, public",
    extra=((b"cache-status", b"wheelyard; detail=held"),),
)
_HIT = replace(_FILE, extra=((b"cache-status", b"wheelyard; hit"),))
_MISS = replace(_FILE, extra=((b"cache-status", b"wheelyard; fwd=miss; stored"),))


def _forget(_: Sha256 | None) -> None:
    """Do nothing: nobody notes what is used."""


@dataclass(frozen=True, slots=True)
class Files:
    """Answers ``/packages/...`` of one index.

    ``patience_seconds`` is for everything up to the first byte: installers wait 15 for that, and
    one that is told 503 asks again. What was begun goes on behind, and is there the next time.
    Downloads are counted in ``tally``, if there is one: each once, in however many parts.
    ``note_use`` hears of every file that is asked for, whole or in part or only whether it is here.
    """

    index: Index
    clock: Clock
    counters: Counters
    patience_seconds: float
    tally: Tally | None = None
    note_use: Callable[[Sha256 | None], None] = _forget

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``packages`` in the path."""
        path = "/".join(["packages", *parts])
        with anyio.move_on_after(self.patience_seconds) as waiting:
            plain, now = path.removesuffix(_METADATA), self.clock.now()
            ref = await self.index.chain.locator.find(plain, now, exchange.reader.may_read)
            self.note_use(ref.file.sha256)
            blob, headers = await self._found(exchange, ref, is_metadata=path.endswith(_METADATA))
        if waiting.cancelled_caught:
            reason = f"its first byte took longer than {self.patience_seconds:g} s"
            raise Unavailable(f"`{path.rpartition('/')[2][:200]}`", reason)
        if blob is None:
            await self._head(exchange, ref)
            return
        left_seconds = round(max(0.1, waiting.deadline - anyio.current_time()), 1)
        headers = replace(headers, patience_seconds=left_seconds)
        began = await send_blob(exchange, blob, headers)
        if began and plain == path and self.tally is not None:
            agent = exchange.header(b"user-agent") or ""
            self.tally.count(self.index.name, ref.project, ref.file.filename, agent)

    async def _found(
        self, exchange: Exchange, ref: FileRef, *, is_metadata: bool
    ) -> tuple[Blob | None, BlobHeaders]:
        """Return what is asked for, begun; None if the page alone can answer."""
        if is_metadata:
            return await self.index.chain.repository.metadata(ref), _METADATA_FILE
        if exchange.is_head and ref.file.size is not None:
            return None, _FILE
        try:
            blob = for_client(await self.index.chain.repository.file(ref))
            is_hit = has_path(blob)
            self.counters.count_cache("file", "hit" if is_hit else "miss")
            if is_arriving(blob) and blob.sha256 is None:
                # Until its first byte is here an error is still a status.
                await blob.started()
        except Absent:
            raise await self.index.chain.missing(ref) from None
        return blob, _HIT if is_hit else _MISS

    async def _head(self, exchange: Exchange, ref: FileRef) -> None:
        """Answer HEAD from the page alone: nobody downloads a file to tell its length."""
        headers = [
            (b"content-type", _FILE.content_type),
            (b"content-length", b"%d" % (ref.file.size or 0)),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", _FILE.cache_control),
            (b"cache-status", b"wheelyard; detail=page"),
        ]
        if ref.file.sha256:
            etag = f'"{ref.file.sha256}"'
            headers.append((b"etag", etag.encode()))
            if matches(exchange.header(b"if-none-match"), etag):
                await exchange.answer(304, headers[2:])
                return
        await exchange.answer(200, headers)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Answers ``/integrity/NAME/VERSION/FILE/provenance`` of one index.

    ``patience_seconds`` is for the page that names the object and the object together.
    """

    index: Index
    clock: Clock
    patience_seconds: float

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer with the object that the upstream has; kept, and stale in an outage."""
        match [unquote(part) for part in parts]:
            case [name, version, filename, "provenance"]:
                project, file = parse_project_name(name), parse_filename(filename)
                exchange.reader.admit(project)
                if filename_version(file, project) != version:
                    raise Absent(f"The provenance of `{file}` in version `{version[:80]}`")
                answered = await self._found(project, file)
            case _:
                message = "Provenance is at `/integrity/NAME/VERSION/FILE/provenance`."
                raise BadInput(message)
        body = answered.value.body
        etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        headers = [
            (b"etag", etag.encode()),
            *freshness_headers(answered.known, self.clock.now()),
        ]
        if matches(exchange.header(b"if-none-match"), etag):
            await exchange.answer(304, headers)
            return
        headers += [
            (b"content-type", b"application/vnd.pypi.integrity.v1+json"),
            (b"content-length", b"%d" % len(body)),
        ]
        await exchange.answer(200, headers, body)

    async def _found(self, project: ProjectName, file: Filename) -> Answered[KeptDocument]:
        """Return the object of a file, in time.

        Raises:
            Absent: the file has none.
            Unavailable: it cannot be had, or not in time.
        """
        with anyio.move_on_after(self.patience_seconds):
            return await self.index.chain.provenance(project, file)
        reason = f"it took longer than {self.patience_seconds:g} s"
        raise Unavailable(f"The provenance of `{file}`", reason)
