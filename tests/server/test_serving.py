"""From settings to an application: its life, its address, its limits."""

from pathlib import Path

import anyio
import pytest

from server.asgi import Call
from wheelyard.clock import Instant
from wheelyard.errors import ConfigError
from wheelyard.server import serving
from wheelyard.server.exchange import Message
from wheelyard.server.process import Worker
from wheelyard.server.serving import (
    Application,
    make_application,
    serve,
)
from wheelyard.settings import LogSettings, Settings, load_settings

pytestmark = pytest.mark.anyio

NOW = Instant(1_790_000_000.0)


def settings_for(data: Path, **variables: str) -> Settings:
    """Return settings for a server whose upstream is not there."""
    flags = {"store.data": str(data), "upstream.urls": ("http://127.0.0.1:9/simple/",)}
    environment = {f"WHEELYARD__{name}": value for name, value in variables.items()}
    return load_settings(flags, environment, data)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings as they are read before there is an event loop."""
    return settings_for(tmp_path)


class Life:
    """The lifespan of an application, one event at a time. Source: ASGI 3.0."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.changed = anyio.Event()
        self._events = iter(("lifespan.startup", "lifespan.shutdown"))
        self.ends = anyio.Event()

    async def receive(self) -> Message:
        """Say "start" at once and "end" when the test does."""
        event = next(self._events)
        if event == "lifespan.shutdown":
            await self.ends.wait()
        return {"type": event}

    async def send(self, message: Message) -> None:
        """Take note of what the application says."""
        self.said.append(message["type"])
        self.changed.set()


@pytest.mark.blocking  # its files are opened and closed while nobody is served
async def test_application_serves_between_its_start_and_its_end(settings: Settings) -> None:
    """Nobody is answered before; the program is closed after."""
    application = Application(settings, Worker(), {}, NOW)
    early, call, life = Call("/-/live"), Call("/-/live"), Life()
    await application(early.scope, early.receive, early.send)

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(application, {"type": "lifespan"}, life.receive, life.send)
            await life.changed.wait()
            await application(call.scope, call.receive, call.send)
            life.ends.set()

    assert early.messages == []
    assert (call.status, call.body) == (200, b"alive\n")
    assert life.said == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_application_leaves_other_protocols_alone(settings: Settings) -> None:
    """A web socket is nothing that we speak."""
    application, call = Application(settings, Worker(), {}, NOW), Call()

    await application({**call.scope, "type": "websocket"}, call.receive, call.send)

    assert call.messages == []


def test_application_is_made_in_its_own_process(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the logs of that process set up."""
    configured: list[tuple[LogSettings, int]] = []

    def take(logs: LogSettings, worker: int) -> None:
        configured.append((logs, worker))

    monkeypatch.setattr(serving, "configure_logs", take)

    application = make_application(settings, {}, NOW, Worker())

    assert isinstance(application, Application)
    assert configured == [(settings.logs, 0)]


def test_server_that_cannot_listen_says_so(tmp_path: Path) -> None:
    """Before anything is announced."""
    data, socket = tmp_path / "data", tmp_path / "missing" / "w.sock"
    settings = settings_for(data, SERVER__UDS=str(socket))
    announced: list[str] = []

    with pytest.raises(ConfigError):
        serve(settings, {}, announced.append)

    assert announced == []
    assert not data.joinpath("run", "server.json").exists()
