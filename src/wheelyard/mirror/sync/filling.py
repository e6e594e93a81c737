"""Filling: have what is wanted of many projects here, and remember of each how that went.

Each project is by itself: its page is asked for, what it lists and is not held is fetched, what it
does not list any more is noted, and its state is written. Many are under way at the same time; how
many questions that makes is for ``Bulk``, and large files have places of their own, so that they
hold up no small ones.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import anyio

from wheelyard.catalog import Catalog
from wheelyard.catalog.mirrored import Filled
from wheelyard.clock import Clock
from wheelyard.decide.mirroring import Done, failed, finished, is_behind, is_whole, withdrawn
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.sync.files import Fetching, FileJob, is_held, missing_files
from wheelyard.mirror.sync.patience import Patience
from wheelyard.mirror.sync.plan import Due, named_projects
from wheelyard.mirror.sync.report import Account
from wheelyard.mirror.sync.states import States
from wheelyard.mirror.wanted import Wanted
from wheelyard.model import Project

__all__ = ["Filling", "FillingParts"]

_LOG = logging.getLogger(__name__)

_AT_ONCE = 256
"""How many projects are under way at the same time, most of them waiting for a turn."""


@dataclass(frozen=True, slots=True)
class FillingParts:
    """What the projects of one owner are filled with. ``patience`` is with the owner's index."""

    owner: str
    bulk: Bulk
    catalog: Catalog
    clock: Clock
    wanted: Wanted
    patience: Patience
    files: Fetching


class Filling:
    """Fills the projects of one owner."""

    def __init__(self, parts: FillingParts, account: Account) -> None:
        """Fill with ``parts``, and tell ``account``."""
        self._parts = parts
        self._account = account
        self._states = States(partial(parts.catalog.mirrored.save, parts.owner))
        self._again: list[Due] = []
        self._named = named_projects(parts.wanted)

    async def run(self, due: Sequence[Due]) -> None:
        """Look at each project once, and once more at those that could not be had.

        Stopped at any moment, it writes down what is done.
        """
        self._account.projects += len(due)
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._states.run)
                await self._look_at(due, is_last=False)
                again, self._again = self._again, []
                await self._look_at(again, is_last=True)
                tasks.cancel_scope.cancel()
            if reason := self._parts.patience.given_up_for:
                self._account.note_problem("", f"the upstream stopped answering: {reason}")
        finally:
            with anyio.CancelScope(shield=True):
                await self._write_down()

    async def _look_at(self, due: Sequence[Due], *, is_last: bool) -> None:
        """Look at all of ``due``, many at the same time."""
        places = anyio.CapacityLimiter(_AT_ONCE)
        async with anyio.create_task_group() as tasks:
            for each in due:
                await places.acquire_on_behalf_of(each)
                tasks.start_soon(self._look, each, places, is_last)

    async def _look(self, due: Due, places: anyio.CapacityLimiter, is_last: bool) -> None:  # noqa: FBT001  # a task's argument
        """Look at one project; whatever goes wrong is its own."""
        try:
            if not await self._parts.patience.is_worth_asking():
                self._account.not_asked += 1
                return
            try:
                if not await self._bring(due):
                    self._account.not_asked += 1
                    return
            except Unavailable as error:
                if not is_last:
                    self._again.append(due)
                    return
                await self._fail(due, str(error))
            except WheelyardError as error:
                await self._fail(due, str(error))
            except Exception as error:  # noqa: BLE001 - one page among hundreds of thousands
                _LOG.exception("`%s` failed in a way that nobody foresaw.", due.name)
                await self._fail(due, f"it failed in a way that nobody foresaw: {error!r}")
            self._account.looked_at += 1
        finally:
            places.release_on_behalf_of(due)

    async def _bring(self, due: Due) -> bool:
        """Have here what is wanted of one project, or not any more; say whether it was asked for.

        Raises:
            WheelyardError: its page cannot be had, or what became of it cannot be written down.
        """
        try:
            page = await self._page(due)
        except Absent:
            await self._withdraw(due)
            return True
        if page is not None:
            await self._fill(due, page)
        return page is not None

    async def _page(self, due: Due) -> Project | None:
        """Return the page as it is now, and tell how the upstream is; None if it was given up."""
        patience = self._parts.patience
        try:
            with patience.asking() as scope:
                page = await self._parts.bulk.page(due.name, is_new=due.state is None)
            if scope.cancelled_caught:
                return None
        except Unavailable as error:
            patience.note_failure(error)
            raise
        except WheelyardError:
            patience.note_answer()
            raise
        patience.note_answer()
        return page

    async def _fill(self, due: Due, page: Project) -> None:
        """Have here what is wanted of ``page``."""
        parts, key = self._parts, self._parts.wanted.key_of(due.name)
        revision = page.known.revision if page.known else None
        problems: list[str] = []
        if not is_whole(due.state, key, revision):
            filled = await self._filled(due)
            await self._note_unlisted(page, filled)
            wanted = parts.wanted.files_of(page)
            self._account.held += sum(is_held(file, filled) for file in wanted)
            job = FileJob(page, missing_files(wanted, filled), filled)
            problems = await parts.files.fetch(job, self._account)
        if is_behind(due.serial, page.serial):
            problems.append(
                f"its page has the serial {page.serial}, and {due.serial} was announced: "
                "the upstream does not give the newest page yet"
            )
        if problems:
            await self._fail(due, _told(problems))
            return
        done = Done(due.serial, page.serial, revision, key)
        await self._states.put(finished(due.state, due.name, done, parts.clock.now()))

    async def _filled(self, due: Due) -> Filled:
        """Return what is held of a project; of most that are new that is nothing."""
        if self._parts.bulk.takes_blank(due.name):
            return Filled()
        return await self._parts.catalog.mirrored.filled(self._parts.owner, due.name)

    async def _note_unlisted(self, page: Project, filled: Filled) -> None:
        """Note which held files the page does not list, if that is news."""
        listed = {file.filename for file in page.files}
        if filled.files.keys() - listed != filled.unlisted:
            parts = self._parts
            now = parts.clock.now()
            await parts.catalog.held.note_unlisted(parts.owner, page.name, listed, now)

    async def _withdraw(self, due: Due) -> None:
        """Note that upstream does not have the project; its page is gone already."""
        parts, state = self._parts, due.state
        if state is None:
            if due.name in self._named:
                self._account.note_problem(due.name, "the upstream has no such project")
            return
        now = parts.clock.now()
        await parts.catalog.held.note_unlisted(parts.owner, due.name, (), now)
        await self._states.put(withdrawn(state, now))
        if state.gone_at is None:
            self._account.note_removal(due.name)

    async def _fail(self, due: Due, reason: str) -> None:
        """Note that something wanted of the project is not here."""
        now = self._parts.clock.now()
        self._account.note_problem(due.name, reason)
        await self._states.put(failed(due.state, due.name, due.serial, reason, now))

    async def _write_down(self) -> None:
        """Write down what waits."""
        try:
            await self._states.flush()
        except Unavailable as error:
            self._account.note_problem("", f"what was done could not be written down: {error}")


def _told(problems: Sequence[str]) -> str:
    """Return the first problems as one text."""
    others = len(problems) - 1
    return problems[0] if not others else f"{problems[0]} (and {others} more)"
