"""Keeping: have files here and pinned, whatever their owner does later.

Only what is held can be kept. So every file is fetched first if it is not here, through the same
chain that serves clients: proven, with its evidence, once for all who want it meanwhile.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import anyio

from wheelyard.blobs import read_to_end
from wheelyard.catalog.pins import Pin, pin_of
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.mirror.ready.records import Progress, Site, Tell, owner_of
from wheelyard.model import FileRef
from wheelyard.names import Filename, ProjectName

__all__ = ["Kept", "NotKept", "keep"]

_AT_ONCE = 8
"""How many files are fetched at the same time: as many as an upstream gives to one client."""

_DIRECTORY = "directory:"


@dataclass(frozen=True, slots=True)
class NotKept:
    """A file that could not be had, and why."""

    filename: Filename
    reason: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the files: ``pinned`` are all that are kept now, ``new`` those of this time.

    ``served`` are files of a directory that is served: they are kept by whoever keeps that.
    """

    pinned: tuple[Pin, ...] = ()
    new: tuple[Pin, ...] = ()
    served: tuple[Filename, ...] = ()
    failed: tuple[NotKept, ...] = ()


@dataclass(slots=True)
class _Work:
    """The files of one call, and how far it is."""

    site: Site
    tell: Tell
    total: int
    done: int = 0
    failed: list[NotKept] = field(default_factory=list)
    here: set[tuple[ProjectName, Filename]] = field(default_factory=set)


async def keep(site: Site, refs: Iterable[FileRef], label: str, tell: Tell) -> Kept:
    """Have ``refs`` held and pinned under ``label``; what cannot be had is said, and no error."""
    wanted = {(ref.project, ref.file.filename): ref for ref in refs}
    work = _Work(site, tell, len(wanted))
    limit = anyio.CapacityLimiter(_AT_ONCE)
    async with anyio.create_task_group() as tasks:
        for ref in wanted.values():
            tasks.start_soon(_have, work, ref, limit)
    pins: list[Pin] = []
    served: list[Filename] = []
    for project, group in groupby(sorted(work.here), key=lambda key: key[0]):
        found, others = await _pins_of(work, project, [name for _, name in group], label)
        pins += found
        served += others
    new = await site.catalog.pins.add(pins, site.actor)
    return Kept(tuple(pins), new, tuple(served), tuple(work.failed))


async def _have(work: _Work, ref: FileRef, limit: anyio.CapacityLimiter) -> None:
    """Have one file and its metadata here."""
    name = ref.file.filename
    async with limit:
        try:
            await read_to_end(await work.site.front.repository.file(ref))
            if ref.file.metadata_sha256 is not None:
                await _read_metadata(work, ref)
            work.here.add((ref.project, name))
        except WheelyardError as error:
            work.failed.append(NotKept(name, str(error)))
        finally:
            work.done += 1
            work.tell(Progress(name, work.done, work.total))


async def _read_metadata(work: _Work, ref: FileRef) -> None:
    """Have the metadata of a held file here; what is not served beside it is in the wheel."""
    try:
        await read_to_end(await work.site.front.repository.metadata(ref))
    except (Absent, Unavailable):
        return


async def _pins_of(
    work: _Work, project: ProjectName, names: Sequence[Filename], label: str
) -> tuple[list[Pin], list[Filename]]:
    """Return the pins of held files of a project, and which are of a directory.

    The page is read once more: it has the digests of files for which nobody had stated one.
    """
    site, pins, served = work.site, [], []
    try:
        page = await site.front.repository.project(project)
    except WheelyardError as error:
        work.failed += [NotKept(name, str(error)) for name in names]
        return [], []
    listed = {file.filename: file for file in page.files}
    for name in names:
        try:
            file = listed.get(name)
            owner = await owner_of(site.front, project, name) if file is not None else None
            if file is None or owner is None:
                raise Absent(f"`{name}`", f"the page of `{project}`")
            if owner.startswith(_DIRECTORY):
                served.append(name)
                continue
            await _require_held(site, owner, page.ref(file))
            pins.append(pin_of(owner, page.ref(file), label, site.actor.name, site.clock.now()))
        except WheelyardError as error:
            work.failed.append(NotKept(name, str(error)))
    return pins, served


async def _require_held(site: Site, owner: str, ref: FileRef) -> None:
    """Return if the bytes are in the store: a full disk gives files out and keeps none."""
    for chain in site.front.parts.outside.values():
        if chain.owner == owner:
            await chain.files.require_held(ref, is_to_stay=True)
