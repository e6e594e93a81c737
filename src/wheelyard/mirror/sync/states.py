"""States: what has become of projects, written down in batches while a run goes on.

A run that is killed loses the last batch, and looks at those projects again: nothing of them is
fetched twice, because what is held is looked at first.
"""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress

import anyio

from wheelyard.decide.mirroring import State
from wheelyard.errors import Unavailable

__all__ = ["States"]

_AT_ONCE = 500
_AT_LEAST_EVERY_SECONDS = 1.0


class States:
    """Collects states, and saves many of them at once."""

    def __init__(self, save: Callable[[Sequence[State]], Awaitable[None]]) -> None:
        """Write down with ``save``."""
        self._save = save
        self._waiting: list[State] = []
        self._saving = anyio.Lock()

    async def put(self, state: State) -> None:
        """Write down ``state`` soon; with enough others now."""
        self._waiting.append(state)
        if len(self._waiting) >= _AT_ONCE:
            await self._try()

    async def flush(self) -> None:
        """Write down everything that waits.

        Raises:
            Unavailable: the catalog cannot be written now; it waits on.
        """
        async with self._saving:
            states = self._waiting
            self._waiting = []
            try:
                await self._save(states)
            except BaseException:
                self._waiting = [*states, *self._waiting]
                raise

    async def run(self) -> None:
        """Write down what waits, again and again, until cancelled."""
        while True:
            await anyio.sleep(_AT_LEAST_EVERY_SECONDS)
            await self._try()

    async def _try(self) -> None:
        """Write down what waits, if that works now."""
        with suppress(Unavailable):
            await self.flush()
