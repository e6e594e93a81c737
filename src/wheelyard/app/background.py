"""What runs for as long as the program does, beside the requests."""

import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass

from anyio.abc import TaskGroup

__all__ = ["Background"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Background:
    """Runs tasks for the program's whole life. One that fails is logged, and ends no other."""

    tasks: TaskGroup

    def start_soon(self, function: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run ``function`` as a task of its own."""
        self.tasks.start_soon(self._run, function)

    async def _run(self, function: Callable[[], Coroutine[None, None, None]]) -> None:
        """Run ``function``; what nobody foresaw must not take the server down."""
        try:
            await function()
        except Exception:  # noqa: BLE001 - the last line: see the docstring
            _LOG.exception("A task in the background failed in a way that nobody foresaw.")
