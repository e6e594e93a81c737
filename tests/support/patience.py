"""Waiting for what raises no event, such as another process or a thread."""

from collections.abc import Callable

import anyio

__all__ = ["until"]


async def until(holds: Callable[[], bool], seconds: float = 30.0) -> None:
    """Return as soon as ``holds`` does.

    Raises:
        TimeoutError: it does not in time.
    """
    with anyio.fail_after(seconds):
        while not holds():  # noqa: ASYNC110 - see the module
            await anyio.sleep(0.01)
