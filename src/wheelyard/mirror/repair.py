"""Repair: put away what is wrong in the store, and have it fetched anew.

Fetching is what any client would cause: through the chain of the index, with its doors, its
ledger and its locks. So a repair beside a running server is one more client.
"""

from dataclasses import dataclass
from pathlib import Path

import msgspec

from wheelyard.blobs import DiskThreads, LocalBlobs, read_whole, reading
from wheelyard.catalog import Catalog, HeldRow, hosted_index
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.mirror.restoring import restore_metadata
from wheelyard.mirror.verify import Finding, Kind
from wheelyard.names import Sha256, parse_sha256
from wheelyard.repository import Repository

__all__ = ["Repair", "repair"]


@dataclass(frozen=True, slots=True)
class Repair:
    """What a repair works with: the store, what is known of its files, and where they come from."""

    catalog: Catalog
    store: LocalBlobs
    disk: DiskThreads
    repository: Repository


async def repair(parts: Repair, finding: Finding) -> Finding:
    """Return ``finding`` with what has become of it. Nothing is ever deleted."""
    try:
        healed, outcome = await _heal(parts, finding)
    except WheelyardError as error:
        healed, outcome = False, str(error)
    except OSError as error:
        healed, outcome = False, f"the disk says: {error.strerror or error}"
    return msgspec.structs.replace(finding, is_healed=healed, outcome=outcome)


async def _heal(parts: Repair, finding: Finding) -> tuple[bool, str]:
    """Do what can be done about one finding; say whether all is well now, and what was done."""
    if finding.kind is Kind.UNKNOWN:
        path = parts.store.directory / finding.path
        moved = await parts.disk.run(parts.store.quarantine.put_away_now, path)
        return True, f"moved to `{moved}`"
    if finding.kind is Kind.UNPROVEN:
        return False, "evidence is never written anew: find out what happened, or restore a backup"
    digest = parse_sha256(finding.sha256)
    if finding.kind is Kind.UNRECORDED:
        return await _recorded(parts, digest)
    try:
        # To look for it is to have it put away if it is damaged.
        if await parts.store.find(digest) is not None:
            return True, "somebody else has healed it"
    except Unavailable as error:
        if not error.is_ours:
            raise
        return await _replace(parts, digest)
    return await _have_fetched(parts, digest)


async def _replace(parts: Repair, digest: Sha256) -> tuple[bool, str]:
    """Put a file out of the way that the disk cannot read; back again if there is no other."""
    place = await parts.disk.run(_put_away_unreadable, parts.store, digest)
    if place is None:
        return False, "the disk cannot read it, and it cannot be moved away"
    is_healed, outcome = await _have_fetched(parts, digest)
    if not is_healed:
        # Nobody knows that it is wrong, and another day the disk may read it.
        await parts.disk.run(_put_back, place, parts.store.path(digest))
    return is_healed, outcome


def _put_away_unreadable(store: LocalBlobs, digest: Sha256) -> Path | None:
    """Move a file to the quarantine if the disk cannot read it; touches the disk."""
    seen = read_whole(store.path(digest))
    return store.put_away_now(digest, seen) if seen.sha256 is None else None


def _put_back(place: Path, path: Path) -> None:
    """Undo that, unless somebody has filled the place; touches the disk."""
    if not path.exists():
        place.rename(path)


async def _have_fetched(parts: Repair, digest: Sha256) -> tuple[bool, str]:
    """Have the file fetched under one of its names; say whether that worked, and what was done."""
    rows = await parts.catalog.held.find(digest)
    if not rows:
        return await _restored(parts, digest)
    causes: list[str] = []
    for row in rows:
        try:
            return True, await _fetch(parts, row)
        except WheelyardError as error:
            causes.append(str(error))
    return False, "; ".join(dict.fromkeys(causes))


async def _restored(parts: Repair, digest: Sha256) -> tuple[bool, str]:
    """Have again what goes with a file; say whether that worked, and what was done."""
    beside = await parts.catalog.blob_names.metadata(digest)
    for row in beside:
        if row.kind == "metadata":
            done = await restore_metadata(parts.store, parts.disk, parts.repository, row)
            if done:
                return True, done
    if any(row.kind == "provenance" for row in beside):
        reason = "it is the provenance of a file of our own, which nobody else has: restore it"
        return False, reason
    if any(row.owner is not None and hosted_index(row.owner) for row in beside):
        return False, "it is the metadata of a file of our own, which is not held: restore it"
    await parts.catalog.metadata_files.forget(digest)
    return True, "forgotten; it is made anew when it is asked for"


async def _recorded(parts: Repair, digest: Sha256) -> tuple[bool, str]:
    """Write down that the bytes of a file of our own are held, if they are."""
    found = await parts.store.find(digest)
    if found is None:
        return False, "its bytes are missing, and nobody else has them: upload or restore it"
    now = Instant((await parts.disk.run(found.path.stat)).st_mtime)
    for row in await parts.catalog.blob_names.unrecorded():
        if row.sha256 == digest:
            names = (row.sha256, row.owner, row.project, row.filename)
            await parts.catalog.held.save(HeldRow(*names, found.size, now, now))
    return True, "its bytes are here; that is written down now"


async def _fetch(parts: Repair, row: HeldRow) -> str:
    """Have the file of ``row`` fetched; return a word about it.

    Raises:
        WheelyardError: it cannot be had.
    """
    project = await parts.repository.project(row.project)
    for file in project.files:
        if file.filename == row.filename and file.sha256 == row.sha256:
            blob = await parts.repository.file(project.ref(file))
            async with reading(blob, max(0, row.size - 1)) as chunks:
                async for _ in chunks:
                    pass
            return "fetched anew"
    raise Absent(f"`{row.filename}` with these bytes", "the index")
