"""A running program, served to installers on this machine for as long as a command needs it.

Resolvers and installers speak to an index over HTTP and nothing else. A command that wants to know
what they would do serves its own program on a free port of the loopback interface meanwhile.
"""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.utils import formatdate
from functools import partial
from secrets import token_urlsafe

from uvicorn.server import ServerState

from wheelyard.app import App
from wheelyard.monitor import Board
from wheelyard.server.edge import Edge
from wheelyard.server.operation import Operation
from wheelyard.server.process import STEP_SECONDS, ServeOptions, Worker, make_config
from wheelyard.server.secluded import Secluded

__all__ = ["serving_here"]

_HOST = "127.0.0.1"
_LEAVE_SECONDS = 5.0
"""How long answers may take to end when the command is done with them."""


@asynccontextmanager
async def serving_here(app: App) -> AsyncIterator[str]:
    """Serve ``app`` on a free port of this machine; yield its address, with a slash at its end.

    The address is a secret: other users of the machine can connect to the port, and get nothing.
    """
    worker, secret = Worker(), token_urlsafe(24)
    operation = Operation(app, worker, Board(None, worker.number), app.clock.now())
    secluded = Secluded(Edge(app, operation, None), secret)
    config = make_config(secluded, ServeOptions(), worker.counters)
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", formatdate(time.time(), usegmt=True).encode())]
    make = partial(config.http_protocol_class, config, state, {})  # type: ignore[call-arg]  # uvicorn's
    listener = socket.create_server((_HOST, 0))
    server = await asyncio.get_running_loop().create_server(make, sock=listener)
    try:
        yield f"http://{_HOST}:{listener.getsockname()[1]}/{secret}/"
    finally:
        server.close()
        await _leave(state)


async def _leave(state: ServerState) -> None:
    """Let answers end, and cut what goes on."""
    for connection in list(state.connections):
        connection.shutdown()
    deadline = time.monotonic() + _LEAVE_SECONDS
    while (state.connections or state.tasks) and time.monotonic() < deadline:  # noqa: ASYNC110  # uvicorn has no event
        await asyncio.sleep(STEP_SECONDS)
    for connection in list(state.connections):
        connection.transport.abort()
    for task in list(state.tasks):
        task.cancel()
