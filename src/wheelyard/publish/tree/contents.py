"""What tells of a whole tree: the list of projects, the manifest, whose they are, the snapshot.

All of it is made of what was published, in one walk over the rows, and nothing is rendered twice.
"""

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio
import anyio.to_thread
import msgspec

from wheelyard.access.signing_key import load_signing_key
from wheelyard.clock import Instant
from wheelyard.decide.publishing import ObjectState, PageState
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import ProjectList
from wheelyard.names import ProjectName, Sha256, normalise
from wheelyard.pages import render_root
from wheelyard.publish.manifest import ROOT_PATH, About, Listing, page_path, write_manifest
from wheelyard.publish.targets.target import Body
from wheelyard.publish.tree.headers import TREE_KEY
from wheelyard.publish.tree.looking import Looked, link_of
from wheelyard.publish.tree.pages import Made, make_page, write_made
from wheelyard.publish.tree.parts import ChangedObject
from wheelyard.publish.tree.snapshots import made_snapshot
from wheelyard.publish.tree.work import Work, stamp
from wheelyard.wire.manifest import Entry
from wheelyard.wire.tree import (
    INFO,
    MANIFEST,
    PROJECTS,
    SNAPSHOT,
    SNAPSHOT_DIGEST,
    TreeInfo,
    TreeProject,
)

__all__ = ["listed_projects", "write_contents", "write_root"]

_DAY_SECONDS: Final = 86_400.0
_TEXT: Final = "text/plain; charset=utf-8"
_JSON: Final = "application/json"
_GZIP: Final = "application/gzip"
_SQLITE: Final = "application/vnd.sqlite3"


@dataclass(frozen=True, slots=True)
class _Counts:
    """How many projects and files a view shows."""

    projects: int
    files: int


async def listed_projects(work: Work) -> ProjectList:
    """Return the list of projects as a server gives it that asks nobody; perhaps an empty one."""
    try:
        return await work.parts.front.repository.projects()
    except Absent:
        return ProjectList()
    except Unavailable as error:
        if error.failing == "unasked":
            return ProjectList()
        raise


async def write_root(work: Work) -> None:
    """Write the list of projects, if it has changed: those whose pages are there."""
    listed = await listed_projects(work)
    there = await work.catalog.published.names(work.row.id, work.view)
    there -= {page.project for page in work.gone}
    known = (await work.catalog.published.known(work.row.id, [""])).pages
    before = known.get((work.view, ""))
    made = await anyio.to_thread.run_sync(_make_root, work, listed, there, before)
    base = known.get((work.base, "")) if work.base else made.state
    if base is None or base.digest != made.state.digest:
        work.note_changed_page("")
    states = await write_made(work, [made])
    await work.target.settle()
    await work.catalog.published.save_pages(work.row.id, work.view, states)


def _make_root(
    work: Work, listed: ProjectList, there: Collection[str], before: PageState | None
) -> Made:
    """Return the list of those projects whose pages are ``there``."""
    kept = tuple(entry for entry in listed.projects if normalise(entry.name) in there)
    if len(kept) < len(listed.projects):
        listed = msgspec.structs.replace(listed, projects=kept)
    return make_page(work, Looked(ProjectName("")), render_root(listed), before)


async def write_contents(work: Work) -> None:
    """Write the manifest, the projects, the snapshot, and at the very end what the tree is."""
    folder = await anyio.to_thread.run_sync(_made_folder, work)
    try:
        counts = await work.catalog.published.walk(
            work.row.id, work.view, lambda pages: _write(work, folder, pages)
        )
        if work.parts.rules.manifest_days > 0:
            await _put(work, MANIFEST, folder / "manifest", _TEXT)
        await _put(work, PROJECTS, folder / "projects", _GZIP)
        await _write_snapshot(work, folder)
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(_rid_of, folder)
    await work.target.settle()
    work.row = replace(work.row, making=stamp(work.looked_at))
    await work.catalog.published.save_target(work.row)
    await _put(work, INFO, _info(work, counts), _JSON)
    await work.target.settle()


async def _put(work: Work, path: str, body: Body, content_type: str) -> None:
    """Write an object that tells of the whole tree."""
    work.changed.append(ChangedObject(path, TREE_KEY))
    if work.is_at_once:
        await work.tell_changed()
    await work.target.put(work.at(path), body, work.headers.of_tree(content_type))
    size = len(body) if isinstance(body, bytes) else (await anyio.Path(body).stat()).st_size
    work.account.note_sent([size])


def _made_folder(work: Work) -> Path:
    """Return a folder for what is written here before it is sent; touches the disk.

    One publish of a target runs at a time, so that others of the same target were left by processes
    that were killed.
    """
    place = work.parts.data / "publishing"
    place.mkdir(mode=0o700, exist_ok=True)
    for left in place.glob(f"{work.row.id}-*"):
        _rid_of(left)
    return Path(tempfile.mkdtemp(prefix=f"{work.row.id}-", dir=place))


def _rid_of(folder: Path) -> None:
    """Remove a folder and what is in it; touches the disk."""
    shutil.rmtree(folder, ignore_errors=True)


def _write(
    work: Work, folder: Path, pages: Iterator[tuple[PageState, list[ObjectState]]]
) -> _Counts:
    """Write what is made of the rows; count them."""
    projects = files = 0
    gone = {page.project for page in work.gone}
    with tempfile.TemporaryFile(dir=folder) as out:
        listing = Listing(out)
        with _gzipped(folder / "projects") as names:
            for page, objects in pages:
                if page.project in gone:
                    continue
                listing.add_all(_entries(page, objects))
                files += sum(each.kind == "file" for each in objects)
                if page.project:
                    projects += 1
                    whose = TreeProject(page.project, hosted=page.hosted)
                    names.write(msgspec.json.encode(whose) + b"\n")
        # Who changes whose a project is, has a restored server ask strangers for it.
        listing.add(_entry_of_projects(folder / "projects"))
        if work.parts.rules.manifest_days > 0:
            _sign(work, listing, folder / "manifest")
    return _Counts(projects, files)


@contextmanager
def _gzipped(path: Path) -> Iterator[gzip.GzipFile]:
    """Yield a file that is compressed to the same bytes each time."""
    with (
        path.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file,
    ):
        yield file


def _entries(page: PageState, objects: Iterable[ObjectState]) -> Iterator[Entry]:
    """Yield the entries of a page and of its files, in the order in which ``list_index`` does."""
    path = page_path(ProjectName(page.project)) if page.project else ROOT_PATH
    yield Entry("html", path, Sha256(page.html_sha256), page.html_size)
    yield Entry("json", path, Sha256(page.json_sha256), page.json_size)
    of_files = [each for each in objects if each.kind != "provenance"]
    for each in sorted(of_files, key=lambda each: each.path.rpartition("/")[2]):
        where, digest = link_of(each.path), Sha256(each.sha256)
        if each.kind == "file":
            yield Entry("file", where, digest, each.size)
        else:
            yield Entry("metadata", where, digest)


def _entry_of_projects(path: Path) -> Entry:
    """Return the entry of whose the projects are, which is a file of the tree like any other."""
    return Entry("file", PROJECTS, Sha256(_sha256(path)), path.stat().st_size)


def _sign(work: Work, listing: Listing, path: Path) -> None:
    """Put the manifest together."""
    parts = work.parts
    now = parts.clock.now()
    expires = Instant(now + parts.rules.manifest_days * _DAY_SECONDS)
    about = About(parts.index, parts.instance, work.serial, now, expires)
    write_manifest(listing, about, load_signing_key(parts.data), path)


async def _write_snapshot(work: Work, folder: Path) -> None:
    """Write the database to query, and its digest, unless the tree has one that will do."""
    path = folder / "snapshot"
    digest = await made_snapshot(work, path)
    if digest is not None:
        await _put(work, SNAPSHOT, path, _SQLITE)
        await _put(work, SNAPSHOT_DIGEST, f"{digest}  {SNAPSHOT}\n".encode(), _TEXT)


def _sha256(path: Path) -> str:
    """Return the digest of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _info(work: Work, counts: _Counts) -> bytes:
    """Return what the tree says of itself."""
    info = TreeInfo(
        tree=work.row.tree,
        index=work.parts.index,
        instance=work.parts.instance,
        serial=work.serial,
        created=stamp(work.looked_at),
        has_views=work.row.has_views,
        projects=counts.projects,
        files=counts.files,
    )
    return msgspec.json.format(msgspec.json.encode(info), indent=2) + b"\n"
