"""Files to closure: read, resolve per target, add what building takes."""

import tempfile
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import anyio.to_thread

from wheelyard.closure.asked import Asked
from wheelyard.closure.base import Closure, Needed, Target
from wheelyard.closure.building import Building
from wheelyard.closure.reading import read_files
from wheelyard.closure.resolving import Resolution, Resolver
from wheelyard.closure.serving import serving_views
from wheelyard.closure.shop import Shop
from wheelyard.repository.base import Repository

__all__ = ["Closing", "close"]


@dataclass(frozen=True, slots=True)
class Closing:
    """How to go about it. ``variables`` is what `${NAME}` in a requirements file may mean.

    ``work`` is a folder for what the resolver writes; None: that of this machine for temporary
    files. Nothing is left in it. ``with_build`` has the requirements of builds included.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    work: Path | None = None
    resolver_seconds: float = 600.0
    with_build: bool = True


async def close(
    files: Sequence[Path],
    targets: Sequence[Target],
    index: Repository,
    closing: Closing | None = None,
) -> Closure:
    """Return all that ``files`` need on ``targets``, with the releases that ``index`` has.

    ``index`` is asked for pages, metadata and sdists; pass the chain of an index (its offline view
    for what would install with every upstream gone). The same index gives the same closure.

    Raises:
        BadInput: a file cannot be read or used; before anything is asked of ``index``.
        Unavailable: there is no resolver, or it took too long.
    """
    closing = closing or Closing()
    ordered = tuple(sorted(set(targets)))
    reading = await anyio.to_thread.run_sync(read_files, files, ordered, closing.variables)
    problems, remarks = list(reading.problems), list(reading.remarks)
    needed = list(reading.locked)
    async with _resolver(index, closing) as resolver:
        for resolution in await _resolve_all(resolver, reading.asked, ordered):
            needed += resolution.needed
            problems += resolution.problems
            remarks += resolution.remarks
        if closing.with_build:
            building = Building(resolver.shop, resolver, reading.asked.formats)
            needed += await building.follow(merged(needed))
            problems += building.problems
    return Closure(
        ordered, merged(needed), tuple(dict.fromkeys(problems)), tuple(dict.fromkeys(remarks))
    )


def merged(needed: Iterable[Needed]) -> tuple[Needed, ...]:
    """Return what is needed with what differs only in targets and reasons as one, in order."""
    found: dict[Needed, Needed] = {}
    for one in needed:
        key = replace(one, targets=frozenset(), why="")
        if key in found:
            first = found[key]
            why = min(first.why, one.why)
            found[key] = replace(first, targets=first.targets | one.targets, why=why)
        else:
            found[key] = one
    return tuple(
        sorted(
            found.values(),
            key=lambda one: (one.name, one.version, one.is_build, sorted(one.digests), one.why),
        )
    )


@asynccontextmanager
async def _resolver(index: Repository, closing: Closing) -> AsyncIterator[Resolver]:
    """Have a resolver that sees ``index``, and a folder for it that goes with it."""
    folder = await anyio.to_thread.run_sync(_make_folder, closing.work)
    try:
        async with serving_views() as views:
            yield Resolver(Shop(index), views, Path(folder.name), closing.resolver_seconds)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(folder.cleanup)


def _make_folder(work: Path | None) -> tempfile.TemporaryDirectory[str]:
    """Make an empty folder."""
    if work is not None:
        work.mkdir(parents=True, exist_ok=True)
    return tempfile.TemporaryDirectory(prefix="closure-", dir=work, ignore_cleanup_errors=True)


async def _resolve_all(
    resolver: Resolver, asked: Asked, targets: Sequence[Target]
) -> list[Resolution]:
    """Resolve what is asked for each target, one after the other: they share what was learned."""
    if not asked.requirements:
        return []
    return [await resolver.resolve(asked, target) for target in targets]
