"""From settings to an application: its life, its address, its limits."""

from ipaddress import ip_network
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
    _limits,
    address_of,
    local_address,
    make_application,
    serve,
)
from wheelyard.settings import LogSettings, ServerSettings, Settings, load_settings

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

    with anyio.fail_after(30):
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


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (ServerSettings(), "http://127.0.0.1:8765/"),
        (ServerSettings(host="0.0.0.0"), "http://127.0.0.1:8765/"),
        (ServerSettings(host="::"), "http://[::1]:8765/"),
        (ServerSettings(host="::1"), "http://[::1]:8765/"),
        (ServerSettings(host="index.example"), "http://index.example:8765/"),
        (ServerSettings(tls_cert=Path("a.pem")), "https://127.0.0.1:8765/"),
        (ServerSettings(uds=Path("/run/w.sock")), "http+unix:///run/w.sock/"),
    ],
)
def test_address_is_one_that_a_client_here_can_use(server: ServerSettings, expected: str) -> None:
    """A wildcard is an address to listen on, not to go to."""
    assert address_of(server, 8765) == expected
    assert local_address(server, 8765) == expected


def test_address_that_is_configured_is_told_to_people_and_not_to_programs_here() -> None:
    """`wheelyard status` must not go through the proxy of the world outside."""
    server = ServerSettings(base_url="https://index.example/py")

    assert address_of(server, 8765) == "https://index.example/py/"
    assert local_address(server, 8765) == "http://127.0.0.1:8765/"


def test_limits_are_those_of_the_settings(tmp_path: Path) -> None:
    """This machine and trusted proxies are not counted by address."""
    variables = {"SERVER__HEADER_SECONDS": "3", "SERVER__MAX_CONNECTIONS": "5"}
    settings = settings_for(tmp_path, SERVER__TRUSTED_PROXIES="10.0.0.0/8", **variables)

    limits = _limits(settings)

    assert (limits.header_seconds, limits.max_connections) == (3, 5)
    assert ip_network("10.0.0.0/8") in limits.unlimited_networks
    assert ip_network("127.0.0.0/8") in limits.unlimited_networks


def test_server_that_cannot_listen_says_so(tmp_path: Path) -> None:
    """Before anything is announced."""
    data, socket = tmp_path / "data", tmp_path / "missing" / "w.sock"
    settings = settings_for(data, SERVER__UDS=str(socket))
    announced: list[str] = []

    with pytest.raises(ConfigError):
        serve(settings, {}, announced.append)

    assert announced == []
    assert not data.joinpath("run", "server.json").exists()
