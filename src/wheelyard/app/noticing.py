"""Noticing: what anybody changed in the catalog is rendered anew here."""

import anyio

from wheelyard.app.indexes import Indexes
from wheelyard.catalog import INDEX_CHANGED, JournalRow, Watcher
from wheelyard.errors import Unavailable

__all__ = ["Noticing"]

_WATCH_SECONDS = 0.2
"""How often other processes' changes are looked for; they must be seen within a second."""


class Noticing:
    """Follows the journal. Used in the event loop's thread only."""

    def __init__(self, changes: Watcher, indexes: Indexes) -> None:
        """Tell ``indexes`` what ``changes`` brings."""
        self._changes = changes
        self._indexes = indexes
        self._turn = anyio.Lock()

    async def run(self) -> None:
        """Notice changes until cancelled."""
        while True:
            await self.notice()
            await anyio.sleep(_WATCH_SECONDS)

    def tell(self, row: JournalRow) -> None:
        """Have rendered anew what this process has just written, without looking for it.

        Of projects and files only. The next look brings the row once more, which does no harm.
        """
        self._indexes.apply(row)

    async def notice(self) -> None:
        """Notice what has changed until now, whoever changed it."""
        async with self._turn:
            try:
                rows = await self._changes.poll()
            except Unavailable:
                return  # the next look makes up for it
            for row in rows:
                self._indexes.apply(row)
            if any(row.kind == INDEX_CHANGED for row in rows):
                await self._indexes.reload()
