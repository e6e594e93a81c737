"""Fetching a published snapshot: kept by its digest, and never used without having it."""

import hashlib
import re
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol

import anyio.to_thread

from wheelyard.errors import Absent, BadInput, Corrupt, Unavailable
from wheelyard.names import Sha256
from wheelyard.publish.snapshot.copying import file_digest
from wheelyard.wire.tree import SNAPSHOT, SNAPSHOT_DIGEST

__all__ = ["PublishedTree", "fetch_snapshot", "parse_digest_line"]

_MAX_DIGEST_BYTES: Final = 4_096
_LEFT_SECONDS: Final = 86_400.0
_LINE: Final = re.compile(r"([0-9a-f]{64}) [ *](\S+)\n?")


class PublishedTree(Protocol):
    """What a snapshot is fetched from; every ``Readable`` is one."""

    @property
    def url(self) -> str:
        """What it is called."""

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object; None if there is none."""

    def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object."""


def parse_digest_line(content: bytes) -> Sha256:
    """Return the digest that a file for ``sha256sum -c`` states.

    Raises:
        BadInput: it states none.
    """
    found = _LINE.fullmatch(content.decode("ascii", "replace"))
    if found is None:
        raise BadInput("it has to be one line: a SHA-256 digest, two spaces, and a name.")
    return Sha256(found[1])


async def fetch_snapshot(tree: PublishedTree, folder: Path) -> Path:
    """Return the snapshot of a published tree, as a file in ``folder``; fetched if it has changed.

    Raises:
        Absent: the tree has none.
        BadInput: what stands beside it is no digest.
        Corrupt: it has not the digest that stands beside it, twice.
        Unavailable: it cannot be had, or not be kept.
    """
    try:
        return await _kept(tree, await _stated(tree), folder)
    except Corrupt:
        # It may have been published anew between the digest and the snapshot.
        return await _kept(tree, await _stated(tree), folder)


async def _stated(tree: PublishedTree) -> Sha256:
    """Return the digest that a tree states for its snapshot."""
    content = await tree.get(SNAPSHOT_DIGEST, _MAX_DIGEST_BYTES)
    if content is None:
        raise Absent("A snapshot", tree.url)
    try:
        return parse_digest_line(content)
    except BadInput as error:
        raise BadInput(f"`{SNAPSHOT_DIGEST}` at {tree.url}: {error}") from error


async def _kept(tree: PublishedTree, digest: Sha256, folder: Path) -> Path:
    """Return the snapshot of that digest: the one that is kept, or a new one."""
    run = anyio.to_thread.run_sync
    kept = folder / f"{digest}.sqlite"
    try:
        if await run(file_digest, kept) == digest:
            return kept
        await run(_make, folder)
        draft = kept.with_name(f".{secrets.token_hex(8)}.new")
        try:
            actual = await _write(tree, draft)
            if actual != digest:
                raise Corrupt("The snapshot", expected=digest, actual=actual, where=tree.url)
            await run(_replace, draft, kept)
        finally:
            with anyio.CancelScope(shield=True):
                await run(_remove, draft)
    except OSError as error:
        reason = error.strerror or "the disk would not"
        raise Unavailable(f"`{folder}`", reason, failing="disk") from error
    return kept


async def _write(tree: PublishedTree, draft: Path) -> Sha256:
    """Write the snapshot into a draft and return its digest."""
    digest = hashlib.sha256()
    async with await anyio.open_file(draft, "xb") as file:
        async for chunk in tree.read(SNAPSHOT):
            digest.update(chunk)
            await file.write(chunk)
    return Sha256(digest.hexdigest())


def _make(folder: Path) -> None:
    """Have a folder, without what processes have left in it that were killed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for draft in folder.glob(".*.new"):
        with suppress(OSError):
            if time.time() - draft.stat().st_mtime > _LEFT_SECONDS:
                draft.unlink()


def _replace(draft: Path, kept: Path) -> None:
    """Keep a new snapshot, and no older one."""
    draft.replace(kept)
    for other in kept.parent.glob("*.sqlite"):
        if other != kept:
            with suppress(OSError):
                other.unlink()


def _remove(draft: Path) -> None:
    draft.unlink(missing_ok=True)
