"""Watching the disk: an alarm begins when there is little room, and ends when all works again.

Whoever fails to write or read says so at once (``blobs/alarms.py``); the end is looked for here,
once a second, so that no restart is needed and nobody has to ask for anything first.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import anyio

from wheelyard.blobs import Alarms, DiskThreads, Trouble, read_whole
from wheelyard.catalog import DataDirectory, prove_writable
from wheelyard.errors import WheelyardError

__all__ = ["DiskWatch", "Writable"]

_LOOK_SECONDS = 1.0
_READ_AGAIN_LOOKS = 5
"""What the disk could not read is tried again after so many looks: it may be a large file."""


class Writable(Protocol):
    """Something that can say whether it can be written; the catalog's ``Scrubs``."""

    async def prove_writable(self) -> None:
        """Write something.

        Raises:
            Unavailable: that does not work.
        """


@dataclass(slots=True)
class DiskWatch:
    """Looks after the disk of one data directory for one process."""

    alarms: Alarms
    directory: DataDirectory
    catalog: Writable
    min_free_bytes: int
    disk: DiskThreads = field(default_factory=DiskThreads)
    _looks: int = 0

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await anyio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Begin and end alarms by how things are now."""
        lasting, self._looks = self.alarms.lasting, self._looks + 1
        problem = await self._room_problem()
        if problem:
            self.alarms.begin(Trouble.NOT_KEPT, problem)
        elif Trouble.NOT_KEPT in lasting and await self._can_write():
            self.alarms.end(Trouble.NOT_KEPT)
        unreadable = lasting.get(Trouble.UNREADABLE)
        is_due = self._looks % _READ_AGAIN_LOOKS == 0
        if unreadable and is_due and await self.disk.run(_can_read, unreadable.subject):
            self.alarms.end(Trouble.UNREADABLE)

    async def _room_problem(self) -> str:
        """Return why there is too little room; nothing if there is enough."""
        try:
            free = await self.disk.run(self.directory.free_bytes)
        except OSError as error:
            return f"the disk says: {error.strerror or error}"
        if free >= self.min_free_bytes:
            return ""
        kept = f"{self.min_free_bytes} are kept free by `[store] min_free_bytes`"
        return f"the disk has {free} bytes free and {kept}; make room"

    async def _can_write(self) -> bool:
        """Say whether files and rows can be written and survive."""
        try:
            await self.disk.run(prove_writable, self.directory.spool)
            await self.catalog.prove_writable()
        except (OSError, WheelyardError):
            return False
        return True


def _can_read(subject: str) -> bool:
    """Say whether a file can be read, or is not there any more; touches the disk."""
    try:
        return read_whole(Path(subject)).sha256 is not None
    except FileNotFoundError:
        return True
    except OSError:
        return False
