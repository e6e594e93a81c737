"""Preview: what a run would do, down to files and bytes, and nothing of it done or kept.

Files are known from pages only, so the pages of what is due are looked at, up to a number beyond
which nobody wants to wait, or an upstream to be asked, for a preview.
"""

from collections.abc import Sequence

import anyio

from wheelyard.decide.mirroring import is_whole
from wheelyard.errors import Absent, WheelyardError
from wheelyard.mirror.sync.files import amount_of, missing_files
from wheelyard.mirror.sync.plan import Due
from wheelyard.mirror.sync.report import MOST_TOLD, Account, PlanReport
from wheelyard.mirror.sync.run import Origin, SyncParts, plan_of
from wheelyard.names import ProjectName

__all__ = ["preview"]

_MOST_PAGES = 10_000
_AT_ONCE = 32


async def preview(parts: SyncParts, account: Account) -> PlanReport:
    """Return what a run with ``parts`` would do; ``account`` tells how far it is."""
    names: list[ProjectName] = []
    removals: list[ProjectName] = []
    for origin in parts.origins:
        plan, _ = await plan_of(parts, origin, account)
        if plan.is_braked:
            account.held_back += len(plan.vanished)
        else:
            removals += [due.name for due in plan.vanished]
        names += [due.name for due in plan.due]
        account.projects += len(plan.due)
        await _look_at(parts, origin, plan.due, account)
    return PlanReport(
        index=parts.index,
        projects=len(names),
        files=account.wanted.files,
        bytes=account.wanted.bytes,
        unsized=account.wanted.unsized,
        held=account.held,
        unread=account.not_asked,
        names=tuple(sorted(names)[:MOST_TOLD]),
        removed=len(removals),
        removals=tuple(sorted(removals)[:MOST_TOLD]),
        held_back=account.held_back,
        problems=tuple(account.problems),
    )


async def _look_at(parts: SyncParts, origin: Origin, due: Sequence[Due], account: Account) -> None:
    """Count the files of each project that is due, as far as there is time for that."""
    account.not_asked += max(0, len(due) - _MOST_PAGES)
    places = anyio.CapacityLimiter(_AT_ONCE)
    async with anyio.create_task_group() as tasks:
        for each in due[:_MOST_PAGES]:
            await places.acquire_on_behalf_of(each)
            tasks.start_soon(_look, parts, origin, each, account, places)


async def _look(
    parts: SyncParts, origin: Origin, due: Due, account: Account, places: anyio.CapacityLimiter
) -> None:
    """Count what is missing of one project; one that cannot be looked at is counted as unread."""
    try:
        async with origin.bulk.pacer.turn():
            page = await origin.chain.pages.look(due.name)
        revision = page.known.revision if page.known else None
        if not is_whole(due.state, parts.wanted.key_of(due.name), revision):
            filled = await parts.catalog.mirrored.filled(origin.chain.owner, due.name)
            wanted = parts.wanted.files_of(page)
            files = missing_files(wanted, filled)
            todo = [file for file in files if file.filename not in filled.files]
            account.wanted = account.wanted.add(*amount_of(todo))
            account.held += len(wanted) - len(todo)
    except Absent:
        pass
    except WheelyardError as error:
        account.not_asked += 1
        account.note_problem(due.name, str(error))
    finally:
        account.looked_at += 1
        places.release_on_behalf_of(due)
