"""Removing: pages of projects that are gone, then objects that no page has listed for a while.

Always last. What a view lists that somebody can go back to stays, but for what is in quarantine:
then that view is corrected first. A path that another project has as well stays for that one.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from wheelyard.decide.publishing import (
    AT_ONCE,
    GONE,
    ObjectState,
    PageState,
    is_free,
    is_known,
    is_removable,
    newest_view,
)
from wheelyard.publish.tree.headers import TREE_KEY, file_key
from wheelyard.publish.tree.parts import ChangedObject, changed_page
from wheelyard.publish.tree.taking_over import copy_pages
from wheelyard.publish.tree.work import Work, pieces
from wheelyard.wire.tree import MANIFEST, View, other_view

__all__ = ["remove_gone_pages", "remove_objects"]

_TOGETHER: Final = 400
_FIRST: Final = ("", "")
_BOTH: Final = 2


async def remove_gone_pages(work: Work) -> None:
    """Remove the pages that the list does not name any more, where clients see it at once."""
    gone, work.gone = work.gone, []
    for some in pieces(gone, _TOGETHER):
        names = [page.project for page in some]
        published = work.catalog.published
        await published.mark_pages(work.row.id, work.view, names)
        await work.remove([path for page in some for path in work.page_paths(page)])
        await work.target.settle()
        states = [PageState(name, GONE, work.serial, hosted=False) for name in names]
        await published.save_pages(work.row.id, work.view, states)


async def remove_objects(work: Work) -> None:
    """Remove the objects whose time has come, and tell the caches; count those that wait."""
    after = _FIRST
    while rows := await _unlisted(work, after):
        after = rows[-1].project, rows[-1].path
        delay = work.parts.rules.removal_delay_seconds
        due = [row for row in rows if is_removable(row.unlisted_at, work.looked_at, delay)]
        free = await _without_views(work, due)
        work.account.waiting += len(rows) - len(free)
        if work.is_dry:
            work.account.removed += len(free)
        else:
            await _remove(work, free)
    if work.account.removed and not work.is_dry:
        # What was taken down would stay in caches for as long as nothing else is published.
        await work.parts.hooks.purge(work.row.id, work.serial)


async def _unlisted(work: Work, after: tuple[str, str]) -> Sequence[ObjectState]:
    """Return the next objects that no page lists."""
    return await work.catalog.published.unlisted(work.row.id, work.looked_at, after, _TOGETHER)


async def _without_views(work: Work, rows: Sequence[ObjectState]) -> list[ObjectState]:
    """Return those that no view lists, after what is in quarantine was taken off all of them."""
    if not work.row.has_views or not rows:
        return list(rows)
    views = await work.catalog.published.views(work.row.id)
    active = await work.target.active()
    if active is None:
        return list(rows)
    kept = {active, *(view for view, state in views.items() if state.is_whole)}
    if len(kept) < _BOTH:
        return list(rows)  # nobody can go back to a view that is not whole
    names = sorted({row.project for row in rows})
    at_once = sorted({row.project for row in rows if row.unlisted_at == AT_ONCE})
    newest = newest_view(views)
    if at_once and newest is not None and not work.is_dry:
        await _correct(work, at_once, newest.view, active)
    known = (await work.catalog.published.known(work.row.id, names)).pages

    def is_listed(row: ObjectState) -> bool:
        pages = [known.get((view, row.project)) for view in kept]
        return not is_known(views, active) or not is_free(row, pages)

    return [row for row in rows if row.project in at_once or not is_listed(row)]


def _is_same(pages: Mapping[tuple[View, str], PageState], name: str) -> bool:
    """Say whether a project has the same page in both views."""
    first, second = pages.get(("a", name)), pages.get(("b", name))
    return (first.digest if first else GONE) == (second.digest if second else GONE)


async def _correct(work: Work, names: Sequence[str], newest: View, active: View) -> None:
    """Have in the older view what the newest one has of these projects, whichever of them counts.

    Its manifest says otherwise from then on, so it goes: no statement rather than a wrong one.
    """
    published, other = work.catalog.published, other_view(newest)
    known = await published.pages(work.row.id, names)
    wrong = [name for name in names if not _is_same(known, name)]
    if not wrong:
        return
    if other == active:  # it was to wait for `--activate`, but this does not
        work.changed += [ChangedObject(MANIFEST, TREE_KEY), *map(changed_page, wrong)]
        await work.tell_changed()
    await work.remove([work.at(MANIFEST, other)])
    await copy_pages(work, wrong, known, (newest, other))


async def _remove(work: Work, rows: Sequence[ObjectState]) -> None:
    """Remove objects that nobody lists, unless another project has one as well."""
    if not rows:
        return
    keys = [(row.project, row.path) for row in rows]
    published = work.catalog.published
    kept = await published.wanted_elsewhere(work.row.id, keys)
    removed = sorted({path for _, path in keys if path not in kept})
    await published.mark_objects(work.row.id, [row for row in rows if row.path not in kept])
    work.changed += [ChangedObject(path, file_key(path)) for path in removed]
    await work.tell_changed()
    await work.remove(removed)
    await work.target.settle()
    await published.forget_objects(work.row.id, keys)
    work.account.removed += len(removed)
