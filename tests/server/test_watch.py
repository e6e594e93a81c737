"""Counting connections, the sweep over them, and what a client has not taken yet."""

import asyncio
import socket
from dataclasses import dataclass, field, replace
from ipaddress import ip_network

import pytest

from wheelyard.server.watch import (
    CONNECTIONS_PER_STEP,
    LaneCounters,
    LaneLimits,
    Watch,
    bytes_unsent,
    limit_key,
    reset,
)

pytestmark = pytest.mark.anyio

GENEROUS_SECONDS = 180.0


@dataclass(eq=False, slots=True)
class Connection:
    """Counts how often it was looked at."""

    looks: int = 0
    looked_at: asyncio.Event = field(default_factory=asyncio.Event)
    is_broken: bool = False

    def look(self, now: float) -> None:
        """Count."""
        self.looks += 1
        self.looked_at.set()
        if self.is_broken:
            raise ZeroDivisionError


QUICK = LaneLimits(sweep_seconds=0.001)


def make_watch(limits: LaneLimits = QUICK) -> Watch:
    """Return a watch that sweeps all the time."""
    return Watch(limits, LaneCounters())


async def test_sweep_looks_at_every_connection_however_many() -> None:
    """The sweep goes in steps, and leaves out nobody."""
    watch = make_watch()
    loop = asyncio.get_running_loop()
    connections = [Connection() for _ in range(CONNECTIONS_PER_STEP * 2 + 1)]
    for connection in connections:
        watch.enter(connection, None, loop)

    async with asyncio.timeout(GENEROUS_SECONDS):
        for connection in connections:
            await connection.looked_at.wait()

    for connection in connections:
        watch.leave(connection)
    assert watch.counters.open == 0


async def test_sweep_survives_a_connection_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """One broken connection does not take away the deadlines of the others."""
    watch = make_watch()
    connections = [Connection(is_broken=number == 3) for number in range(10)]
    for connection in connections:
        watch.enter(connection, None, asyncio.get_running_loop())

    async with asyncio.timeout(GENEROUS_SECONDS):
        for connection in connections:
            await connection.looked_at.wait()

    for connection in connections:
        watch.leave(connection)
    assert "could not be looked after" in caplog.text


async def test_sweep_stops_with_the_last_connection() -> None:
    """An idle process sleeps, and wakes up for the next connection."""
    watch, loop = make_watch(), asyncio.get_running_loop()
    first, second = Connection(), Connection()
    watch.enter(first, None, loop)
    watch.leave(first)
    async with asyncio.timeout(GENEROUS_SECONDS):
        while watch.timer is not None:  # noqa: ASYNC110  # the sweep raises no event
            await asyncio.sleep(0.001)

    watch.enter(second, None, loop)

    async with asyncio.timeout(GENEROUS_SECONDS):
        await second.looked_at.wait()
    watch.leave(second)


async def test_address_is_forgotten_with_its_last_connection() -> None:
    """The table of addresses holds those who are here, not those who ever were."""
    watch = make_watch(replace(QUICK, max_connections_per_address=2))
    loop = asyncio.get_running_loop()
    first, second, third = Connection(), Connection(), Connection()
    admitted = [watch.enter(each, "192.0.2.7", loop) for each in (first, second, third)]

    for each in (first, second, third):
        watch.leave(each)

    assert admitted == [True, True, False]
    assert watch.per_address == {}
    assert (watch.counters.open, watch.counters.refused, watch.counters.accepted) == (0, 1, 3)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        (None, None),
        ("127.0.0.1", None),
        ("::1", None),
        ("::ffff:127.0.0.1", None),
        ("10.1.2.3", None),
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
    ids=str,
)
async def test_address_counts_as_what_one_customer_is_given(
    address: str | None, key: str | None
) -> None:
    """One machine cannot use its billions of IPv6 addresses against the limit."""
    unlimited = (*LaneLimits().unlimited_networks, ip_network("10.0.0.0/8"))

    assert limit_key(address, unlimited) == key


async def test_bytes_unsent_tells_the_share_of_the_kernel() -> None:
    """A slow reader makes progress that our own buffer does not show."""
    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    transport.write(b"x" * 10_000)
    before = bytes_unsent(transport)

    theirs.recv(1 << 20)

    after = bytes_unsent(transport)
    transport.abort()
    theirs.close()
    assert transport.get_write_buffer_size() == 0
    assert before > 0
    assert after == 0


async def test_reset_forgets_what_the_client_has_not_taken() -> None:
    """The client is told at once, and the kernel keeps nothing for it."""
    loop = asyncio.get_running_loop()
    listener = socket.create_server(("127.0.0.1", 0))
    theirs = socket.create_connection(listener.getsockname())
    ours, _ = listener.accept()
    transport, _ = await loop.create_connection(asyncio.Protocol, sock=ours)
    transport.write(b"x" * 100_000)

    reset(transport)

    theirs.setblocking(False)  # noqa: FBT003  # the socket module's own signature
    with pytest.raises(ConnectionResetError):
        await read_to_the_end(theirs)
    theirs.close()
    listener.close()


async def read_to_the_end(sock: socket.socket) -> None:
    """Read until the other side has ended the connection."""
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(GENEROUS_SECONDS):
        while await loop.sock_recv(sock, 1 << 20):
            pass
