"""Opening a published tree: what it is, whether its manifest counts, and whose its projects are."""

import hashlib
import os
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from wheelyard.access.signing_key import PublicKey
from wheelyard.clock import Instant
from wheelyard.errors import Absent, BadInput, Corrupt
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.publish.restoring.plan import ListedPage, plan_pages
from wheelyard.publish.targets import Readable
from wheelyard.publish.trust import Seen, Trust, open_manifest
from wheelyard.wire.manifest import (
    MAX_HEAD_BYTES,
    MAX_LINE_BYTES,
    Entry,
    Head,
    parse_entry,
    parse_start,
)
from wheelyard.wire.tree import (
    CURRENT,
    INFO,
    MANIFEST,
    PROJECTS,
    TreeInfo,
    TreeProject,
    parse_tree_info,
    view_path,
)

__all__ = ["Opened", "Trusted", "open_published"]

_LARGEST_INFO: Final = 64 * 1024
_LARGEST_PROJECTS: Final = 256 * 1024**2
_LARGEST_MANIFEST: Final = 16 * 1024**3
_READ_BYTES: Final = 1024**2
_GZIP_BITS: Final = 31


@dataclass(frozen=True, slots=True)
class Trusted:
    """Whose signature of a manifest counts, at which moment; ``seen`` are older ones.

    With ``allows_expired`` it counts after its time, too: what was published later is missing.
    """

    keys: Mapping[str, PublicKey]
    seen: Seen
    now: Instant
    allows_expired: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A tree that can be restored. ``hosted`` are the names that were the index's own.

    ``prefix`` is where the view that counts is; ``is_signed`` says that somebody we trust signed
    the manifest.
    """

    tree: Readable
    info: TreeInfo
    head: Head
    hosted: frozenset[ProjectName]
    manifest: Trust
    prefix: str = ""
    is_signed: bool = False

    def place(self, path: str) -> str:
        """Return where ``path`` of the view is that counts."""
        return f"{self.prefix}{path}"

    def pages(self) -> Iterator[ListedPage]:
        """Yield each page of the manifest with its files. Blocks.

        Raises:
            BadInput: the manifest is not put together as one of an index is.
        """
        return plan_pages(self.manifest.entries())


async def open_published(tree: Readable, scratch: Path, trusted: Trusted | None) -> Opened:
    """Open ``tree``; its manifest is kept in the folder ``scratch`` meanwhile.

    Raises:
        BadInput: it is no tree, or one of another version.
        Corrupt: its manifest does not count, or is not whole.
        Unavailable: it cannot be read.
    """
    prefix, info = await _info(tree)
    path = scratch / "manifest"
    await _fetch(tree, f"{prefix}{MANIFEST}", path)
    manifest = await anyio.to_thread.run_sync(_believed, path, trusted)
    head = manifest.head
    if manifest.problem:
        what = f"The manifest of `{tree.url}`"
        raise Corrupt(what, expected="one that counts", actual=manifest.problem)
    if head.index != info.index:
        told = f"one of `{head.index[:80]!a}`"
        raise Corrupt(
            f"The manifest of `{tree.url}`", expected=f"one of `{info.index}`", actual=told
        )
    hosted = await _hosted(tree, f"{prefix}{PROJECTS}", path)
    return Opened(tree, info, head, hosted, manifest, prefix, is_signed=trusted is not None)


async def _info(tree: Readable) -> tuple[str, TreeInfo]:
    """Return where the view that counts is, and what the tree says of itself.

    The view is looked for first: who reads it by its own name has one view to the end, even if
    another one is published meanwhile.
    """
    for prefix in await _prefixes(tree):
        content = await tree.get(f"{prefix}{INFO}", _LARGEST_INFO)
        if content is not None:
            return prefix, parse_tree_info(content)
    raise BadInput(
        f"`{tree.url}` is no published tree: there is no `{INFO}`. It is the directory or address "
        "that was given to `wheelyard publish`."
    )


async def _prefixes(tree: Readable) -> tuple[str, ...]:
    """Return where `INFO` may be: in the view that counts, or at the top."""
    try:
        content = await tree.get(CURRENT, _LARGEST_INFO)
    except (BadInput, Absent):
        content = None
    if content is not None and content.strip() == b"a":
        return (view_path("a", ""), "")
    if content is not None and content.strip() == b"b":
        return (view_path("b", ""), "")
    return ("",)


async def _fetch(tree: Readable, path: str, place: Path) -> None:
    """Write an object of the tree to the file ``place``."""
    size = 0
    try:
        async with await anyio.open_file(place, "wb") as file:
            async for chunk in tree.read(path):
                size += len(chunk)
                if size > _LARGEST_MANIFEST:
                    raise BadInput(f"`{path}` of `{tree.url}` is too long.")
                await file.write(chunk)
    except Absent as error:
        raise BadInput(
            f"`{tree.url}` has no `{path}`, so nothing says whether it is whole: publish it with "
            "`[publish.INDEX] manifest_days` above 0, or name the tree itself and not a part of it."
        ) from error


def _believed(path: Path, trusted: Trusted | None) -> Trust:
    """Return the manifest at ``path``, and whether it counts; touches the disk."""
    if trusted is not None:
        now = trusted.now
        if trusted.allows_expired:
            with path.open("rb") as file:
                now = min(now, parse_start(file.read(MAX_HEAD_BYTES)).head.created_at)
        return open_manifest(path, trusted.keys, trusted.seen, Instant(now))
    with path.open("rb") as file:
        start = parse_start(file.read(MAX_HEAD_BYTES))
        file.seek(start.size)
        digest, size = hashlib.sha256(), 0
        while chunk := file.read(_READ_BYTES):
            digest.update(chunk)
            size += len(chunk)
    is_whole = (digest.hexdigest(), size) == (start.head.listing_sha256, start.head.listing_bytes)
    return Trust(path, start.head, start, "" if is_whole else "it is not whole")


async def _hosted(tree: Readable, path: str, manifest: Path) -> frozenset[ProjectName]:
    """Return the names that were the index's own.

    Raises:
        BadInput: nothing says so, or not in a way that can be read.
        Corrupt: what says so is not what the manifest lists.
    """
    content = await tree.get(path, _LARGEST_PROJECTS)
    if content is None:
        raise BadInput(f"`{tree.url}` has no `{path}`, so nothing says whose its projects are.")
    hosted = await anyio.to_thread.run_sync(_parse_hosted, content)
    listed = await anyio.to_thread.run_sync(_last_entry, manifest)
    if listed is None or listed.path != PROJECTS:
        raise BadInput(
            f"The manifest of `{tree.url}` does not list `{PROJECTS}`, so nothing vouches for "
            "whose its projects are: publish it again."
        )
    if hashlib.sha256(content).hexdigest() != listed.sha256:
        told = "what the manifest says"
        raise Corrupt(f"`{path}` of `{tree.url}`", expected=told, actual="something else")
    return hosted


def _last_entry(manifest: Path) -> Entry | None:
    """Return the last entry of the manifest; None without any. Touches the disk."""
    with manifest.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - MAX_LINE_BYTES))
        lines = file.read().splitlines(keepends=True)
    try:
        return parse_entry(lines[-1]) if lines else None
    except BadInput:
        return None


def _parse_hosted(content: bytes) -> frozenset[ProjectName]:
    """Return the names in the lines that say `hosted`.

    Raises:
        BadInput: it cannot be read, or is longer than any index is.
    """
    unzip = zlib.decompressobj(_GZIP_BITS)
    try:
        text = unzip.decompress(content, _LARGEST_PROJECTS)
    except zlib.error as error:
        raise BadInput(f"`{PROJECTS}` cannot be read: {error}.") from error
    if not unzip.eof:
        raise BadInput(f"`{PROJECTS}` is not whole, or too long.")
    decoder = msgspec.json.Decoder(TreeProject)
    try:
        rows = [decoder.decode(line) for line in text.splitlines() if line]
    except msgspec.DecodeError as error:
        raise BadInput(f"`{PROJECTS}` cannot be read: {error}.") from error
    return frozenset(parse_project_name(row.name) for row in rows if row.hosted)
