"""The servers that are compared: how each is installed, configured, started and asked.

Start with `peer`, the interface; `host` is for those that packages are uploaded to. A peer runs as
its own documents tell a user to run it, in one process, because what is compared is what one
processor does.
"""

from bench.peers.devpi import Devpi, DevpiHost
from bench.peers.host import Host
from bench.peers.nginx import NginxCache, NginxStatic
from bench.peers.peer import Launch, Peer, Site
from bench.peers.proxpi import Proxpi
from bench.peers.pypiserver import PypiserverHost
from bench.peers.wheelyard import Wheelyard, WheelyardHost

__all__ = [
    "HOSTS",
    "PEERS",
    "Devpi",
    "DevpiHost",
    "Host",
    "Launch",
    "NginxCache",
    "NginxStatic",
    "Peer",
    "Proxpi",
    "PypiserverHost",
    "Site",
    "Wheelyard",
    "WheelyardHost",
]

PEERS: tuple[Peer, ...] = (Wheelyard(), NginxStatic(), NginxCache(), Devpi(), Proxpi())
HOSTS: tuple[Host, ...] = (WheelyardHost(), DevpiHost(), PypiserverHost())
