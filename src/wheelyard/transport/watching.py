"""Being told that something changed beneath a directory.

What a kernel tells is a hint and not the truth: watches run out, network file systems say nothing,
and a directory may be unmounted under a watch. So who waits here waits no longer than it says, and
looks for itself; where nothing can be watched at all, that is a second at most.
"""

import logging
import os
from pathlib import Path
from threading import Event
from typing import Final

import anyio
import anyio.to_thread
import watchfiles

__all__ = ["Watch"]

_LOG = logging.getLogger(__name__)

_UNWATCHED_SECONDS: Final = 1.0
"""How long one waits where nobody tells."""

_STEP_MILLISECONDS: Final = 50
_GATHER_MILLISECONDS: Final = 200
"""Changes that come together are told together, and none is told later than this."""

_ALIVE_MILLISECONDS: Final = 1_000
"""How often a watch makes sure that its directory is still the one under its name."""

_Identity = tuple[int, int]


class Watch:
    """A watch over one directory and all beneath it; ``run`` it in a task of its own."""

    def __init__(self, directory: Path, ignored: Path | None = None) -> None:
        """Watch ``directory``, but for what is in ``ignored``."""
        self._directory = directory
        self._ignored = ignored
        self._news = anyio.Event()
        self.is_watching = False
        self._is_told = False

    async def changed(self, most_seconds: float) -> None:
        """Return once something changed, or after ``most_seconds``."""
        seconds = most_seconds if self.is_watching else min(most_seconds, _UNWATCHED_SECONDS)
        with anyio.move_on_after(seconds):
            await self._news.wait()
        self._news = anyio.Event()

    def nudge(self) -> None:
        """Have who waits look now."""
        self._news.set()

    async def run(self) -> None:
        """Watch until cancelled; again if the directory comes back, or is another one."""
        while True:
            stop = Event()
            async with anyio.create_task_group() as tasks:
                # A thread that watches is not cancelled; it looks at the event.
                tasks.start_soon(_set_at_the_end, stop)
                try:
                    await self._watch(stop)
                except* (OSError, RuntimeError) as errors:
                    # One is a name that is not in the system's encoding: anybody may make one.
                    self._tell_once(errors)
                self.is_watching = False
                tasks.cancel_scope.cancel()
            self._news.set()
            await anyio.sleep(_UNWATCHED_SECONDS)

    async def _watch(self, stop: Event) -> None:
        """Tell of changes until the directory is no longer the one under its name.

        Raises:
            OSError: it is not there, or the system has no watch left.
        """
        watched = await anyio.to_thread.run_sync(_identity, self._directory)
        directory, ignored = await anyio.to_thread.run_sync(self._resolved)
        changes = watchfiles.awatch(
            directory,
            watch_filter=None,
            debounce=_GATHER_MILLISECONDS,
            step=_STEP_MILLISECONDS,
            stop_event=stop,
            rust_timeout=_ALIVE_MILLISECONDS,
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        self.is_watching = True
        self._news.set()  # what changed before this moment, nobody told
        async for some in changes:
            if any(not f"{path}/".startswith(ignored) for _, path in some):
                self._news.set()
            elif not some and await anyio.to_thread.run_sync(_identity, self._directory) != watched:
                return

    def _resolved(self) -> tuple[str, str]:
        """Return the directory as changes name it, and how the names of those that do not count.

        No path begins with a null character.
        """
        ignored = "\0" if self._ignored is None else f"{os.path.realpath(self._ignored)}/"
        return os.path.realpath(self._directory), ignored

    def _tell_once(self, errors: ExceptionGroup[OSError | RuntimeError]) -> None:
        """Say that changes are looked for now and then, if it was not said."""
        error = _first(errors)
        if self._is_told or isinstance(error, FileNotFoundError):
            return
        self._is_told = True
        _LOG.warning(
            "`%s` cannot be watched (%s), so it is looked through now and then instead.",
            self._directory,
            error,
        )


async def _set_at_the_end(stop: Event) -> None:
    """Set ``stop`` when this task is cancelled."""
    try:
        await anyio.sleep_forever()
    finally:
        stop.set()


def _first(error: BaseException) -> BaseException:
    """Return the error itself, however often it was wrapped."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _identity(directory: Path) -> _Identity:
    """Return what tells a directory from another one under the same name."""
    status = directory.stat()
    return status.st_dev, status.st_ino
