"""The group of changes to what is our own, each one transaction: see ``curation.py``."""

from collections.abc import Sequence

import sqlalchemy as sa

from wheelyard.catalog import curation, expiry
from wheelyard.catalog.acceptance import Acceptance, accept
from wheelyard.catalog.audit import Actor
from wheelyard.catalog.base import LedgerRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.curation import Curated, Lifting, Removal, StatusChange, Yank
from wheelyard.catalog.hosting_rows import Published, Tombstone
from wheelyard.catalog.promotion import Promotion, promote
from wheelyard.clock import Clock
from wheelyard.decide.retention import Expiring, RetentionRules

__all__ = ["Curator"]


class Curator:
    """Changes what one catalog has of our own. On disk when a method returns."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def yank(self, wanted: Yank, actor: Actor) -> Curated:
        """Yank or un-yank a release; return the files that were not so before.

        Raises:
            Absent: there is no such release.
        """
        return await self._connections.write(curation.yank, wanted, actor, self._clock.now())

    async def delete(self, wanted: Removal, actor: Actor) -> Curated:
        """Delete a release or a project; return the files that are gone.

        Raises:
            Absent: there is no such release or project.
        """
        return await self._connections.write(curation.delete, wanted, actor, self._clock.now())

    async def set_status(self, wanted: StatusChange, actor: Actor) -> Curated:
        """Give a project a state; the serial is 0 if it had that already.

        Raises:
            Absent: there is no such project.
        """
        return await self._connections.write(curation.set_status, wanted, actor, self._clock.now())

    async def lift(self, wanted: Lifting, actor: Actor) -> Tombstone:
        """Let the name of a deleted file be given to other bytes.

        Raises:
            Absent: no file of that name was deleted.
        """
        return await self._connections.write(curation.lift, wanted, actor, self._clock.now())

    async def promote(self, wanted: Promotion, actor: Actor) -> tuple[Published, ...]:
        """Promote a release to another index; return what became of each file, by name.

        Raises:
            Absent: the source has no such release.
            Conflict: the target has other bytes under one of the names, or had.
            Refused: the source's project is in quarantine, or the target's takes no files.
        """
        return await self._connections.write(promote, wanted, actor, self._clock.now())

    async def accept(self, wanted: Acceptance, actor: Actor) -> LedgerRow:
        """Believe an upstream that a name stands for other bytes now; return what is bound."""
        return await self._connections.write(accept, wanted, actor, self._clock.now())

    async def expiring(self, owner: str, rules: RetentionRules) -> tuple[Expiring, ...]:
        """Return the releases that ``rules`` would have deleted now, by project and age."""
        return await self._connections.read(expiry.plan_of_owner, owner, rules, self._clock.now())

    async def expire(
        self, owner: str, planned: Sequence[Expiring], rules: RetentionRules, actor: Actor
    ) -> tuple[Expiring, ...]:
        """Delete what was planned and is still to be deleted; return that."""
        now = self._clock.now()

        def work(connection: sa.Connection) -> tuple[Expiring, ...]:
            return expiry.expire(connection, expiry.Expiry(owner, planned, rules), actor, now)

        return await self._connections.write(work)
