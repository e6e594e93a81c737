"""Renewing: pages asked for by the thousand, for whoever fills an index ahead of need.

A page that a client waits for goes through ``keeping.py``: patience, one flight per name, a lock
across processes, a transaction of its own. A mirror that asks for every page there is needs little
of that. Here the door is asked as it is there, canaries, circuit and all, and what comes is written
in batches. Only the usual goes this way; ``None`` says that the question is one for ``Cached``:

* something is held, and the door says that it is not there, or would take something away, or is
  older: such an answer is read twice (``believing.py``);
* somebody else renewed the page meanwhile (``catalog/renewals.py`` looks when it writes, in place
  of the lock);
* the newest copy could not be written, and is in memory.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import anyio.to_thread

from wheelyard.catalog import PageRow
from wheelyard.catalog.renewals import Renewal, Written
from wheelyard.clock import Instant
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import Loaded, Unchanged, Validators
from wheelyard.repository.batches import Batches
from wheelyard.repository.believing import Believing
from wheelyard.repository.flights import Spawner
from wheelyard.repository.keepers import PAGE_CHANGED, PageKeeper, kept_page, page_row
from wheelyard.repository.keeping import Answered, Keeping
from wheelyard.repository.packing import pack_now, unpack_project
from wheelyard.repository.unkept import written

__all__ = ["Kept", "Renewed", "Renewing"]

_MOST = 500
"""How many pages are written in one transaction: others who write wait for no longer than that."""


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a door said of a page: a row to be written, and the project that it stands for.

    ``is_confirmed``: it said that nothing has changed.
    """

    row: PageRow
    project: Project
    seen_at: Instant | None
    is_confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that was written, and whether the ledger has a file of its project."""

    answered: Answered[Project]
    has_evidence: bool


class Renewing:
    """Asks for pages, and writes what comes in batches."""

    def __init__(
        self,
        keeper: PageKeeper,
        keeping: Keeping[Project],
        believing: Believing[Project],
        spawn: Spawner,
    ) -> None:
        """Ask through ``keeper``, and tell ``keeping`` what is not as it was."""
        self._keeper = keeper
        self._keeping = keeping
        self._believing = believing
        self._batches: Batches[Renewed, Written | None] = Batches(self._write, spawn, _MOST)

    async def ask(self, name: ProjectName, *, is_new: bool = False) -> Renewed | None:
        """Ask for the page of ``name`` now; None if that is a question for ``Cached``.

        ``is_new`` is a guess that nothing is held of it, which saves looking: if it is wrong, that
        shows when the page is to be written.

        Raises:
            Absent: the door has no such project, and nothing is held of it.
            Unavailable: it could not answer; what is held stays.
        """
        keeper = self._keeper
        if keeper.is_unkept(name):
            return None
        row = None if is_new else self._load(name)
        validators = Validators(row.url, row.etag, row.last_modified) if row else None
        try:
            answer = await keeper.ask(name, validators)
        except Absent as error:
            if row is not None or (is_new and self._load(name) is not None):
                return None
            self._keeping.note_absent(name, error)
            raise
        if isinstance(answer, Unchanged):
            return await self._confirmed(row, answer) if row is not None else None
        return await self._changed(name, row, answer)

    async def keep(self, renewed: Renewed) -> Kept | None:
        """Write what was said, durably; None if somebody else was there first.

        Raises:
            Unavailable: it cannot be written.
        """
        written = await self._batches.add(renewed)
        if written is None:
            return None
        name = renewed.row.project
        self._keeper.drop_unkept(name)
        self._keeping.expire(name)
        kept = kept_page(renewed.row, renewed.project, written.revision)
        how: Literal["renewed", "miss"] = "renewed" if renewed.is_confirmed else "miss"
        return Kept(self._keeping.answer(kept, how), written.has_evidence)

    def _load(self, name: ProjectName) -> PageRow | None:
        """Return the page that is held."""
        return self._keeper.parts.catalog.pages.load_now(self._keeper.parts.owner, name)

    async def _confirmed(self, row: PageRow, answer: Unchanged) -> Renewed:
        """Return the news that what is held is still good."""
        now, lifetime = self._keeper.parts.clock.now(), answer.lifetime_seconds
        confirmed = replace(row, checked_at=now, lifetime_seconds=lifetime)
        project = await unpack_project(row.model)
        return Renewed(confirmed, project, row.checked_at, is_confirmed=True)

    async def _changed(
        self, name: ProjectName, row: PageRow | None, answer: Loaded[Project]
    ) -> Renewed | None:
        """Return a page that is to be written, unless it is to be doubted."""
        now = self._keeper.parts.clock.now()
        fresh = page_row(self._keeper.parts.owner, name, answer, now)
        kept = kept_page(row, await unpack_project(row.model), row.revision) if row else None
        states = {page.status.status for page in (answer.value, kept and kept.value) if page}
        if "quarantined" in states:  # first, so that pins never bring back what was taken down
            await self._keeper.parts.catalog.pins.note_page(fresh.owner, answer.value)
        if row is None or kept is None:
            return Renewed(fresh, answer.value, None)
        if self._believing.is_doubtful(kept, answer):
            return None
        return Renewed(fresh, self._believing.remembering(kept, answer).value, row.checked_at)

    async def _write(self, batch: Sequence[Renewed]) -> Sequence[Written | WheelyardError | None]:
        """Write one batch."""
        parts = self._keeper.parts
        renewals = await anyio.to_thread.run_sync(_renewals, batch)
        done = await written(parts.catalog.renewals.write(renewals, PAGE_CHANGED), parts.alarms)
        if done is None:
            raise Unavailable("The catalog", "the disk does not take it", failing="disk")
        return done


def _renewals(batch: Sequence[Renewed]) -> list[Renewal]:
    """Return what is to be written; all of it is packed in one go, off the loop."""
    return [
        Renewal(each.row, b"" if each.is_confirmed else pack_now(each.project), each.seen_at)
        for each in batch
    ]
