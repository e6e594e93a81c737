"""What a peer has to know about itself."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

__all__ = ["Launch", "Peer", "Site"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where a server is to run: its port, its folder, and the index that it is a cache of.

    `tree` is a folder of files made ahead, for servers that only send files.
    """

    port: int
    folder: Path
    upstream_url: str
    tree: Path

    @property
    def url(self) -> str:
        """Return the address of the server without a final slash."""
        return f"http://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """The command of a server; any answer from `live_path` means that it has started."""

    command: tuple[str, ...]
    live_path: str
    environment: Mapping[str, str] = field(default_factory=dict)


class Peer(Protocol):
    """A server that can be measured."""

    @property
    def name(self) -> str:
        """Return the name in the table."""

    def prepare(self) -> str:
        """Install the server if need be, and return its version.

        Raises:
            CannotRunError: it cannot be had on this machine.
        """

    def launch(self, site: Site) -> Launch:
        """Write what configures the server into its folder, and return its command."""

    def finish(self, site: Site) -> None:
        """Configure what can only be configured once the server runs."""

    def page_path(self, project: str) -> str:
        """Return the path of a project's page, or of the list of projects for ``""``."""
