"""Commands that go on for long, and are stopped by whoever started them."""

import signal

import anyio

__all__ = ["stop_on_signal"]


async def stop_on_signal(scope: anyio.CancelScope) -> None:
    """Cancel ``scope`` on Ctrl-C and SIGTERM; the second one is as it always was."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for _ in signals:
            scope.cancel()
            return
