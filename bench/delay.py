"""A way that takes time: passes connections on, and holds back what goes up for a while.

Run as `python -m bench.delay PORT TARGET SECONDS`. Each request takes that much longer, however
many are under way: what a mirror sees of an upstream that is far away.
"""

import asyncio
import sys
from typing import cast

import uvloop

__all__ = ["serve"]


class _Down(asyncio.Protocol):
    """The way back, which takes no time."""

    def __init__(self, client: asyncio.Transport) -> None:
        self._client = client

    def data_received(self, data: bytes) -> None:
        """Pass on."""
        self._client.write(data)

    def connection_lost(self, error: Exception | None) -> None:
        """End the other half."""
        del error
        self._client.close()


class _Up(asyncio.Protocol):
    """The way there."""

    def __init__(self, target: int, seconds: float) -> None:
        self._target = target
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._upstream: asyncio.Future[asyncio.Transport] = self._loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connect to the target."""
        self._connecting = self._loop.create_task(
            self._connect(cast("asyncio.Transport", transport))
        )

    async def _connect(self, client: asyncio.Transport) -> None:
        try:
            upstream, _ = await self._loop.create_connection(
                lambda: _Down(client), "127.0.0.1", self._target
            )
        except OSError:
            client.close()
            self._upstream.cancel()
        else:
            self._upstream.set_result(upstream)

    def data_received(self, data: bytes) -> None:
        """Pass on, later."""
        self._loop.call_later(self._seconds, self._pass_on, data)

    def connection_lost(self, error: Exception | None) -> None:
        """End the other half, after what is on its way."""
        del error
        self._loop.call_later(self._seconds, self._pass_on, b"")

    def _pass_on(self, data: bytes) -> None:
        if self._upstream.cancelled():
            return
        if not self._upstream.done():
            self._upstream.add_done_callback(lambda _: self._pass_on(data))
        elif data:
            self._upstream.result().write(data)
        else:
            self._upstream.result().close()


async def serve(port: int, target: int, seconds: float) -> None:
    """Pass on until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Up(target, seconds), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])))
