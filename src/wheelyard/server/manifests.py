"""Manifests over HTTP: the latest one of an index that everybody may read."""

import hashlib
import os
from pathlib import Path

import anyio.to_thread

from wheelyard.app import App
from wheelyard.app.manifests import manifest_path
from wheelyard.blobs import HeldBlob
from wheelyard.errors import Absent, BadInput
from wheelyard.names import MAIN, IndexName, Sha256
from wheelyard.server.exchange import Exchange
from wheelyard.server.readers import rules_of
from wheelyard.server.sending import BlobHeaders, send_blob
from wheelyard.wire.manifest import MAX_HEAD_BYTES, parse_start

__all__ = ["send_manifest"]

_HEADERS = BlobHeaders(
    content_type=b"text/plain; charset=utf-8",
    cache_control=b"no-cache",
    extra=((b"cache-status", b"wheelyard; detail=own"),),
)


async def send_manifest(app: App, exchange: Exchange, name: str = MAIN) -> None:
    """Answer with the latest manifest of an index.

    Raises:
        Absent: there is no such index, or none that everybody may read, or no manifest of it. A
            manifest lists every project, so that of an index for members is given to nobody here.
    """
    what = f"A manifest of the index `{name[:80]}`"
    index = app.indexes.get(IndexName(name))
    if index is None or rules_of(index).read != "anyone":
        raise Absent(what)
    path = manifest_path(app.directory.path, IndexName(name))
    try:
        blob = await anyio.to_thread.run_sync(_blob_of, path, app)
    except (OSError, BadInput) as error:
        raise Absent(f"{what} (`wheelyard manifest create` makes one)") from error
    await send_blob(exchange, blob, _HEADERS)


def _blob_of(path: Path, app: App) -> HeldBlob:
    """Return the manifest at ``path``; its first lines have the digest of the rest."""
    with path.open("rb") as file:
        start = parse_start(file.read(MAX_HEAD_BYTES))
        size = os.fstat(file.fileno()).st_size
    digest = hashlib.sha256(start.signed + start.signature).hexdigest()
    return HeldBlob(Sha256(digest), size, path, app.fills.parts.disk)
