"""The servers that are compared: how each is installed, configured, started and asked.

Start with `peer`, the interface. A peer runs as its own documents tell a user to run it, in one
process, because what is compared is what one processor does.
"""

from bench.peers.devpi import Devpi
from bench.peers.nginx import NginxCache, NginxStatic
from bench.peers.peer import Launch, Peer, Site
from bench.peers.proxpi import Proxpi
from bench.peers.wheelyard import Wheelyard

__all__ = [
    "PEERS",
    "Devpi",
    "Launch",
    "NginxCache",
    "NginxStatic",
    "Peer",
    "Proxpi",
    "Site",
    "Wheelyard",
]

PEERS: tuple[Peer, ...] = (Wheelyard(), NginxStatic(), NginxCache(), Devpi(), Proxpi())
