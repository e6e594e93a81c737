"""Twins: public projects that have turned up under names of ours.

Ours is served all the same, so nobody who installs notices. Whoever looks after the names should:
it may be an accident, or somebody who waits for an installer that asks elsewhere.

Nobody is asked by name. What is compared is the list of all public projects, which is held once
anybody has asked for it, and had renewed once a day while we have names to look for.
"""

import logging
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from typing import Final

import anyio

from wheelyard.errors import WheelyardError
from wheelyard.names import ProjectName

__all__ = ["TwinParts", "TwinWatch"]

_LOG = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 5.0
_RENEW_LOOKS: Final = 24 * 3_600 // 5
_FIRST_RENEWAL_LOOKS: Final = 600 // 5
"""A server that is started for a moment has nobody's list fetched."""


@dataclass(frozen=True, slots=True)
class TwinParts:
    """Whose names are compared.

    ``ours`` are the names that are ours, ``public`` those of the lists that are held, of which
    ``mark`` says whether they may have changed. ``renew`` has the lists fetched if they are old.
    ``merged`` are names of which the twin is known, and wanted.
    """

    ours: Callable[[], Awaitable[Collection[ProjectName]]]
    public: Callable[[], Awaitable[Collection[ProjectName]]]
    mark: Callable[[], Awaitable[object]]
    renew: Callable[[], Awaitable[object]] | None = None
    merged: Collection[ProjectName] = ()


@dataclass(slots=True)
class TwinWatch:
    """Says of each twin, once, that it is there; ``found`` has all of them."""

    parts: TwinParts
    found: set[ProjectName] = field(default_factory=set)
    _public: frozenset[ProjectName] = frozenset()
    _mark: object = None
    _looks: int = 0

    async def run(self) -> None:
        """Look again and again, until cancelled."""
        while True:
            await self.look()
            await anyio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Compare the names as they are held now; what cannot be read is looked at next time."""
        self._looks += 1
        try:
            ours = await self.parts.ours()
            if not ours:
                return
            if self._looks % _RENEW_LOOKS == _FIRST_RENEWAL_LOOKS and self.parts.renew:
                await self.parts.renew()
            mark = await self.parts.mark()
            if mark != self._mark:
                self._public, self._mark = frozenset(await self.parts.public()), mark
        except WheelyardError:
            return
        twins = {name for name in ours if name in self._public and name not in self.parts.merged}
        for name in sorted(twins - self.found):
            _LOG.warning(
                "A public project is called `%s`, as one of ours is. Ours is what is installed "
                "through this server; an installer that asks another index as well may get the "
                "other one. Find out whose it is.",
                name,
            )
        self.found.clear()
        self.found.update(twins)
