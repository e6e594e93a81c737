"""Names that lead to this very server, noticed before it connects to itself.

A server that stands in for its upstream on the machine whose hosts file leads the upstream's names
there would ask itself. ``Via`` tells, but only once TLS has succeeded, and mostly nobody here
believes the certificate of the stand-in; so the address and port are looked at first.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

import anyio.to_thread

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Fault
from wheelyard.transport.resolver import Lookup, machine_lookup
from wheelyard.transport.urls import Address

__all__ = ["Listening", "beyond_ourselves"]

_ANY_ADDRESS = frozenset({"0.0.0.0", "::"})  # noqa: S104 - recognised, not bound
_DISCARD = 9  # a port that has to be named; nothing is sent there


@dataclass(frozen=True, slots=True)
class Listening:
    """Where this server takes connections: ``host`` is an address or a name, as configured."""

    host: str
    port: int

    def is_at(self, address: Address, port: int) -> bool:
        """Say whether who connects to ``address`` and ``port`` talks to us; it sends nothing."""
        if port != self.port:
            return False
        if self.host in _ANY_ADDRESS:
            return _is_of_this_machine(address)
        return self.host == str(address) or (self.host == "localhost" and address.is_loopback)


def beyond_ourselves(listening: Listening | None, lookup: Lookup | None) -> Lookup | None:
    """Return a look-up (None: the machine's) that does not let a name lead to ourselves.

    It raises ``Unavailable`` then, and says what to write where.
    """
    if listening is None:
        return lookup
    ask = lookup or machine_lookup()

    async def look_up(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        found = await ask(host, port, family)
        if port == listening.port:
            for text in found:
                address = ip_address(text)
                if await anyio.to_thread.run_sync(listening.is_at, address, port):
                    raise _leads_here(host, address)
        return found

    return look_up


def _leads_here(host: str, address: Address) -> Unavailable:
    """Return the error for a host that is at an address of ours."""
    reason = (
        f"{Fault.LOOP}: the name leads to this server itself (`{address}`); if a hosts file or a "
        "name server has it stand in for its upstream, say where that is in truth: "
        f'`addresses = ["{host}=ADDRESS"]` in `[upstream.NAME]`.'
    )
    return Unavailable(f"`{host}`", reason)


def _is_of_this_machine(address: Address) -> bool:
    """Say whether packets to ``address`` stay here: then they would come from it, too."""
    if address.is_loopback:
        return True
    family = socket.AF_INET6 if isinstance(address, IPv6Address) else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((str(address), _DISCARD))
        except OSError:
            return False
        return ip_address(probe.getsockname()[0]) == address
