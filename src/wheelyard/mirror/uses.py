"""Uses: which files clients asked for, gathered in memory and written down now and then.

Reading a file must not write to the database, so what is asked for goes into a set, and once in a
while the set goes into the catalog. That is coarse on purpose: it decides what is evicted when the
disk is full, and an hour more or less does not matter there.
"""

import logging

import anyio

from wheelyard.catalog import Catalog
from wheelyard.errors import Unavailable
from wheelyard.names import Sha256

__all__ = ["Uses"]

_LOG = logging.getLogger(__name__)

_FLUSH_SECONDS = 30.0
_MOST = 100_000
"""What is gathered at most; more different files than that in half a minute are not all noted."""


class Uses:
    """The files that this process gave out since it last wrote that down."""

    def __init__(self, catalog: Catalog) -> None:
        """Write into ``catalog``."""
        self._catalog = catalog
        self._noted: set[Sha256] = set()

    def note(self, digest: Sha256 | None) -> None:
        """Remember that somebody asked for a file; costs next to nothing."""
        if digest is not None and len(self._noted) < _MOST:
            self._noted.add(digest)

    async def run(self) -> None:
        """Write down what was used, now and then, and at the end."""
        try:
            while True:
                await anyio.sleep(_FLUSH_SECONDS)
                await self.flush()
        finally:
            with anyio.CancelScope(shield=True):
                await self.flush()

    async def flush(self) -> None:
        """Write down what was used; what cannot be written is forgotten: it is no evidence."""
        noted, self._noted = self._noted, set()
        if not noted:
            return
        try:
            await self._catalog.held.used(noted)
        except Unavailable as error:
            _LOG.debug("The use of %d files was not noted: %s", len(noted), error)
