"""Taking over: what the other view has already and this one has not is copied, not made again."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final

from wheelyard.catalog.published import KnownPages
from wheelyard.decide.publishing import BEING_WRITTEN, GONE, PageState, has_page
from wheelyard.errors import Absent
from wheelyard.publish.targets.target import Target, copies_many
from wheelyard.publish.tree.crew import for_each
from wheelyard.publish.tree.work import Work, pieces
from wheelyard.wire.tree import View, page_folder

__all__ = ["copy_pages", "take_over"]

_TOGETHER: Final = 2_000
_AT_ONCE: Final = 32


async def take_over(work: Work) -> list[str]:
    """Bring the view up to what the base has, but for what was looked at and is other by now.

    Returns the projects whose pages the base does not have as it should: they are to be made.
    """
    source = work.plan.takes_over
    if source is None:
        return []
    published = work.catalog.published
    found = await published.differing(work.row.id, work.view, source, work.plan.since)
    names = sorted(found - work.settled - {""})
    lost: list[str] = []
    for some in pieces(names, _TOGETHER):
        if work.is_dry:
            work.account.copied += len(some)
            continue
        await work.begin()
        known = await published.pages(work.row.id, some)
        lost += await copy_pages(work, some, known, (source, work.view))
    return lost


async def copy_pages(
    work: Work, names: Sequence[str], known: KnownPages, views: tuple[View, View]
) -> list[str]:
    """Copy pages from the first of ``views`` to the second one; return those that are not there."""
    source, view = views
    published = work.catalog.published
    await published.mark_pages(work.row.id, view, names)
    pairs = [(known.get((source, name)), known.get((view, name))) for name in names]
    lost = await _copy(work, [page for page, _ in pairs if page and has_page(page)], views)
    lost |= {page.project for page, _ in pairs if page and page.digest == BEING_WRITTEN}
    leaving = [path for page, before in pairs for path in _leaving(work, page, before, view)]
    await work.remove(leaving)
    await work.target.settle()
    states = [
        replace(page, serial=work.serial)
        if page
        else PageState(name, GONE, work.serial, hosted=False)
        for name, (page, _) in zip(names, pairs, strict=True)
        if name not in lost
    ]
    await published.save_pages(work.row.id, view, states)
    return sorted(lost)


async def _copy(work: Work, pages: Iterable[PageState], views: tuple[View, View]) -> set[str]:
    """Copy pages; return the projects of those that are not there."""
    source, view = views
    owners: dict[str, str] = {}
    pairs: list[tuple[str, str]] = []
    before, after = work.at("", source), work.at("", view)
    for page in pages:
        folder = page_folder(page.project)
        for name in page.sizes or {}:
            path = folder + name
            owners[before + path] = page.project
            pairs.append((before + path, after + path))
    target = work.target
    missing: set[str] = set()
    if copies_many(target):
        missing |= await target.copy_many(pairs)
    else:
        await for_each(pairs, partial(_copy_one, target, missing), _AT_ONCE)
    work.account.copied += len(pairs) - len(missing)
    return {owners[path] for path in missing}


async def _copy_one(target: Target, missing: set[str], pair: tuple[str, str]) -> None:
    """Copy one object; note it if it is not there."""
    try:
        await target.copy(*pair)
    except Absent:
        missing.add(pair[0])


def _leaving(work: Work, page: PageState | None, before: PageState | None, view: View) -> list[str]:
    """Return where something is that the page does not have any more."""
    if before is None or before.digest == GONE:
        return []
    staying = set(work.page_paths(page, view)) if page and has_page(page) else set()
    return [path for path in work.page_paths(before, view) if path not in staying]
