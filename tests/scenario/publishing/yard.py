"""A server that hosts projects, in front of an upstream, and whoever publishes to it."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from contract.conformance.asking import Client
from contract.conformance.hosting import Hosting
from support.accounts import new_administrator
from support.clients import Account, Release
from support.packages import make_wheel
from support.server import RunningServer, running_server
from support.simulator import Simulator

__all__ = ["PUBLIC", "Yard", "open_yard"]

PUBLIC = make_wheel("public-thing", "3.0")
"""What the upstream has, and what is published needs."""


@dataclass(frozen=True, slots=True)
class Yard:
    """A running server, and an administrator's account on it."""

    server: RunningServer
    hosting: Hosting

    @property
    def account(self) -> Account:
        """Return where clients publish to, and with which token."""
        return Account(f"{self.server.base_url}/legacy/", self.hosting.token)

    def publish(self, release: Release) -> None:
        """Upload every file of a release, without any client."""
        for package in release.packages:
            answer = self.hosting.upload(package)
            assert answer.status == 200, answer.body

    def hashes(self, name: str) -> dict[str, str]:
        """Return the SHA-256 of each file on the page of a project, by name."""
        files = self.hosting.client.page(name).json()["files"]
        return {file["filename"]: file["hashes"]["sha256"] for file in files}


@contextlib.contextmanager
def open_yard(folder: Path, *, workers: int = 1) -> Iterator[Yard]:
    """Run a server with an upstream that knows nothing of what is private."""
    data = folder / "data"
    with Simulator() as upstream:
        upstream.add(PUBLIC)
        with running_server(data, upstreams=[upstream.url], workers=workers) as server:
            client = Client(f"{server.base_url}/")
            yield Yard(server, Hosting(client, data, new_administrator(data)))
