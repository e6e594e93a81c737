"""Reconciling: what is in the target, compared with what was written down, piece by piece.

What is missing or of another length is forgotten, so that the publish that follows writes it once
more; what nobody has written down is removed at the end, if a publisher could have written it.
Files of others are left alone. Works through the target in pieces that fit into memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from wheelyard.decide.publishing import BEING_WRITTEN, ObjectState, PageState, has_page, is_known
from wheelyard.publish.tree.work import Work, pieces
from wheelyard.wire.tree import (
    INFO,
    MANIFEST,
    PAGE_OBJECTS,
    PROJECTS,
    SNAPSHOT,
    VIEWS,
    View,
    could_be_ours,
    page_folder,
)

__all__ = ["Drift", "find_drift", "note_found", "remove_strays"]

_HEX: Final = "0123456789abcdef"
_NAMES_BEGIN: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_TOGETHER: Final = 400
_MOST_STRAYS: Final = 100_000
_PAGE_DEPTH: Final = 3


@dataclass(slots=True)
class Drift:
    """What is not as it should be: ``wrong`` paths, and ``strays`` that nobody knows of.

    ``views`` are those of which a page is wrong; ``lacks_contents`` says that the view that was
    made last does not tell of itself any more.
    """

    wrong: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    views: set[View] = field(default_factory=set)
    lacks_contents: bool = False


async def find_drift(work: Work, *, is_deep: bool) -> Drift:
    """Compare the target with the rows, and forget what is not there as it should be.

    With ``is_deep`` all bytes are read as well.

    Raises:
        Unavailable: the target does not tell.
    """
    drift = Drift()
    for prefix in _object_prefixes():
        work.account.phase = f"Comparing {prefix}"
        await _compare_objects(work, prefix, drift, is_deep=is_deep)
    views: Sequence[View] = ("a", "b") if work.row.has_views else ("a",)
    for view in views:
        for prefix in ("", *_NAMES_BEGIN):
            work.account.phase = f"Comparing {work.at(f'simple/{prefix}', view)}"
            await _compare_pages(work, view, prefix, drift)
            if is_deep:
                await _read_pages(work, view, prefix, drift)
    if work.row.has_views:
        await _find_strays_in_place(work, drift)
    drift.lacks_contents = await _lacks_contents(work)
    work.account.healed += len(drift.wrong) + drift.lacks_contents
    return drift


async def note_found(work: Work) -> None:
    """Write down the files of a tree that nobody here remembers, so that none is sent again.

    Their names have digests in them; what is of the right length besides is taken for the same
    until somebody compares the bytes.
    """
    for prefix in _object_prefixes():
        work.account.phase = f"Taking over {prefix}"
        found = [each async for each in work.target.listing(prefix)]
        rows = [ObjectState("", each.path, "file", "", each.size) for each in found]
        for some in pieces(rows, _TOGETHER):
            await work.catalog.published.mark_objects(work.row.id, some)


async def remove_strays(work: Work, drift: Drift) -> None:
    """Remove what is still nobody's: the publish since the comparison may have written it.

    Nothing is, while nobody knows what the view lists that counts.
    """
    published = work.catalog.published
    active = await work.target.active() if work.row.has_views and drift.strays else None
    if active is not None and not is_known(await published.views(work.row.id), active):
        return
    for some in pieces(drift.strays, _TOGETHER):
        names = sorted({_project_of(path) for path in some} - {None}, key=str)
        pages = (await published.known(work.row.id, [str(name) for name in names])).pages
        wanted = await published.wanted_elsewhere(work.row.id, [("", path) for path in some])
        strays = [path for path in some if path not in wanted and not _is_known(work, path, pages)]
        work.account.strays += len(strays)
        if not work.is_dry:
            await work.remove(strays)


def _object_prefixes() -> Iterator[str]:
    """Yield how paths of objects begin: a piece of a whole mirror has some ten thousand."""
    for first in _HEX:
        for second in _HEX:
            yield f"packages/{first}{second}/"
    yield "integrity/"


async def _compare_objects(work: Work, prefix: str, drift: Drift, *, is_deep: bool) -> None:
    """Compare the objects whose paths begin so."""
    rows: dict[str, list[ObjectState]] = {}
    for row in await work.catalog.published.objects_below(work.row.id, prefix):
        rows.setdefault(row.path, []).append(row)
    there: set[str] = set()
    async for found in work.target.listing(prefix):
        known = rows.get(found.path)
        if known is None:
            _note_stray(drift, found.path)
        elif found.size in {row.size for row in known} or not known[0].sha256:
            there.add(found.path)
    if is_deep:
        for path in sorted(there):
            if await work.target.sha256(path) not in {row.sha256 for row in rows[path]}:
                there.discard(path)
    wrong = [path for path in rows if path not in there]
    drift.wrong += wrong
    if not work.is_dry:
        keys = [(row.project, path) for path in wrong for row in rows[path]]
        for some in pieces(keys, _TOGETHER):
            await work.catalog.published.forget_objects(work.row.id, some)


async def _compare_pages(work: Work, view: View, prefix: str, drift: Drift) -> None:
    """Compare the pages of a view whose names begin so; without a prefix the project list."""
    rows = await _rows(work, view, prefix)
    sizes: dict[str, int] = {}
    where = work.at(f"simple/{prefix or 'index.'}", view)
    async for found in work.target.listing(where):
        sizes[found.path] = found.size
        if not prefix or "/" in found.path.removeprefix(work.at("simple/", view)):
            known = rows.get(_project_of(found.path) or "")
            if known is None or not _has(known, found.path):
                _note_stray(drift, found.path)
    wrong = [
        name
        for name, page in rows.items()
        if has_page(page)
        and any(
            sizes.get(work.at(page_folder(name) + each, view)) != size
            for each, size in (page.sizes or {}).items()
        )
    ]
    await _note_wrong(work, view, wrong, drift)


async def _read_pages(work: Work, view: View, prefix: str, drift: Drift) -> None:
    """Read the pages of a view whose names begin so, and compare the bytes."""
    wrong = []
    for name, page in (await _rows(work, view, prefix)).items():
        if has_page(page):
            folder = work.at(page_folder(name), view)
            digests = {"index.html": page.html_sha256, "index.json": page.json_sha256}
            for each, digest in digests.items():
                if await work.target.sha256(folder + each) != digest:
                    wrong.append(name)
                    break
    await _note_wrong(work, view, wrong, drift)


async def _note_wrong(work: Work, view: View, names: Sequence[str], drift: Drift) -> None:
    """Note that nobody knows what is there for some pages."""
    if not names:
        return
    drift.views.add(view)
    drift.wrong += [work.at(page_folder(name), view) for name in names]
    if not work.is_dry:
        await work.catalog.published.mark_pages(work.row.id, view, names)


async def _rows(work: Work, view: View, prefix: str) -> Mapping[str, PageState]:
    """Return the pages of a view whose names begin so; without a prefix the project list."""
    found = await work.catalog.published.pages_below(work.row.id, view, prefix)
    return {page.project: page for page in found}


async def _find_strays_in_place(work: Work, drift: Drift) -> None:
    """Find what a publish without views would have written, and one with views has not."""
    for prefix in ("simple/", "-/", SNAPSHOT, INFO):
        async for found in work.target.listing(prefix):
            _note_stray(drift, found.path)


async def _lacks_contents(work: Work) -> bool:
    """Say whether the view that was made last does not have what tells of it."""
    if work.plan.base is None:
        return False
    due = [INFO, PROJECTS, *([MANIFEST] if work.parts.rules.manifest_days > 0 else [])]
    for path in due:
        where = work.at(path, work.base)
        if not [found async for found in work.target.listing(where) if found.path == where]:
            return True
    return False


def _project_of(path: str) -> str | None:
    """Return whose page an object is; empty for the project list, None for anything else."""
    parts = _below_view(path).split("/")
    if parts[0] != "simple":
        return None
    return parts[1] if len(parts) == _PAGE_DEPTH else ""


def _below_view(path: str) -> str:
    """Return a path without its view."""
    return path.split("/", 2)[2] if path.startswith(VIEWS) else path


def _is_known(work: Work, path: str, pages: Mapping[tuple[View, str], PageState]) -> bool:
    """Say whether a page that is published has this object."""
    if work.row.has_views and not path.startswith(VIEWS):
        return False
    name = _project_of(path)
    view: View = "b" if path.startswith(f"{VIEWS}b/") else "a"
    page = pages.get((view, name)) if name is not None else None
    return page is not None and _has(page, path)


def _has(page: PageState, path: str) -> bool:
    """Say whether an object belongs to a page; to one that is being written it may."""
    if page.digest == BEING_WRITTEN:
        return True
    return has_page(page) and path.rpartition("/")[2] in (page.sizes or PAGE_OBJECTS)


def _note_stray(drift: Drift, path: str) -> None:
    """Note an object that nobody knows of, if a publisher could have written it."""
    if could_be_ours(path) and len(drift.strays) < _MOST_STRAYS:
        drift.strays.append(path)
