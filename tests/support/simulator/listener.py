"""A listening port that can be shut, muted and darkened, and keeps its number through all of it."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

__all__ = ["Blackhole", "Listener"]

_BACKLOG = 1024
# Connections that fill an accept queue of one on Linux, with a few to spare.
_FILLERS = 4


class Listener:
    """One port. Its methods belong to the thread of its event loop.

    A second socket is bound to the port and never listens: it keeps the number ours while the port
    is shut, so that nobody else can be given it meanwhile.
    """

    def __init__(self, host: str, port: int, accept: Callable[[socket.socket], None]) -> None:
        self._host = host
        self._accept = accept
        self._reservation = _bind(host, port)
        self.port: int = self._reservation.getsockname()[1]
        self._socket: socket.socket | None = None
        self._fillers: list[socket.socket] = []
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self) -> None:
        """Accept connections; a port that does is left alone."""
        if self._loop is not None:
            return
        self._shut()
        self._socket = self._listen(_BACKLOG)
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._accept_all)

    def refuse(self) -> None:
        """Refuse connections, as a machine does on which nothing is listening."""
        self._shut()

    def mute(self) -> None:
        """Let the kernel take connections on, and never say a word on them."""
        self._shut()
        self._socket = self._listen(_BACKLOG)

    def darken(self) -> None:
        """Let attempts to connect go unanswered, as behind a firewall that drops packets."""
        self._shut()
        self._socket = self._listen(0)
        self._fillers = [_begin_connection(self._host, self.port) for _ in range(_FILLERS)]

    def close(self) -> None:
        """Give the port back."""
        self._shut()
        self._reservation.close()

    def _listen(self, backlog: int) -> socket.socket:
        listening = _bind(self._host, self.port)
        listening.listen(backlog)
        return listening

    def _shut(self) -> None:
        for filler in self._fillers:
            filler.close()
        self._fillers = []
        if self._socket is None:
            return
        if self._loop is not None:
            self._loop.remove_reader(self._socket.fileno())
            self._loop = None
        self._socket.close()
        self._socket = None

    def _accept_all(self) -> None:
        while self._socket is not None:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            connection.setblocking(False)  # noqa: FBT003 - the signature is the standard library's
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._accept(connection)


class Blackhole:
    """A port on which every attempt to connect goes unanswered, inside its `with` block."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self._host = host
        self._listener = Listener(host, 0, socket.socket.close)

    @property
    def url(self) -> str:
        """Return the address of an index that would be there."""
        return f"http://{self._host}:{self._listener.port}/simple/"

    def __enter__(self) -> Self:
        self._listener.darken()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()


def _bind(host: str, port: int, tries: int = 50) -> socket.socket:
    try:
        return _bind_once(host, port)
    except OSError:
        # A process that another thread is starting has our last socket too, for a moment.
        if tries == 0:
            raise
        time.sleep(0.01)
        return _bind(host, port, tries - 1)


def _bind_once(host: str, port: int) -> socket.socket:
    with contextlib.ExitStack() as closed_on_failure:
        bound = closed_on_failure.enter_context(socket.socket())
        bound.setblocking(False)  # noqa: FBT003 - the signature is the standard library's
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
        closed_on_failure.pop_all()
    return bound


def _begin_connection(host: str, port: int) -> socket.socket:
    filler = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    filler.setblocking(False)  # noqa: FBT003 - the signature is the standard library's
    with contextlib.suppress(BlockingIOError):
        filler.connect((host, port))
    return filler
