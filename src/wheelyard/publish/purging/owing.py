"""Telling caches what has changed: written down before, done after, tried again until it is done.

A publish is never held up: each cache is asked once, all at the same time, within a deadline. What
one does not take stays written down, and the next publish or the schedule asks again. One publish
of a target runs at a time, and ``purge_owed`` belongs inside it: what is owed then can be seen.
"""

import hashlib
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import anyio

from wheelyard.catalog.purges import OwedPurge, Purges
from wheelyard.errors import Refused, Unavailable, WheelyardError
from wheelyard.publish.purging.purger import Changed, PurgeBatch, Purged, Purger, address_of

__all__ = ["PurgeParts", "PurgeReport", "Purging"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PurgeParts:
    """What it works with. ``seconds`` is how long all caches together may take."""

    purges: Purges
    purgers: Sequence[Purger]
    instance: str
    index: str
    seconds: float = 60.0


@dataclass(frozen=True, slots=True)
class PurgeReport:
    """What became of the purges of one cache: how many were done, and why the rest was not."""

    purger: str
    done: int
    owed: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Purging:
    """Tells the caches before one target, whose number in the catalog is ``target``."""

    parts: PurgeParts

    async def note(self, target: int, changed: Iterable[Changed]) -> None:
        """Write down what is going to change, before anybody can see it.

        Raises:
            Unavailable: it cannot be written down; then nothing may be changed.
        """
        names = [purger.name for purger in self.parts.purgers]
        owed = [(address_of(each.path), each.key) for each in changed]
        await self.parts.purges.owe(target, names, owed)

    async def purge_owed(self, target: int, serial: int) -> tuple[PurgeReport, ...]:
        """Tell each cache all that it is owed; what it does not take stays owed.

        ``serial`` is the journal's that the target shows now. Never raises because of a cache.

        Raises:
            Unavailable: the catalog cannot be read or written.
        """
        reports: list[PurgeReport] = []
        failure: WheelyardError | None = None
        async with anyio.create_task_group() as tasks:

            async def tell(purger: Purger) -> None:
                nonlocal failure
                try:
                    reports.append(await self._tell(purger, target, serial))
                except WheelyardError as error:
                    failure = error  # carried out by hand: a task group would wrap it

            for purger in self.parts.purgers:
                tasks.start_soon(tell, purger)
        if failure is not None:
            raise failure
        return tuple(sorted(reports, key=lambda report: report.purger))

    async def _tell(self, purger: Purger, target: int, serial: int) -> PurgeReport:
        """Tell one cache, and say what became of it."""
        done, problem = 0, f"it took longer than {self.parts.seconds:g} s"
        with anyio.move_on_after(self.parts.seconds):
            try:
                while count := await self._tell_some(purger, target, serial):
                    done += count
                problem = ""
            except (Unavailable, Refused) as error:
                problem = error.reason.rstrip(".")
        if not problem:
            return PurgeReport(purger.shown, done, 0)
        left = await self.parts.purges.count(target, purger.name)
        _LOG.warning(
            "%s was not told of %d addresses that have changed: %s. The next publish tells it.",
            purger.shown,
            left,
            problem,
        )
        return PurgeReport(purger.shown, done, left, problem)

    async def _tell_some(self, purger: Purger, target: int, serial: int) -> int:
        """Tell one cache of as much as it takes at a time; return how many addresses that was."""
        purges = self.parts.purges
        newest = await purges.newest(target, purger.name)
        if newest is None:
            return 0
        owed = await purges.count(target, purger.name)
        rows = await purges.owed(target, purger.name, purger.batch_size)
        purged = await purger.purge(self._batch(rows, owed, serial))
        with anyio.CancelScope(shield=True):
            if purged is Purged.EVERYTHING:
                await purges.settle_until(target, purger.name, newest)
            else:
                await purges.settle(target, purger.name, rows)
        return owed if purged is Purged.EVERYTHING else len(rows)

    def _batch(self, rows: Sequence[OwedPurge], owed: int, serial: int) -> PurgeBatch:
        """Return what a cache is asked for."""
        parts = self.parts
        said = "".join(f"{each.path}\0{each.since!r}\0" for each in rows)
        digest = hashlib.blake2b(said.encode(), digest_size=16).hexdigest()
        return PurgeBatch(
            identity=f"{parts.instance}-{parts.index}-{serial}-{digest}",
            instance=parts.instance,
            index=parts.index,
            serial=serial,
            paths=tuple(each.path for each in rows),
            keys=tuple(dict.fromkeys(each.key for each in rows)),
            owed=owed,
        )
