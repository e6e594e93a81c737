"""Names resolved and judged in one step, so that what was checked is what is connected to.

A name that resolves to a public address when it is checked and to a private one when it is
connected to ("rebinding") gains nothing: the connector gets exactly the addresses judged here.
The look-up runs in a thread of its own group: a resolver that hangs holds up neither the event
loop nor the threads that others wait for.
"""

import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from ipaddress import ip_address

import aiohttp.abc
import anyio.to_thread

from wheelyard.settings import HostAddress
from wheelyard.transport.guard import Guard
from wheelyard.transport.urls import Address

__all__ = ["GuardedResolver", "Lookup", "known_first", "machine_lookup", "resolve_name"]

Lookup = Callable[[str, int, socket.AddressFamily], Awaitable[Sequence[str]]]
"""Returns the addresses of a host; raises OSError if it has none."""

LOOKUP_THREADS = 8


async def resolve_name(
    host: str, port: int, family: socket.AddressFamily, *, limiter: anyio.CapacityLimiter
) -> Sequence[str]:
    """Return the addresses that this machine's resolver has for ``host``.

    Raises:
        OSError: it has none, or nobody answered.
    """
    ask = partial(
        socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG
    )
    answers = await anyio.to_thread.run_sync(ask, limiter=limiter, abandon_on_cancel=True)
    return [str(address[0]) for *_, address in answers]


def machine_lookup() -> Lookup:
    """Return the look-up of this machine's resolver, with threads of its own."""
    return partial(resolve_name, limiter=anyio.CapacityLimiter(LOOKUP_THREADS))


def known_first(addresses: Sequence[HostAddress], lookup: Lookup | None) -> Lookup | None:
    """Return a look-up that knows ``addresses``, and asks ``lookup`` (None: the machine) the rest.

    Where this server stands in for its upstream, the machine's resolver says that the upstream's
    names are here. What is known is judged like any other answer.
    """
    if not addresses:
        return lookup
    others = lookup or machine_lookup()

    async def look_up(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        known = [each.address for each in addresses if each.host == host]
        if not known:
            return await others(host, port, family)
        versions = {socket.AF_INET: {4}, socket.AF_INET6: {6}}.get(family, {4, 6})
        return [str(address) for address in known if address.version in versions]

    return look_up


class GuardedResolver(aiohttp.abc.AbstractResolver):
    """The resolver of a client's direct connections: it gives out admitted addresses only.

    With ``guard`` None nothing is judged: for the way to a proxy, which the operator chose.
    """

    def __init__(self, guard: Guard | None, lookup: Lookup | None = None) -> None:
        self._guard = guard
        self._lookup = lookup or machine_lookup()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[aiohttp.abc.ResolveResult]:
        """Return the addresses of ``host`` that may be connected to.

        Raises:
            OSError: it has no address.
            Refused: it has, but none that this upstream may send us to.
        """
        found = [ip_address(text) for text in await self._lookup(host, port, family)]
        if not found:
            raise OSError(f"{host} has no address")
        guard = self._guard
        admitted = [
            address
            for address in found
            if guard is None or guard.check_address(host, port, address)
        ]
        if guard is not None and not admitted:
            own = await self._own_addresses(guard, family)
            admitted = [address for address in found if guard.check_neighbour(address, own)]
        if guard is not None and not admitted:
            raise guard.refuse_addresses(host)
        return [
            aiohttp.abc.ResolveResult(
                hostname=host,
                host=str(address),
                port=port,
                family=socket.AF_INET6 if ":" in str(address) else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for address in admitted
        ]

    async def _own_addresses(self, guard: Guard, family: socket.AddressFamily) -> set[Address]:
        """Return the addresses of the upstream itself; none if its name has none now."""
        origin = guard.origin
        try:
            texts = await self._lookup(origin.host, origin.port, family)
        except OSError:
            return set()
        return {ip_address(text) for text in texts}

    async def close(self) -> None:
        """Do nothing: the threads end by themselves."""
