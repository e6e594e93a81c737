"""The doors of a simulator can be shut, muted, darkened and given bad certificates."""

import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from support.packages import make_wheel
from support.simulator import (
    Blackhole,
    Simulator,
    Trust,
    ask,
    dead_name_url,
    running_simulator,
    status,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds one wheel."""
    with running_simulator() as running:
        running.add(make_wheel("demo", "1.0"))
        yield running


def _connect(url: str, patience_seconds: float = 180) -> socket.socket:
    parts = urlsplit(url)
    address = (parts.hostname or "", parts.port or 0)
    return socket.create_connection(address, timeout=patience_seconds)


async def test_simulator_runs_in_an_async_block_too() -> None:
    """An async test has the same simulator, and may wait for requests without blocking."""
    async with Simulator() as upstream:
        upstream.add(make_wheel("demo", "1.0"))

        reply = ask(f"{upstream.url}demo/")
        await upstream.seen("page")

    assert reply.status == 200


def test_door_that_is_down_refuses(upstream: Simulator) -> None:
    """Nothing listens on the port any more."""
    upstream.down()

    with pytest.raises(ConnectionRefusedError):
        _connect(upstream.url)


def test_door_that_is_up_again_has_its_old_port(upstream: Simulator) -> None:
    """A client that kept the address finds the server again."""
    url = upstream.url
    upstream.down()

    upstream.up()

    assert upstream.url == url
    assert ask(url).status == 200


def test_going_down_breaks_open_connections(upstream: Simulator) -> None:
    """A kept connection does not outlive its server."""
    connection = _connect(upstream.url)
    connection.sendall(b"GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n")
    connection.recv(65536)

    upstream.down()

    with connection, pytest.raises(ConnectionResetError):
        connection.recv(1)


def test_files_can_go_down_alone(upstream: Simulator) -> None:
    """The file host has troubles of its own."""
    upstream.down("files")

    assert ask(upstream.url).status == 200
    with pytest.raises(ConnectionRefusedError):
        _connect(upstream.files_url)


def test_vanished_door_lets_attempts_time_out(upstream: Simulator) -> None:
    """Nobody answers, not even to say no."""
    upstream.vanish()

    with pytest.raises(TimeoutError):
        _connect(upstream.url, patience_seconds=0.2)


def test_vanished_door_comes_back(upstream: Simulator) -> None:
    """The end of an outage is part of a test."""
    upstream.vanish()

    upstream.up()

    assert ask(upstream.url).status == 200


def test_mute_door_takes_connections_and_says_nothing(upstream: Simulator) -> None:
    """A hung server is not a missing one."""
    upstream.mute()

    with _connect(upstream.url) as connection:
        connection.sendall(b"GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_blackhole_swallows_attempts_to_connect() -> None:
    """A black hole needs no simulator around it."""
    with Blackhole() as hole, pytest.raises(TimeoutError):
        _connect(hole.url, patience_seconds=0.2)


def test_dead_name_is_never_resolved() -> None:
    """The name lies under a domain that no one can register."""
    assert str(urlsplit(dead_name_url()).hostname).endswith(".invalid")


def test_port_is_free_after_the_block() -> None:
    """A simulator leaves nothing behind."""
    with running_simulator() as upstream:
        url = upstream.url

    with pytest.raises(ConnectionRefusedError):
        _connect(url)


def test_held_answers_do_not_keep_a_simulator_from_ending() -> None:
    """A test may end in the middle of a request."""
    with running_simulator() as upstream, _connect(upstream.url) as connection:
        upstream.latency_seconds = 60
        connection.sendall(b"GET /simple/ HTTP/1.1\r\nHost: x\r\n\r\n")
        upstream.wait_until_seen("root")

    assert upstream.asked("root")[0].aborted


# --- TLS ------------------------------------------------------------------------------------------


def _trusting(upstream: Simulator) -> ssl.SSLContext:
    return ssl.create_default_context(cadata=upstream.authority_pem.decode())


def test_good_certificate_is_accepted_by_who_trusts_the_authority() -> None:
    """Everything works over TLS as well."""
    with running_simulator(tls="good") as upstream:
        upstream.add(make_wheel("demo", "1.0"))
        upstream.fault("root", status(503))

        page = ask(f"{upstream.url}demo/", trust=_trusting(upstream))
        root = ask(upstream.url, trust=_trusting(upstream))

    assert upstream.url.startswith("https://")
    assert (page.status, root.status) == (200, 503)
    assert f'href="{upstream.base_url}/packages/' in page.text


@pytest.mark.parametrize(
    ("trust", "reason"),
    [
        ("expired", "expired"),
        ("wrong-host", "IP address mismatch"),
        ("unknown-ca", "unable to get local issuer|self.signed|signature failure"),
    ],
)
def test_bad_certificate_is_bad_in_the_way_asked_for(trust: Trust, reason: str) -> None:
    """A client that checks certificates has each reason to refuse."""
    with running_simulator(tls=trust) as upstream:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            ask(upstream.url, trust=_trusting(upstream))

        assert upstream.count() == 0


def test_certificate_may_turn_bad_and_good_again() -> None:
    """Who trusts the authority is not told of another one."""
    with running_simulator(tls="good") as upstream:
        trust = _trusting(upstream)
        upstream.show("expired")
        with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
            ask(upstream.url, trust=trust)
        upstream.show("good")

        assert ask(upstream.url, trust=trust).status == 200


def test_large_file_arrives_over_tls() -> None:
    """Larger than what the kernel takes at once."""
    package = make_wheel("large", "1.0", payload_bytes=2_000_000)
    with running_simulator(tls="good") as upstream:
        upstream.add(package)
        path = upstream.state.projects["large"].listings[0].path

        answer = ask(f"{upstream.base_url}{path}", trust=_trusting(upstream))

    assert answer.body == package.content
