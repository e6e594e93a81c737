"""One serving process: start, drain, end. It runs in a thread, told what to do as by signals."""

import asyncio
import contextlib
import http.client
import logging
import resource
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from wheelyard.errors import ConfigError
from wheelyard.server.listen import TlsFiles, bind_sockets, listening_port
from wheelyard.server.process import (
    Ending,
    Hooks,
    ServeOptions,
    Worker,
    raise_open_files_limit,
    run_process,
)
from wheelyard.server.watch import LaneLimits

GENEROUS_SECONDS = 180.0
OPTIONS = ServeOptions(limits=LaneLimits(sweep_seconds=0.02))

Message = dict[str, object]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(slots=True)
class Application:
    """Answers at once, but for /held, which waits for ``gate``; notes what happens to it."""

    worker: Worker
    fails: Exception | None = None
    running: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)
    has_ended: bool = False

    async def __call__(self, scope: dict[str, str], receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["path"] == "/held":
            self.running.set()
            while not self.gate.is_set():  # noqa: ASYNC110  # the gate is another thread's
                await asyncio.sleep(0.005)
        body = b"draining" if self.worker.draining else b"serving"
        headers = [(b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        if self.fails is not None:
            raise self.fails
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self.has_ended = True
        await send({"type": "lifespan.shutdown.complete"})


@dataclass(slots=True)
class Running:
    """A server in a thread: how to reach it and how to end it."""

    application: Application
    port: int
    ending: Ending
    thread: threading.Thread
    connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def connect(self) -> http.client.HTTPConnection:
        """Return a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GENEROUS_SECONDS)
        self.connections.append(connection)
        return connection

    def begin(self, path: str) -> http.client.HTTPConnection:
        """Return a connection whose request the application has begun with."""
        connection = self.connect()
        connection.request("GET", path)
        assert self.application.running.wait(GENEROUS_SECONDS)
        return connection

    def get(self, path: str) -> bytes:
        """Return the body of an answer."""
        connection = self.connect()
        connection.request("GET", path)
        return connection.getresponse().read()

    def join(self) -> bool:
        """Wait for the server to end; say whether it did."""
        self.thread.join(GENEROUS_SECONDS)
        return not self.thread.is_alive()


@contextlib.contextmanager
def run(
    options: ServeOptions = OPTIONS, sockets: Sequence[socket.socket] | None = None
) -> Iterator[Running]:
    """Serve the test application in a thread."""
    sockets = bind_sockets("127.0.0.1", 0) if sockets is None else sockets
    worker = Worker()
    application = Application(worker)
    endings: list[Ending] = []
    started = threading.Event()
    hooks = Hooks(started.set, endings.append)
    port = listening_port(sockets)
    thread = threading.Thread(
        target=run_process, args=(lambda _: application, sockets, options, worker, hooks)
    )
    thread.start()
    assert started.wait(GENEROUS_SECONDS)
    running = Running(application, port, endings[0], thread)
    try:
        yield running
    finally:
        for connection in running.connections:
            connection.close()
        application.gate.set()
        endings[0].cut()
        thread.join(GENEROUS_SECONDS)


def test_process_serves_until_it_is_told_to_drain() -> None:
    """The application starts before the first request, and ends after the last one."""
    with run() as running:
        body = running.get("/")
        running.ending.drain()

        assert running.join()
        assert body == b"serving"
        assert running.application.has_ended


def test_drain_finishes_what_runs_and_takes_nothing_new() -> None:
    """A deployment fails no request."""
    with run() as running:
        connection = running.begin("/held")

        running.ending.drain()

        running.ending.drain()  # as a service manager and a supervisor both may say it
        while not refuses(running.port):
            pass
        running.application.gate.set()
        assert connection.getresponse().read() == b"draining"
        assert running.join()


def test_drain_with_notice_still_serves_while_readiness_is_off() -> None:
    """A load balancer finds out by asking, and may send requests until it has."""
    with run(ServeOptions(limits=OPTIONS.limits, notice_seconds=3600)) as running:
        running.ending.drain()

        assert running.get("/") == b"draining"
        running.ending.cut()
        assert running.join()


def test_drain_cuts_what_takes_too_long(caplog: pytest.LogCaptureFixture) -> None:
    """The end comes, and one line says at whose cost."""
    with run(ServeOptions(limits=OPTIONS.limits, drain_seconds=0.1)) as running:
        connection = running.begin("/held")

        running.ending.drain()

        with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
            connection.getresponse()
        assert running.join()
        assert running.application.has_ended
        worst = [each.getMessage() for each in caplog.records if each.levelno >= logging.WARNING]
        assert worst == ["1 requests were still running after 0.1 seconds and were cut."]


def test_cut_ends_at_once() -> None:
    """The second signal does not wait for anybody."""
    with run() as running:
        running.begin("/held")

        running.ending.cut()

        assert running.join()


def test_error_of_the_start_reaches_the_caller(caplog: pytest.LogCaptureFixture) -> None:
    """One sentence for a person, and nothing in the log."""
    worker = Worker()
    application = Application(worker, fails=ConfigError("The directory is not writable."))
    hooks = Hooks(on_start=lambda: None)
    sockets = bind_sockets("127.0.0.1", 0)

    with pytest.raises(ConfigError, match="not writable"):
        run_process(lambda _: application, sockets, OPTIONS, worker, hooks)

    sockets[0].close()
    assert caplog.records == []


def test_error_of_the_factory_reaches_the_caller() -> None:
    """Settings are judged before anything runs."""

    def factory(worker: Worker) -> Application:
        raise ConfigError("No such index.")

    with pytest.raises(ConfigError, match="No such index"):
        run_process(factory, [], OPTIONS, Worker(), Hooks(on_start=lambda: None))


def test_start_is_given_up_when_told_to_end() -> None:
    """Whoever interrupts a start that hangs is obeyed, and nothing was served."""
    announced: list[bool] = []

    async def app(scope: Message, receive: Receive, send: Send) -> None:
        await asyncio.Event().wait()

    hooks = Hooks(lambda: announced.append(True), control=lambda ending: ending.drain())

    run_process(lambda _: app, [], OPTIONS, Worker(), hooks)

    assert announced == []


def test_tls_is_served_and_its_handshake_is_awaited(tmp_path: Path) -> None:
    """The same server, over TLS."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = TlsFiles(tmp_path / "server.pem")
    issued.private_key_and_cert_chain_pem.write_to_path(str(files.certificate))
    context = ssl.create_default_context()
    authority.configure_trust(context)

    with run(ServeOptions(limits=OPTIONS.limits, tls=files)) as running:
        connection = http.client.HTTPSConnection(
            "127.0.0.1", running.port, timeout=GENEROUS_SECONDS, context=context
        )
        with contextlib.closing(connection):
            connection.request("GET", "/")
            response = connection.getresponse()

            assert response.read() == b"serving"
            assert response.getheader("date") is not None


def test_unix_socket_is_served_and_gone_when_draining_begins(tmp_path: Path) -> None:
    """The next server may take the path while this one finishes its requests."""
    path = tmp_path / "wheelyard.sock"
    with run(sockets=bind_sockets("", 0, path)) as running:
        client = socket.socket(socket.AF_UNIX)
        client.settimeout(GENEROUS_SECONDS)
        client.connect(str(path))
        client.sendall(b"GET /held HTTP/1.1\r\nHost: x\r\n\r\n")
        assert running.application.running.wait(GENEROUS_SECONDS)

        running.ending.drain()

        while path.exists():
            pass
        running.application.gate.set()
        with client, client.makefile("rb") as answer:
            assert answer.read().endswith(b"draining")
        assert running.join()


def test_open_files_limit_is_raised_as_far_as_allowed() -> None:
    """A thousand connections are not many."""
    raise_open_files_limit()

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert soft == hard


def refuses(port: int) -> bool:
    """Say whether nobody listens on ``port``."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=GENEROUS_SECONDS).close()
    except (ConnectionRefusedError, ConnectionResetError):  # reset: it was in the queue
        return True
    return False
