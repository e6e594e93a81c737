"""Servers that packages are uploaded to: how each is made ready for an upload."""

from typing import Protocol, runtime_checkable

from bench.peers.peer import Peer, Site
from bench.posting import Target

__all__ = ["Host"]


@runtime_checkable
class Host(Peer, Protocol):
    """A server that takes uploads; `finish` makes the index that they go to."""

    def target(self, site: Site) -> Target:
        """Return where uploads go, with credentials made for them; the server runs already."""
