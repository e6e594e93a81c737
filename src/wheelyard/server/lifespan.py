"""The application's start and end, with its errors kept as they are.

uvicorn's own version logs what goes wrong and exits; a person should read one sentence instead,
and the program decides how to exit.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from uvicorn._types import LifespanScope, LifespanShutdownEvent, LifespanStartupEvent

from wheelyard.errors import Unavailable

__all__ = ["Application", "Lifespan"]

Application = Callable[..., Awaitable[None]]
"""An ASGI 3 application. Its arguments are untyped, as every framework has types of its own."""


STEP_SECONDS = 0.1
"""How often a starting application is asked whether it is still wanted."""


class Lifespan:
    """Runs the lifespan of one application; ``state`` is what it hands to its requests.

    Source: the lifespan part of the ASGI specification, 2.0.
    """

    def __init__(self, app: Application, tasks: asyncio.TaskGroup) -> None:
        self.state: dict[str, object] = {}
        self.should_exit = False
        self._app = app
        self._tasks = tasks
        self._task: asyncio.Task[None] | None = None
        self._inbox: asyncio.Queue[LifespanStartupEvent | LifespanShutdownEvent] = asyncio.Queue()
        self._settled = asyncio.Event()
        self._ended = asyncio.Event()
        self._has_started = False
        self._problem = "its start came to an early end"
        self._error: Exception | None = None

    async def startup(self, *, is_wanted: Callable[[], bool] = lambda: True) -> bool:
        """Return True once the application has started, False if it was not wanted any more.

        Raises:
            Unavailable: the application said that it failed, and raised nothing.
            Exception: whatever the application raised.
        """
        self._inbox.put_nowait({"type": "lifespan.startup"})
        self._task = self._tasks.create_task(self._run())
        while is_wanted() and not self._settled.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(STEP_SECONDS):
                    await self._settled.wait()
        if self._has_started:
            return True
        self._task.cancel()
        if self._error is not None:
            raise self._error
        if self._settled.is_set():
            raise Unavailable("The server", self._problem)
        return False

    async def shutdown(self, seconds: float) -> None:
        """Return once the application has ended; after ``seconds`` it is cancelled.

        Raises:
            TimeoutError: it had to be cancelled.
            Exception: whatever the application raised.
        """
        if self._task is None:
            return
        self._inbox.put_nowait({"type": "lifespan.shutdown"})
        try:
            async with asyncio.timeout(seconds):
                await self._ended.wait()
        except TimeoutError:
            self._task.cancel()
            raise
        if self._error is not None:
            raise self._error

    async def _run(self) -> None:
        scope: LifespanScope = {
            "type": "lifespan",
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "state": self.state,
        }
        try:
            await self._app(scope, self._inbox.get, self._take_note)
        except Exception as error:  # noqa: BLE001  # raised again by whoever waits for us
            self._error = error
        finally:
            self._settled.set()
            self._ended.set()

    async def _take_note(self, message: dict[str, str]) -> None:
        match message["type"]:
            case "lifespan.startup.complete":
                self._has_started = True
                self._settled.set()
            case "lifespan.startup.failed":
                # Not settled: frameworks raise the error itself after this message.
                self._problem = message.get("message", "") or "its start failed"
                self._inbox.put_nowait({"type": "lifespan.shutdown"})  # whoever waits may go
            case _:
                pass
