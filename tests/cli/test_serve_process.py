"""``wheelyard serve`` and ``wheelyard status`` as real processes."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

import wheelyard

pytestmark = pytest.mark.slow

SOURCE = Path(wheelyard.__file__).parents[1]
NOBODY = "http://127.0.0.1:9/simple/"


@pytest.fixture
def environment(tmp_path: Path) -> Mapping[str, str]:
    """Return an environment in which nothing is configured but the data directory."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(SOURCE),
        "WHEELYARD_DATA": str(tmp_path / "data"),
    }


def command(*arguments: str) -> list[str]:
    """Return the command line of a process."""
    return [sys.executable, "-m", "wheelyard", *arguments]


@contextmanager
def running_server(
    environment: Mapping[str, str], *arguments: str
) -> Iterator[subprocess.Popen[str]]:
    """Run a server on a free port, with an upstream that does not answer."""
    line = command("serve", "--port", "0", "--upstream", NOBODY, *arguments)
    with subprocess.Popen(
        line, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            yield server
        finally:
            server.kill()


def status_of(environment: Mapping[str, str]) -> dict[str, object]:
    """Return what ``wheelyard status --json`` says."""
    answer = subprocess.run(
        command("status", "--json"), env=environment, capture_output=True, text=True, check=True
    )
    document: dict[str, object] = json.loads(answer.stdout)
    return document


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_server_tells_its_address_is_found_and_ends_quietly(
    environment: Mapping[str, str], ending: signal.Signals
) -> None:
    """One start line, one command that finds the server, exit code 0, nothing to complain about."""
    with running_server(environment) as server:
        assert server.stdout is not None
        first_line = server.stdout.readline()
        document = status_of(environment)
        server.send_signal(ending)
        _, errors = server.communicate(timeout=60)

    assert f" serves {document['url']}/simple/ " in first_line
    assert document["running"] is True
    assert document["ready"] is True
    assert server.returncode == 0
    assert {json.loads(line)["level"] for line in errors.splitlines()} <= {"info"}
    assert status_of(environment)["running"] is False


def test_server_whose_reader_has_gone_serves_on(environment: Mapping[str, str]) -> None:
    """`wheelyard serve | head -1` must not take the server down."""
    with running_server(environment) as server:
        assert server.stdout is not None
        server.stdout.readline()
        server.stdout.close()

        assert status_of(environment)["ready"] is True


def test_port_in_use_is_one_sentence_and_exit_code_2(
    environment: Mapping[str, str], tmp_path: Path
) -> None:
    """It says what to do next, and nothing else."""
    with running_server(environment) as server:
        assert server.stdout is not None
        server.stdout.readline()
        port = str(status_of(environment)["url"]).rpartition(":")[2]
        other = {**environment, "WHEELYARD_DATA": str(tmp_path / "other")}
        answer = subprocess.run(
            command("serve", "--port", port), env=other, capture_output=True, text=True, check=False
        )

    assert answer.returncode == 2
    assert answer.stdout == ""
    assert answer.stderr.startswith(f"wheelyard: Port {port} on `127.0.0.1` is in use: ")
    assert answer.stderr.count("\n") == 1
