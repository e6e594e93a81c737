"""A whole server in a process of its own, in front of a simulator."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from contract.conformance.asking import Client
from support.house import ROOT
from support.simulator import Simulator

__all__ = ["Site", "free_port", "serving"]

PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Site:
    """A client of a server, and the upstream that stands behind it."""

    client: Client
    upstream: Simulator


def free_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def serving(
    upstream_url: str, data: Path, settings: Mapping[str, str] | None = None
) -> Iterator[Client]:
    """Run ``wheelyard serve`` on a free port and yield a client of it.

    ``settings`` maps ``SECTION__KEY`` to its value; nothing else of the environment counts.
    """
    port = free_port()
    words = ["serve", "--port", str(port), "--data", str(data), "--upstream", upstream_url]
    given = {f"WHEELYARD__{name}": value for name, value in (settings or {}).items()}
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "wheelyard", *words],
            cwd=data,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src"), **given},
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            errors.seek(0)
            assert first_line, errors.read()
            yield Client(f"http://127.0.0.1:{port}/")
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE_SECONDS)
        errors.seek(0)
        said = errors.read()
        assert "Traceback" not in said, said
