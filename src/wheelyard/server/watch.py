"""Which connections there are, how many there may be, and who looks after the slow ones.

Knows nothing of HTTP or of uvicorn: ``lane.py`` says what a connection waits for, this module
counts connections and calls each of them once per sweep.
"""

import array
import asyncio
import contextlib
import fcntl
import logging
import os
import socket
import struct
import termios
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Network, ip_address, ip_network
from itertools import islice
from typing import Protocol

__all__ = ["LaneCounters", "LaneLimits", "Watch", "Watched", "bytes_unsent", "reset"]

LOGGER = logging.getLogger("wheelyard.server")

LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))

# Looking at one connection takes about a microsecond; ten thousand of them in one go would be a
# pause that every other client feels.
CONNECTIONS_PER_STEP = 250


@dataclass(frozen=True, slots=True)
class LaneLimits:
    """What one client may ask of one process; 0 connections means no limit.

    Seconds are counted by a sweep and run over by at most two of ``sweep_seconds``.
    ``header_seconds`` is for all headers of a request, from the connection or from the request's
    first byte.  While a client owes a body or has to take an answer, it must move
    ``bytes_per_second`` on average over each ``body_seconds`` or ``write_stall_seconds``.
    ``idle_seconds`` is between two requests; longer than the 60 seconds after which common load
    balancers drop an idle connection, so that it is they who close and never lose a request.
    Addresses in ``unlimited_networks`` (proxies, for instance) have no limit of their own; an IPv6
    address counts as its /64 network, since that is what one customer is given.
    """

    header_seconds: float = 10.0
    body_seconds: float = 10.0
    write_stall_seconds: float = 12.0
    idle_seconds: float = 65.0
    linger_seconds: float = 2.0
    sweep_seconds: float = 1.0
    bytes_per_second: int = 1000
    max_header_bytes: int = 64 * 1024
    max_headers: int = 100
    max_url_bytes: int = 16 * 1024
    max_pipelined: int = 64
    max_connections: int = 0
    max_connections_per_address: int = 0
    unlimited_networks: tuple[IPv4Network | IPv6Network, ...] = LOOPBACK

    @property
    def suspicious_bytes(self) -> int:
        """Headers in fewer bytes than this are within every limit."""
        return min(self.max_header_bytes, self.max_url_bytes)


@dataclass(slots=True)
class LaneCounters:
    """What happened on the connections of this process since it started.

    ``open`` is the present number; the others only grow.  ``refused`` connections came over a
    limit, ``rejected`` requests broke the protocol or were too large, ``timed_out`` connections
    were ended by a deadline (an idle one that is closed is not counted).
    """

    open: int = 0
    accepted: int = 0
    refused: int = 0
    rejected: int = 0
    timed_out: int = 0


class Watched(Protocol):
    """A connection that wants to be looked at once per sweep."""

    def look(self, now: float) -> None:
        """Act on what is overdue at ``now``, in seconds of the event loop's clock."""


@dataclass(slots=True)
class Watch:
    """The connections of one process, and the sweep over them.

    The sweep runs only while there are connections, so an idle process does not wake up for it.
    """

    limits: LaneLimits
    counters: LaneCounters
    connections: set[Watched] = field(default_factory=set)
    admitted: dict[Watched, str | None] = field(default_factory=dict)
    per_address: Counter[str] = field(default_factory=Counter)
    timer: asyncio.Handle | None = None

    def enter(
        self, connection: Watched, address: str | None, loop: asyncio.AbstractEventLoop
    ) -> bool:
        """Take note of a new connection; return False if it comes over a limit.

        A refused connection is watched too, until ``leave``.
        """
        self.connections.add(connection)
        if self.timer is None:
            self.timer = loop.call_later(self.limits.sweep_seconds, self._sweep, loop)
        self.counters.accepted += 1
        limited = self.limits.max_connections_per_address > 0
        key = limit_key(address, self.limits.unlimited_networks) if limited else None
        if self._is_full(key):
            self.counters.refused += 1
            return False
        self.admitted[connection] = key
        self.counters.open += 1
        if key is not None:
            self.per_address[key] += 1
        return True

    def leave(self, connection: Watched) -> None:
        """Forget a connection that has ended."""
        self.connections.discard(connection)
        if connection not in self.admitted:
            return
        key = self.admitted.pop(connection)
        self.counters.open -= 1
        if key is None:
            return
        self.per_address[key] -= 1
        if not self.per_address[key]:
            del self.per_address[key]  # or the table grows with every address ever seen

    def _is_full(self, key: str | None) -> bool:
        limits = self.limits
        if 0 < limits.max_connections <= self.counters.open:
            return True
        return key is not None and self.per_address[key] >= limits.max_connections_per_address

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        self._step(loop, iter(tuple(self.connections)))

    def _step(self, loop: asyncio.AbstractEventLoop, rest: Iterator[Watched]) -> None:
        now = loop.time()
        looked = 0
        for connection in islice(rest, CONNECTIONS_PER_STEP):
            looked += 1
            if connection not in self.connections:  # it ended during this sweep
                continue
            try:
                connection.look(now)
            except Exception:  # the others need their sweep all the more
                LOGGER.exception("A connection could not be looked after.")
        if looked == CONNECTIONS_PER_STEP:
            self.timer = loop.call_soon(self._step, loop, rest)
        elif self.connections:
            self.timer = loop.call_later(self.limits.sweep_seconds, self._sweep, loop)
        else:
            self.timer = None


def limit_key(address: str | None, unlimited: tuple[IPv4Network | IPv6Network, ...]) -> str | None:
    """Return what connections from ``address`` are counted under; None if they are not counted.

    ``address`` is None for a Unix socket.
    """
    if address is None:
        return None
    parsed = ip_address(address.partition("%")[0])
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    if any(parsed in network for network in unlimited):
        return None
    if isinstance(parsed, IPv4Address):
        return str(parsed)
    return str(ip_network((parsed, 64), strict=False))


def reset(transport: asyncio.Transport) -> None:
    """End a connection at once, and forget what its client has not taken.

    A mere close would leave up to megabytes in the kernel, for as long as the client likes.
    """
    sock = transport.get_extra_info("socket")
    if sock is not None:
        with contextlib.suppress(OSError), socket.socket(fileno=os.dup(sock.fileno())) as same:
            same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def bytes_unsent(transport: asyncio.Transport) -> int:
    """Return how many bytes the client has not acknowledged yet, of all that was written to it.

    The kernel's share counts too where it can be asked (Linux): its buffer may hold megabytes, and
    it calls a connection writable only after a third of that is gone, so that for a slow but honest
    reader our own buffer does not move for minutes.
    """
    unsent = transport.get_write_buffer_size()
    sock = transport.get_extra_info("socket")
    if sock is None:
        return unsent
    answer = array.array("i", [0])
    try:
        fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, answer)
    except (OSError, ValueError):  # closed meanwhile, or a system that does not tell
        return unsent
    return unsent + answer[0]
