"""Publishing a tree: looked at, written, made to count, cleaned up, in this order.

Files come before metadata and provenance, those before pages, pages before the list, the list
before the manifest and what else tells of the whole, and `wheelyard.json` is last. Then the view
is switched to, caches are told, and only after all that something is removed. Whoever is killed
anywhere in between leaves a target that shows the old state or the new one, whole.
"""

from dataclasses import dataclass, replace
from typing import Final, Literal

from wheelyard.clock import Instant
from wheelyard.decide.publishing import ViewState, decide_pass, is_due
from wheelyard.publish.tree.account import Account, Report
from wheelyard.publish.tree.contents import write_contents, write_root
from wheelyard.publish.tree.going_through import complete, look_through
from wheelyard.publish.tree.parts import TreeParts
from wheelyard.publish.tree.recognising import Recognised, Views, recognise
from wheelyard.publish.tree.reconciling import Drift, find_drift, note_found, remove_strays
from wheelyard.publish.tree.removing import remove_gone_pages, remove_objects
from wheelyard.publish.tree.snapshots import lags_behind, snapshot_in_making
from wheelyard.publish.tree.work import Work, moment
from wheelyard.wire.tree import View

__all__ = ["Order", "Reconcile", "publish_tree"]

Reconcile = Literal["", "due", "listing", "deep"]
"""Whether the target is compared with the rows: never, when it is time, now, byte for byte."""

_MOST_PENDING: Final = 10_000
_DAY_SECONDS: Final = 86_400.0


@dataclass(frozen=True, slots=True)
class Order:
    """How to publish. ``activates`` says that clients get the result."""

    reconcile: Reconcile = "due"
    reconcile_seconds: float = 86_400.0
    views: Views = "auto"
    activates: bool = True
    is_dry: bool = False
    adopts: bool = False


async def publish_tree(parts: TreeParts, order: Order, account: Account) -> Report:
    """Publish what the index shows now; return what that came to.

    Raises:
        BadInput: the target is not ours; nothing was written.
        ConfigError: the target cannot be had like this; nothing was written.
        Unavailable: the index has nothing, or the target does not take it; the next publish goes
            on where this one stopped.
    """
    started_at = parts.clock.now()
    found = await recognise(parts, order.views, adopts=order.adopts)
    work = await _begun(parts, order, found, account)
    reconciles = await _reconciles(work, order, found)
    drift = await find_drift(work, is_deep=order.reconcile == "deep") if reconciles else Drift()
    if found.is_adopted and not order.is_dry:
        work.is_adopting = True
        await note_found(work)
    async with snapshot_in_making(work):
        await look_through(work)
        is_written = work.is_changed or drift.lacks_contents or _is_stale(work) or lags_behind(work)
        if is_written:
            await complete(work)
        account.phase = "Finishing"
        await _finish(work, order, drift, is_written=is_written)
    if work.is_adopting:
        await work.catalog.published.forget_found(work.row.id)
        drift = await find_drift(work, is_deep=False)
    await remove_objects(work)
    await remove_strays(work, drift)
    if not order.is_dry:
        await _write_down(work, order, reconciles=reconciles or found.is_adopted)
    return _report(work, order, is_written=is_written, started_at=started_at)


async def _begun(parts: TreeParts, order: Order, found: Recognised, account: Account) -> Work:
    """Return the work that is to be done; the target is written down before anything else."""
    published, row = parts.catalog.published, found.row
    if found.is_new and not order.is_dry:
        row = await published.begin(row)
        if found.is_adopted and found.active is not None:
            # It is there, and nobody knows what it lists: nothing of that goes while it counts.
            made_at = moment(row.making)
            state = ViewState(found.active, 0, Instant(0.0), made_at, "", is_whole=False)
            await published.save_view(row.id, state)
    views = await published.views(row.id) if row.id else {}
    due = (
        order.reconcile in {"listing", "deep"}
        or found.is_damaged
        or (
            order.reconcile == "due"
            and row.published_at is not None
            and is_due(row.reconciled_at, order.reconcile_seconds, parts.clock.now())
        )
    )
    has_views, basis = row.has_views, parts.basis
    plan = decide_pass(views, found.active, basis, has_views=has_views, is_full=due)
    # The time first: what comes between the two is looked at once more the next time.
    now = parts.clock.now()
    serial = await parts.catalog.journal.last()
    return Work(parts, row, plan, found.active, serial, now, account, order.is_dry)


async def _reconciles(work: Work, order: Order, found: Recognised) -> bool:
    """Say whether the target is compared with the rows first."""
    if work.row.published_at is None and not found.is_damaged:
        return order.reconcile in {"listing", "deep"} and not found.is_new
    if found.is_damaged or order.reconcile in {"listing", "deep"}:
        return True
    return order.reconcile == "due" and is_due(
        work.row.reconciled_at, order.reconcile_seconds, work.looked_at
    )


# --- the end --------------------------------------------------------------------------------------


async def _finish(work: Work, order: Order, drift: Drift, *, is_written: bool) -> None:
    """Write what tells of the whole, let the view count, and remove pages that are gone."""
    if work.is_dry:
        return
    if is_written:
        await work.begin()
        await write_root(work)
        await write_contents(work)
        if not work.is_at_once:
            await _save_view(work)
    else:
        await work.leave()
        await _advance_base(work)
    await _damage(work, drift, is_written=is_written)
    await _switch(work, order, is_written=is_written)
    await remove_gone_pages(work)
    if is_written and work.is_at_once:
        await _save_view(work)  # now: whoever is killed before this has pages left to remove
    await _forget_gone(work)


def _is_stale(work: Work) -> bool:
    """Say whether what tells of the whole is older than the pages, or counts for half its time."""
    days, base = work.parts.rules.manifest_days, work.plan.base
    if base is not None and not base.is_whole:
        return True
    if days <= 0 or base is None:
        return False
    return is_due(base.made_at, days * _DAY_SECONDS / 2, work.looked_at)


async def _save_view(work: Work) -> None:
    """Note that the view is whole."""
    await _note_pending(work)
    basis = work.parts.basis if work.account.failed <= _MOST_PENDING else ""
    at = work.looked_at
    state = ViewState(work.view, work.serial, at, at, basis, is_whole=True)
    await work.catalog.published.save_view(work.row.id, state)


async def _note_pending(work: Work) -> None:
    """Note what could not be looked at, before a view says that everything before it was.

    What was to be looked at once more stays noted, too, until the view is known to have it.
    """
    pending = {*work.row.pending, *work.account.failing}
    if len(pending) > len(work.row.pending):
        work.row = replace(work.row, pending=tuple(sorted(pending))[:_MOST_PENDING])
        await work.catalog.published.save_target(work.row)


async def _advance_base(work: Work) -> None:
    """Note that the view that was made last shows this moment too."""
    base = work.plan.base
    if base is not None and work.account.failed <= _MOST_PENDING:
        await _note_pending(work)
        state = replace(base, serial=work.serial, looked_at=work.looked_at, basis=work.parts.basis)
        await work.catalog.published.save_view(work.row.id, state)


async def _damage(work: Work, drift: Drift, *, is_written: bool) -> None:
    """Note that nobody can go back to a view in which something is wrong."""
    if not work.row.has_views:
        return
    views = await work.catalog.published.views(work.row.id)
    for view in drift.views:
        if view in views and not (is_written and view == work.view):
            state = replace(views[view], is_whole=False)
            await work.catalog.published.save_view(work.row.id, state)


async def _switch(work: Work, order: Order, *, is_written: bool) -> None:
    """Let the newest view count, and tell the caches."""
    newest = work.view if is_written else work.base
    if newest is not None and _switches(work, order, newest):
        if work.active is not None and work.active != work.base:
            await _note_differences(work, newest)
        await work.tell_changed()
        await work.target.switch(newest)
    else:
        await work.tell_changed()
    await work.parts.hooks.purge(work.row.id, work.serial)


def _switches(work: Work, order: Order, newest: View) -> bool:
    """Say whether clients get another view than before."""
    return work.row.has_views and order.activates and newest != work.active


async def _note_differences(work: Work, newest: str) -> None:
    """Note every page that the view that counts has otherwise, which is not the base's."""
    active = work.active
    if active is None:
        return
    view = work.view if newest == work.view else (work.base or work.view)
    names = await work.catalog.published.differing(work.row.id, active, view, None)
    for name in names:
        work.note_changed_page(name)


async def _forget_gone(work: Work) -> None:
    """Forget the projects that no view has any more."""
    views = await work.catalog.published.views(work.row.id)
    serials = [state.serial for state in views.values() if state.is_whole]
    if len(serials) == (2 if work.row.has_views else 1):
        # One less: what came and went at the same serial may still be in the other view.
        await work.catalog.published.forget_gone(work.row.id, min(serials) - 1)


async def _write_down(work: Work, order: Order, *, reconciles: bool) -> None:
    """Note in the catalog what the publish came to."""
    row = work.row
    pending = tuple(sorted(work.account.failing))[:_MOST_PENDING]
    row = replace(
        row,
        published_at=work.looked_at,
        reconciled_at=work.looked_at if reconciles else row.reconciled_at or work.looked_at,
        pending=pending,
        is_held=row.has_views and not order.activates,
    )
    await work.catalog.published.save_target(row)
    work.row = row


def _report(work: Work, order: Order, *, is_written: bool, started_at: Instant) -> Report:
    """Return what the publish came to."""
    account, row = work.account, work.row
    newest = work.view if is_written else (work.base or work.view)
    outcome: Literal["done", "unchanged", "partial", "planned"] = "done"
    if account.failed:
        outcome = "partial"
    elif order.is_dry:
        outcome = "planned"
    elif not is_written:
        outcome = "unchanged"
    return Report(
        outcome=outcome,
        index=work.parts.index,
        target=row.url,
        serial=work.serial,
        view=newest if row.has_views else "",
        is_active=order.activates or not row.has_views,
        is_switched=_switches(work, order, newest) and not order.is_dry,
        looked_at=account.looked_at,
        pages=account.pages,
        pages_gone=account.pages_gone,
        objects=account.objects,
        bytes=account.bytes,
        copied=account.copied,
        removed=account.removed,
        waiting=account.waiting,
        healed=account.healed,
        strays=account.strays,
        failed=account.failed,
        problems=tuple(account.problems),
        names=tuple(account.names),
        seconds=round(work.parts.clock.now() - started_at, 3),
    )
