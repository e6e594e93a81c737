"""Clients that hold a connection and do nothing with it: G13.

In CI a thousand of them; ``WHEELYARD_CAMPAIGN=30`` is ten thousand of each kind.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from chaos.campaign import Campaign, count
from chaos.crowd import allow_sockets
from faults.yard import Yard, eventually, open_yard
from support.packages import make_wheel
from support.simulator import Simulator

OF_EACH_KIND = count(334, most=10_000)
STRICT = {
    "server.header_seconds": 2,
    "server.body_seconds": 2,
    "server.idle_seconds": 2,
    "server.write_stall_seconds": 2,
    "server.max_connections": 0,
}
LENGTH = 5_000_000
MOST_GROWN = 200 << 20
_SPARE = 200
"""Descriptors that the test needs for itself."""


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    """A server that waits for nobody."""
    with (
        Simulator() as upstream,
        open_yard(tmp_path_factory.mktemp("strict") / "data", upstream, settings=STRICT) as yard,
    ):
        yield yard


def resident_bytes(yard: Yard) -> int:
    """Return the memory of the server that is no file."""
    lines = Path(f"/proc/{yard.server.process.pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon:"))


def test_idle_and_slow_sockets_hold_nobody_up(campaign: Campaign, strict: Yard) -> None:
    """Idle, in the middle of a header, or reading nothing: others are served, all are closed."""
    package = make_wheel("among-them", "1.0", payload_bytes=LENGTH)
    strict.upstream.add(package)
    path = strict.path_of(package)
    strict.client.ask(path)
    beginnings: dict[str, Callable[[], bytes]] = {
        "idle": lambda: strict.client.render("/-/live"),
        "slow-header": lambda: b"GET /simple/ HTTP/1.1\r\nHost: index.example\r\nX-More: ",
        "slow-read": lambda: strict.client.render(path),
    }
    of_each = min(OF_EACH_KIND, (allow_sockets() - _SPARE) // len(beginnings))
    for each in campaign.rounds(1, most=5):
        with each, ExitStack() as stack:
            before = resident_bytes(strict)
            kinds = [kind for kind in beginnings for _ in range(of_each)]
            each.random.shuffle(kinds)
            for number, kind in enumerate(kinds):
                held = stack.enter_context(socket.create_connection(strict.client.address, 60))
                held.sendall(beginnings[kind]())
                if number % 100 == 0:
                    assert strict.client.page("among-them").status == 200
            good = strict.client.ask(path)
            grown = resident_bytes(strict) - before
            eventually(lambda: open_connections(strict) == 1, "all of them are closed")
            campaign.note(sockets=len(kinds), grown_bytes=grown)

            assert good.body == package.content
            assert grown <= MOST_GROWN
    assert strict.client.ask(path).body == package.content


def open_connections(yard: Yard) -> int:
    """Return how many connections the server has, that of this question included."""
    found: int = yard.client.ask("/-/status").json()["open_connections"]
    return found
