"""Manifests: what an index gives out, listed and signed, in the data directory.

The latest one of each index is kept there, so that a server has it to give out and a command only
copies it.
"""

import logging
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

import anyio
import anyio.to_thread

from wheelyard.access.signing_key import SigningKey, load_signing_key
from wheelyard.app.indexes import Index
from wheelyard.app.program import App
from wheelyard.clock import Instant
from wheelyard.errors import Absent, BadInput, Unavailable, WheelyardError
from wheelyard.names import IndexName
from wheelyard.publish import About, Listing, list_index, write_manifest
from wheelyard.wire.manifest import MAX_HEAD_BYTES, Head, parse_start

__all__ = ["MadeManifest", "is_due", "make_manifest", "manifest_path", "schedule_manifests"]

_LOG = logging.getLogger(__name__)

_FOLDER = "manifests"
_ATTEMPTS = 3
_DAY = 86_400.0
_LOOK_SECONDS = 600.0
"""How often it is looked whether a manifest is to be made."""


@dataclass(frozen=True, slots=True)
class MadeManifest:
    """A manifest that was made, and where it is."""

    path: Path
    head: Head


def manifest_path(data: Path, index: IndexName) -> Path:
    """Return where the latest manifest of an index is, if there is one."""
    return data / _FOLDER / f"{index}.manifest"


async def make_manifest(app: App, index: IndexName, lifetime_seconds: float) -> MadeManifest:
    """Make the manifest of what ``index`` gives out without asking anybody; keep and return it.

    Raises:
        BadInput: there is no such index.
        ConfigError: the key cannot be used.
        Unavailable: something that it lists is not to be had now, or it changes all the time.
    """
    shown = app.indexes.find(index)
    for _ in range(_ATTEMPTS):
        made = await _attempt(app, index, shown.held or shown, lifetime_seconds)
        if made is not None:
            return made
    raise Unavailable(
        f"The manifest of `{index}`",
        f"what it gives out has changed each of {_ATTEMPTS} times that it was made: try again "
        "when less is uploaded or fetched",
    )


async def _attempt(
    app: App, name: IndexName, index: Index, lifetime_seconds: float
) -> MadeManifest | None:
    """Make the manifest; None if something has changed meanwhile, so that it fits nothing."""
    serial, now = await app.catalog.journal.last(), app.clock.now()
    run = anyio.to_thread.run_sync
    key = await run(load_signing_key, app.directory.path)
    listing = Listing(await run(_open_draft, app.directory.spool))
    try:
        try:
            await list_index(index.chain.repository, index.links, listing)
        except Absent as error:
            if await app.catalog.journal.last() != serial:
                return None  # it was taken away meanwhile
            raise Unavailable(f"The manifest of `{name}`", str(error)) from error
        if await app.catalog.journal.last() != serial:
            return None
        expires_at = Instant(now + lifetime_seconds)
        about = About(name, app.directory.instance, serial, now, expires_at)
        path = manifest_path(app.directory.path, name)
        head = await run(_write, listing, about, key, path)
    finally:
        with anyio.CancelScope(shield=True):
            await run(listing.out.close)
    return MadeManifest(path, head)


def _open_draft(folder: Path) -> BinaryIO:
    """Open a file without a name, which is gone when it is closed."""
    return tempfile.TemporaryFile(dir=folder)


def _write(listing: Listing, about: About, key: SigningKey, path: Path) -> Head:
    """Put the manifest where it belongs."""
    try:
        path.parent.mkdir(exist_ok=True)
        return write_manifest(listing, about, key, path)
    except OSError as error:
        raise Unavailable(f"`{path}`", error.strerror or "the disk would not") from error


# --- day by day -----------------------------------------------------------------------------------


def schedule_manifests(app: App) -> None:
    """Have this server make a manifest each day of every index that is to have one."""
    if not app.settings.server.read_only:
        app.background.start_soon(partial(_keep_making, app))


def is_due(last: Head | None, now: Instant) -> bool:
    """Say whether another manifest is to be made after ``last``; a clock may have gone back."""
    return last is None or not 0 <= now - last.created_at < _DAY


async def _keep_making(app: App) -> None:
    """Make manifests when they are due, until cancelled."""
    while True:
        for name, index in tuple(app.indexes.items()):
            if index.rules.manifest_days > 0 and index.rules.name == name:
                try:
                    await _make_if_due(app, name, index.rules.manifest_days)
                except (WheelyardError, OSError) as error:
                    _LOG.warning("No manifest of `%s` was made: %s", name, error)
        await anyio.sleep(_LOOK_SECONDS)


async def _make_if_due(app: App, name: IndexName, days: float) -> None:
    """Make the manifest of an index, unless it is too early or another process does."""
    run = app.fills.parts.disk.run
    lock = await run(app.fills.locks.try_lock, f"manifest:{name}")
    if lock is None:
        return
    try:
        last = await run(_last, manifest_path(app.directory.path, name))
        if is_due(last, app.clock.now()):
            await make_manifest(app, name, days * _DAY)
    finally:
        with anyio.CancelScope(shield=True):
            await run(lock.release)


def _last(path: Path) -> Head | None:
    """Return the head of the manifest at ``path``, or None if there is none."""
    try:
        with path.open("rb") as file:
            return parse_start(file.read(MAX_HEAD_BYTES)).head
    except (OSError, BadInput):
        return None
