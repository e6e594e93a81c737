"""The simulator itself: contents, style, faults and records behind one name."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Self, TypeVar, Unpack

from support.simulator.contents import Contents
from support.simulator.faults import Fault
from support.simulator.listener import Listener
from support.simulator.message import Door
from support.simulator.pages import Addresses
from support.simulator.record import Recorded, Recorder, Where
from support.simulator.routes import Routes
from support.simulator.server import Server
from support.simulator.site import Site
from support.simulator.style import PYPI, Style
from support.simulator.switches import FaultHandle, Faults, FaultWords
from support.simulator.tls import Identity, Trust, make_identity

__all__ = ["Simulator", "dead_name_url", "running_simulator"]

_PATIENCE_SECONDS = 180.0

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Running:
    """A simulator's thread, its event loop and its server."""

    loop: asyncio.AbstractEventLoop
    thread: threading.Thread
    server: Server


class Simulator(Contents):
    """An upstream index on a real loopback port, with `with` or `async with`.

    It runs in a thread of its own, so a test may block, and every method may be called from
    anywhere. Ports are known once it runs. A `site` replaces `host` and `port`, and wants TLS.
    """

    def __init__(
        self,
        style: Style = PYPI,
        *,
        tls: Trust | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        site: Site | None = None,
    ) -> None:
        super().__init__()
        self._host = host
        self._port = port
        self._site = site
        self._trust = tls
        self._identity: Identity | None = None
        self._recorder = Recorder()
        self._faults = Faults()
        self._routes = Routes(self)
        self._routes.style = style
        self._running: _Running | None = None

    # --- where it is ------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """Return scheme, host and port, without a final slash."""
        return self._routes.addresses.index

    @property
    def url(self) -> str:
        """Return the address of the index, which ends in `/simple/`."""
        return f"{self.base_url}/simple/"

    @property
    def files_url(self) -> str:
        """Return scheme, host and port of the second port, the host of files."""
        return self._routes.addresses.files

    @property
    def port(self) -> int:
        """Return the port of the index."""
        return self._server.doors["index"].port

    @property
    def authority_pem(self) -> bytes:
        """Return the certificate of the authority that clients are told to trust."""
        if self._identity is None:
            raise RuntimeError("this simulator speaks no TLS, or is not running")
        return self._identity.authority_pem

    def show(self, trust: Trust) -> None:
        """Break every connection, and show another certificate from now on.

        Clients go on to trust the authority that they were told of, which made the good one.
        """
        if self._identity is None:
            raise RuntimeError("this simulator speaks no TLS, or is not running")
        identity = make_identity(trust, self._names, self._identity.authority)
        self._server.tls = identity.context
        for door in self._server.doors:
            self._call(partial(self._server.hang_up, door))

    # --- how it looks -----------------------------------------------------------------------------

    @property
    def style(self) -> Style:
        """Return how the index looks; set it at any time."""
        return self._routes.style

    @style.setter
    def style(self, style: Style) -> None:
        self._routes.style = style

    @property
    def latency_seconds(self) -> float:
        """Return how long each answer waits; set it at any time."""
        return self._server.latency_seconds

    @latency_seconds.setter
    def latency_seconds(self, seconds: float) -> None:
        self._server.latency_seconds = seconds

    # --- what goes wrong --------------------------------------------------------------------------

    def fault(self, where: Where, fault: Fault, **words: Unpack[FaultWords]) -> FaultHandle:
        """Spoil answers to the requests meant, and return a handle with which to stop.

        `where` is a kind (`"root"`, `"page"`, `"metadata"`, `"file"`, `"json"`, `"provenance"`), a
        path or glob, `"*"`, or a predicate over requests.
        """
        handle = FaultHandle(where, fault, **words)
        self._faults.add(handle)
        return handle

    def clear_faults(self) -> None:
        """End all faults, and let answers that they hold go on."""
        self._faults.clear()

    def down(self, door: Door | None = None) -> None:
        """Break every connection and refuse new ones; one door only, if one is given."""
        self._turn(door, Listener.refuse)

    def mute(self, door: Door | None = None) -> None:
        """Break every connection, and let new ones be made on which nothing is ever said."""
        self._turn(door, Listener.mute)

    def vanish(self, door: Door | None = None) -> None:
        """Break every connection and let attempts to connect go unanswered."""
        self._turn(door, Listener.darken)

    def up(self, door: Door | None = None) -> None:
        """Serve again, on the same ports."""
        self._turn(door, Listener.open)

    # --- what was asked ---------------------------------------------------------------------------

    @property
    def requests(self) -> list[Recorded]:
        """Return every request, oldest first."""
        return self._recorder.asked()

    def asked(self, where: Where = "*") -> list[Recorded]:
        """Return the requests meant, oldest first; `where` is as for `fault`."""
        return self._recorder.asked(where)

    def count(self, where: Where = "*") -> int:
        """Return how many requests meant have come."""
        return self._recorder.count(where)

    def forget(self) -> None:
        """Forget all requests."""
        self._recorder.forget()

    @property
    def sent_bytes(self) -> int:
        """Return how many bytes of bodies went out."""
        return self._recorder.sent_bytes

    async def seen(self, where: Where = "*", count: int = 1) -> None:
        """Return as soon as `count` requests meant have come."""
        await _patiently(self._recorder.when_seen(where, count))

    def wait_until_seen(self, where: Where = "*", count: int = 1) -> None:
        """Block until `count` requests meant have come; `seen` for tests that are not async."""
        self._recorder.when_seen(where, count).result(_PATIENCE_SECONDS)

    async def settled(self) -> None:
        """Return as soon as no answer is under way, so that records are complete."""
        await _patiently(self._recorder.when_settled())

    def wait_until_settled(self) -> None:
        """Block until no answer is under way; `settled` for tests that are not async."""
        self._recorder.when_settled().result(_PATIENCE_SECONDS)

    # --- starting and stopping --------------------------------------------------------------------

    def __enter__(self) -> Self:
        if self._trust is not None:
            self._identity = make_identity(self._trust, self._names)
        context = self._identity.context if self._identity is not None else None
        server = Server(self, self._routes, self._faults, self._recorder, tls=context)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, name="simulator", daemon=True)
        thread.start()
        self._running = _Running(loop, thread, server)
        try:
            self._call(self._open_doors)
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        mistakes = self._stop()
        if error is None and mistakes:
            raise mistakes[0]

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await asyncio.to_thread(self.__exit__, kind, error, traceback)

    @property
    def _names(self) -> tuple[str, ...]:
        return (self._host,) if self._site is None else tuple(self._site.addresses)

    def _open_doors(self) -> None:
        if self._site is not None:
            self._open_site(self._site)
            return
        index = self._server.listen("index", self._host, self._port)
        files = self._server.listen("files", self._host, 0)
        origin = f"{'http' if self._trust is None else 'https'}://{self._host}"
        self._routes.addresses = Addresses(f"{origin}:{index.port}", f"{origin}:{files.port}")

    def _open_site(self, site: Site) -> None:
        self._server.listen("index", site.index_address, site.port)
        self._server.listen("files", site.files_address, site.port)
        self._routes.addresses = Addresses(f"https://{site.index}", f"https://{site.files}")

    def _stop(self) -> list[Exception]:
        self.clear_faults()
        running, self._running = self._running, None
        if running is None:
            return []
        closing = asyncio.run_coroutine_threadsafe(running.server.close(), running.loop)
        closing.result(_PATIENCE_SECONDS)
        running.loop.call_soon_threadsafe(running.loop.stop)
        running.thread.join(_PATIENCE_SECONDS)
        running.loop.close()
        return running.server.mistakes

    @property
    def _server(self) -> Server:
        if self._running is None:
            raise RuntimeError("the simulator is not running: use `with` or `async with`")
        return self._running.server

    def _turn(self, door: Door | None, change: Callable[[Listener], None]) -> None:
        def turn() -> None:
            for name, listener in self._server.doors.items():
                if door in (None, name):
                    change(listener)
                    self._server.hang_up(name)

        self._call(turn)

    def _call(self, function: Callable[[], Result]) -> Result:
        async def call() -> Result:
            return function()

        if self._running is None:
            raise RuntimeError("the simulator is not running: use `with` or `async with`")
        calling = asyncio.run_coroutine_threadsafe(call(), self._running.loop)
        return calling.result(_PATIENCE_SECONDS)


async def _patiently(coming: Future[None]) -> None:
    await asyncio.wait_for(asyncio.wrap_future(coming), _PATIENCE_SECONDS)


@contextlib.contextmanager
def running_simulator(style: Style = PYPI, *, tls: Trust | None = None) -> Iterator[Simulator]:
    """Run a simulator for the length of a `with` block."""
    with Simulator(style, tls=tls) as upstream:
        yield upstream


def dead_name_url() -> str:
    """Return the address of an index whose name no resolver knows (RFC 2606)."""
    return "http://index.invalid/simple/"
