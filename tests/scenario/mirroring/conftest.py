"""A server that mirror programs copy, over HTTPS, in front of an index that changes."""

import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme

from support.accounts import wheelyard
from support.packages import Package
from support.server import RunningServer, running_server
from support.simulator import JSON, Simulator, ask

PATIENCE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class Master:
    """What is copied: a server, the index behind it, its log of requests."""

    server: RunningServer
    upstream: Simulator
    data: Path
    authority: Path
    log: Path

    def publish(self, folder: Path, *packages: Package) -> None:
        """Make `packages` files of our own, as `wheelyard project import` does."""
        folder.mkdir(parents=True)
        for package in packages:
            folder.joinpath(package.filename).write_bytes(package.content)
        wheelyard(self.data, "project", "import", str(folder))

    def change(self, *packages: Package) -> None:
        """Add to the upstream, and wait until the server's list tells of it.

        A list that has just expired is given out once more, and renewed behind.
        """
        self.upstream.add(*packages)
        wanted = {name: project.serial for name, project in self.upstream.state.projects.items()}
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._serials() != wanted:
            assert time.monotonic() < deadline, "the list does not tell of what has changed"

    def _serials(self) -> dict[str, int]:
        trust = ssl.create_default_context(cafile=self.authority)
        page = ask(self.server.url, JSON, trust=trust).json()
        projects = page["projects"]
        assert isinstance(projects, list)
        return {each["name"]: each["_last-serial"] for each in projects if "_last-serial" in each}

    def asked(self) -> list[str]:
        """Return the paths that were asked for, oldest first."""
        lines = self.log.read_text("utf-8").splitlines()
        return [line.split('"')[1].split(" ")[1] for line in lines]


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Master]:
    """Run a server that asks its upstream about each page; tests use projects of their own."""
    folder = tmp_path_factory.mktemp("master")
    certificate, authority, log = folder / "server.pem", folder / "ca.pem", folder / "access.log"
    signer = trustme.CA()
    signer.cert_pem.write_to_path(str(authority))
    signer.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(certificate))
    data = folder / "data"
    with Simulator() as upstream, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(authority))  # for whoever waits for the server
        with running_server(
            data,
            upstreams=[upstream.url],
            settings={"freshness.max_seconds": 0},
            arguments=["--tls-cert", str(certificate), "--access-log", str(log)],
        ) as server:
            yield Master(server, upstream, data, authority, log)
