"""The start and the end of an application: its errors reach whoever started it."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from wheelyard.errors import ConfigError, Unavailable
from wheelyard.server.lifespan import Lifespan

pytestmark = pytest.mark.anyio

Message = dict[str, str]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


async def obedient(scope: dict[str, dict[str, str]], receive: Receive, send: Send) -> None:
    """Start and end when told to."""
    await receive()
    scope["state"]["index"] = "main"
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await send({"type": "lifespan.shutdown.complete"})


async def test_lifespan_of_an_obedient_application_hands_over_its_state() -> None:
    """What the application leaves in the state is there for its requests."""
    async with asyncio.TaskGroup() as tasks:
        lifespan = Lifespan(obedient, tasks)

        has_started = await lifespan.startup()
        await lifespan.shutdown(10)

    assert has_started
    assert lifespan.state == {"index": "main"}


async def test_startup_that_raises_raises_the_same() -> None:
    """The sentence of a ConfigError reaches the person who started the server."""

    async def app(scope: object, receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.failed", "message": "Traceback ..."})
        raise ConfigError("The directory is full.")

    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(ConfigError, match=r"^The directory is full\.$"):
            await Lifespan(app, tasks).startup()


@pytest.mark.parametrize("waits", [False, True])
async def test_startup_that_says_it_failed_is_unavailable(*, waits: bool) -> None:
    """An application may also only say so, and may then wait to be told to end."""

    async def app(scope: object, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.failed", "message": "no disk"})
        if waits:
            await receive()

    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(Unavailable, match="no disk"):
            await Lifespan(app, tasks).startup()


async def test_startup_that_only_returns_is_unavailable() -> None:
    """An application without a lifespan is not one of ours."""

    async def app(scope: object, receive: Receive, send: Send) -> None:
        return

    async with asyncio.TaskGroup() as tasks:
        with pytest.raises(Unavailable, match="early end"):
            await Lifespan(app, tasks).startup()


async def test_startup_which_is_not_wanted_any_more_is_cancelled() -> None:
    """A server that hangs in its start can be told to end."""
    cancelled = asyncio.Event()

    async def app(scope: object, receive: Receive, send: Send) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    async with asyncio.TaskGroup() as tasks:
        has_started = await Lifespan(app, tasks).startup(is_wanted=lambda: False)

    assert not has_started


async def test_shutdown_that_raises_raises_the_same() -> None:
    """What goes wrong in the end is told as well."""

    async def app(scope: object, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        raise ConfigError("The disk is gone.")

    async with asyncio.TaskGroup() as tasks:
        lifespan = Lifespan(app, tasks)
        await lifespan.startup()

        with pytest.raises(ConfigError, match="gone"):
            await lifespan.shutdown(10)


async def test_shutdown_that_hangs_is_cancelled() -> None:
    """The end has a deadline."""

    async def app(scope: object, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        lifespan = Lifespan(app, tasks)
        await lifespan.startup()

        with pytest.raises(TimeoutError):
            await lifespan.shutdown(0)


async def test_shutdown_without_a_start_does_nothing() -> None:
    """What did not start need not end."""
    async with asyncio.TaskGroup() as tasks:
        await Lifespan(obedient, tasks).shutdown(0)
