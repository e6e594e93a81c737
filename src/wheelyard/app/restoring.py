"""Restoring from a published tree: what ``wheelyard restore --from`` does with the program open.

It is opened as if offline, so that nobody is asked meanwhile, and so that what it gives out can be
compared with the tree. Until it is done a note in the data directory says of which tree it is: who
runs it again goes on, and nobody mixes two trees, or a tree and something else.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from wheelyard.access.signing_key import PublicKey
from wheelyard.app.indexes import Index
from wheelyard.app.program import App
from wheelyard.app.running import running
from wheelyard.backup import give_to_owner
from wheelyard.blobs import IncomingParts
from wheelyard.catalog import Actor, AuditEntry, open_catalog, open_directory
from wheelyard.catalog.layout import CATALOG_NAME
from wheelyard.clock import Clock, SystemClock
from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.names import IndexName, ProjectName
from wheelyard.publish.restoring import (
    Opened,
    Report,
    RestoreParts,
    Totals,
    Trusted,
    compare_pages,
    open_published,
    restore_tree,
    total,
)
from wheelyard.publish.targets import open_tree
from wheelyard.publish.trust import Seen
from wheelyard.settings import Settings

__all__ = ["TreeOrder", "TreeRestored", "restore_from_tree"]

_NOTE: Final = "restoring-tree.json"
_SEEN: Final = "manifests-seen.json"

Tell = Callable[[Report], None]


class _Note(msgspec.Struct, frozen=True):
    """Which tree is being restored, and into which index."""

    tree: str
    index: str


@dataclass(frozen=True, slots=True)
class TreeOrder:
    """What is asked for: a tree, and into which index; its own if none is named.

    With ``keys`` the manifest has to be signed by one of them; ``allows_expired`` also if its time
    is over.
    """

    url: str
    actor: Actor
    index: str = ""
    keys: Mapping[str, PublicKey] | None = None
    allows_expired: bool = False
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class TreeRestored:
    """What a tree has, and what became of it; ``report`` is None if nothing was done."""

    opened: Opened
    index: str
    totals: Totals
    report: Report | None = None


async def restore_from_tree(
    settings: Settings, environment: Mapping[str, str], order: TreeOrder, tell: Tell
) -> TreeRestored:
    """Restore an index from a published tree into the data directory of ``settings``.

    Raises:
        BadInput: it is no tree, or there is no such index.
        ConfigError: the data directory has other contents.
        Corrupt: its manifest does not count.
        Unavailable: it cannot be read, or nothing more can be kept.
    """
    clock, data = SystemClock(), settings.store.data
    async with (
        anyio.TemporaryDirectory(prefix="wheelyard-restore-") as scratch,
        open_tree(order.url, environment) as tree,
    ):
        opened = await open_published(tree, Path(scratch), _trusted(order, data, clock))
        index = order.index or opened.info.index
        note = _Note(opened.info.tree, index)
        totals = await anyio.to_thread.run_sync(lambda: total(opened.pages()))
        await _refuse_contents(data, note, clock)
        if order.dry_run:
            return TreeRestored(opened, index, totals)
        alone = replace(settings, server=replace(settings.server, offline=True))
        async with running(alone, environment, records_doors=False) as app:
            report = await _restored(app, opened, note, order.actor, tell)
        await anyio.to_thread.run_sync(give_to_owner, data, data)
        return TreeRestored(opened, index, totals, report)


async def _restored(app: App, opened: Opened, note: _Note, actor: Actor, tell: Tell) -> Report:
    """Restore everything, and compare it with the tree."""
    index = _index(app, note.index)
    place = app.directory.path / _NOTE
    await anyio.to_thread.run_sync(_write_note, place, note)
    report = await restore_tree(opened, _parts(app, index, actor), tell)
    shown = index.held or index
    await compare_pages(opened.pages(), shown.chain.repository, shown.links, report, tell)
    detail = {
        "tree": opened.info.tree,
        "serial": opened.head.serial,
        "hosted": report.hosted,
        "held": report.held,
        "wrong": report.wrong,
    }
    await app.catalog.audit.append(actor, AuditEntry("index.restore", note.index, "", detail))
    if report.is_equal:
        with suppress(FileNotFoundError):
            await anyio.Path(place).unlink()
    return report


def _parts(app: App, index: Index, actor: Actor) -> RestoreParts:
    """Return where a tree is restored to."""
    filling = app.fills.parts

    def owner_of(name: ProjectName) -> str | None:
        chain = index.chain.chain_of(name)
        return None if chain is None else chain.owner

    return RestoreParts(
        catalog=app.catalog,
        incoming=IncomingParts(filling.store, filling.budget, filling.disk, app.directory.spool),
        clock=app.clock,
        actor=actor,
        owner=index.owner,
        owner_of=owner_of,
        is_ours=index.chain.is_ours,
    )


def _index(app: App, name: str) -> Index:
    """Return the index that is meant.

    Raises:
        BadInput: there is none of that name.
    """
    index = app.indexes.get(IndexName(name))
    if index is None:
        names = ", ".join(f"`{each}`" for each in app.indexes)
        raise BadInput(
            f"There is no index `{name[:80]}` to restore into. There are: {names}. Add it to the "
            "configuration, or name another one with `--index`."
        )
    return index


def _trusted(order: TreeOrder, data: Path, clock: Clock) -> Trusted | None:
    """Return whose signature counts; None if nobody was named."""
    if order.keys is None:
        return None
    return Trusted(order.keys, Seen(data / _SEEN), clock.now(), order.allows_expired)


async def _refuse_contents(data: Path, note: _Note, clock: Clock) -> None:
    """Refuse a data directory in which there is anything but a part of the same restore.

    Raises:
        ConfigError: there is.
    """
    before = await anyio.to_thread.run_sync(_load_note, data / _NOTE)
    if before == note:
        return
    if before is not None:
        raise ConfigError(
            f"Into the data directory `{data}` another tree was being restored, into the index "
            f"`{before.index}`: go on with that one, or name an empty directory with `--data`."
        )
    if not await anyio.to_thread.run_sync(_is_empty, data, clock):
        raise ConfigError(
            f"The data directory `{data}` has contents of its own: a tree is restored into an "
            "empty one. Name it with `--data`; `wheelyard project import` adds to what is there."
        )


def _is_empty(data: Path, clock: Clock) -> bool:
    """Say whether a data directory has nothing that a restore could collide with; blocks."""
    if not (data / CATALOG_NAME).exists():
        return True
    with open_directory(data, clock) as directory, open_catalog(directory.path, clock) as catalog:
        return catalog.restoring.is_empty_now()


def _load_note(place: Path) -> _Note | None:
    """Return which tree was being restored; None if none was."""
    try:
        return msgspec.json.decode(place.read_bytes(), type=_Note)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except msgspec.DecodeError as error:
        raise ConfigError(
            f"`{place}` cannot be read ({error}): name an empty directory with `--data`."
        ) from error


def _write_note(place: Path, note: _Note) -> None:
    """Write down which tree is being restored, in one step."""
    draft = place.with_name(f"{place.name}.new")
    try:
        draft.write_bytes(msgspec.json.encode(note) + b"\n")
        draft.replace(place)
    except OSError as error:
        raise Unavailable(f"`{place}`", error.strerror or "the disk would not") from error
