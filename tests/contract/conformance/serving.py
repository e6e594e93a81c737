"""A whole server in a process of its own, in front of a simulator."""

import os
import signal
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from contract.conformance.asking import JSON, Answer, Client
from support.house import ROOT
from support.packages import make_wheel
from support.programs import start_program
from support.simulator import Simulator
from support.web_servers.web_server import free_port

__all__ = ["Site", "recover", "serving"]

PATIENCE_SECONDS = 180.0

_UNHURRIED: Mapping[str, str] = {
    "UPSTREAM__DEFAULT__CONNECT_SECONDS": "60",
    "UPSTREAM__DEFAULT__READ_SECONDS": "60",
    "FRESHNESS__PATIENCE_SECONDS": "60",
}
"""A machine that stands still for a while must not look like an upstream that is out."""


@dataclass(frozen=True, slots=True)
class Site:
    """A client of a server, and the upstream that stands behind it."""

    client: Client
    upstream: Simulator

    def recover(self) -> None:
        """Have a sound upstream that is asked again, whatever became of it."""
        recover(self.client, self.upstream)


def recover(client: Client, upstream: Simulator) -> None:
    """Clear every fault, and have the server see that its upstream is sound.

    What failed in the test before counts no more after an answer, and an open circuit closes after
    three: each look makes the server ask for a page and a file that nobody has asked for.
    """
    upstream.clear_faults()
    upstream.up()

    def is_sound(_: Answer) -> bool:
        package = make_wheel(f"recovered-{uuid.uuid4().hex}", "1.0")
        upstream.add(package)
        page = client.ask(f"/simple/{package.name}/", {"Accept": JSON})
        if page.status != HTTPStatus.OK:
            return False
        file = client.ask(page.file(package.filename)["url"])
        doors = client.ask("/-/status").json()["doors"]
        return file.status == HTTPStatus.OK and {door["circuit"] for door in doors} == {"closed"}

    client.until("/-/status", is_sound)


@contextmanager
def serving(
    upstream_url: str, data: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Client]:
    """Run ``wheelyard serve`` on a free port and yield a client of it.

    ``settings`` maps ``SECTION__KEY`` to its value; nothing else of the environment counts. Unless
    they say otherwise, the server waits for its upstream for a minute.
    """
    port = free_port()
    words = ["serve", "--port", str(port), "--data", str(data), "--upstream", upstream_url]
    told = {**_UNHURRIED, **(settings or {})}
    given = {f"WHEELYARD__{name}": value for name, value in told.items()}
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **given}
    with tempfile.TemporaryFile("w+") as errors:
        with start_program(words, cwd=data, environ=environ, errors=errors) as process:
            try:
                assert process.stdout is not None
                first_line = process.stdout.readline()
                errors.seek(0)
                assert first_line, errors.read()
                yield Client(f"http://127.0.0.1:{port}/")
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(PATIENCE_SECONDS)
        errors.seek(0)
        said = errors.read()
        assert "Traceback" not in said, said
