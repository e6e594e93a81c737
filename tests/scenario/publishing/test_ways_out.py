"""What other programs make of what is ours: mirrors, lock files, and other indexes."""

import contextlib
import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest

from scenario.publishing.yard import Yard
from support.clients import PYPISERVER, Sandbox, need, prepared, release_of
from support.doors import programs
from support.doors.places import Program, running
from support.house import ROOT
from support.programs import run_program
from support.simulator import Simulator
from support.web_servers.web_server import free_port

pytestmark = [pytest.mark.scenario, pytest.mark.slow]


@dataclass(frozen=True, slots=True)
class Master:
    """An index as a mirror program knows it."""

    base_url: str


def test_bandersnatch_mirrors_what_is_ours(yard: Yard, tmp_path: Path) -> None:
    """Every file with its bytes, out of the hosted part, whose serials are our own."""
    release = release_of("acme-mirrored", "1.0")
    yard.publish(release)
    master = cast("Simulator", Master(f"{yard.server.base_url}/hosted"))

    web = programs.bandersnatch(tmp_path / "mirror", master, "ALL")

    found = {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in web.glob("packages/**/acme*mirrored*")
    }
    assert {each.filename: each.sha256 for each in release.packages}.items() <= found.items()
    assert (web / "simple" / "acme-mirrored" / "index.html").is_file()


@contextlib.contextmanager
def taking_pypiserver(folder: Path) -> Iterator[str]:
    """Run pypiserver over an empty directory; whoever comes may upload."""
    need(PYPISERVER)
    (folder / "packages").mkdir(parents=True)
    port = free_port()
    options = ("run", "--interface", "127.0.0.1", "--port", str(port), "-P", ".", "-a", ".")
    command = (
        prepared(PYPISERVER).folder / "bin" / "pypi-server",
        *options,
        "--disable-fallback",
        folder / "packages",
    )
    url = f"http://127.0.0.1:{port}/"
    variables = Sandbox(folder / "sandbox", proxy="").variables
    with running(Program(command, f"{url}simple/", folder, variables)):
        yield url


@contextlib.contextmanager
def taking_devpi(folder: Path) -> Iterator[str]:
    """Run devpi with an empty index."""
    with programs.devpi(folder, ()) as door:
        yield door.url.removesuffix("+simple/")


KINDS = [taking_pypiserver]
if int(os.environ.get("WHEELYARD_CAMPAIGN", "1")) > 1:
    KINDS.append(taking_devpi)  # which takes a quarter of a minute


@pytest.mark.parametrize("kind", KINDS)
def test_release_goes_on_to_another_program(
    yard: Yard,
    tmp_path: Path,
    kind: Callable[[Path], contextlib.AbstractContextManager[str]],
) -> None:
    """It takes what we send as what any client sends; what is there is told apart."""
    name = f"acme-to-{kind.__name__.partition('_')[2]}"
    yard.publish(release_of(name, "1.0"))
    with kind(tmp_path / "other") as url:
        first = push(yard, url, name, "1.0")
        second = push(yard, url, name, "1.0", "--skip-existing")

    assert first.returncode == 0, first.stderr
    assert "2 files uploaded" in first.stderr
    assert second.returncode == 0, second.stderr


def push(yard: Yard, url: str, *words: str) -> "subprocess.CompletedProcess[str]":
    """Run the command on the data of a server that runs."""
    line = ["project", "push", *words, "--to", url, "--token-env", "PUSH_TOKEN", "--user", "root"]
    return run_program(
        [*line, "--data", str(yard.hosting.data)],
        cwd=yard.hosting.data.parent,
        environ={
            "HOME": str(yard.hosting.data.parent),
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "src"),
            "PUSH_TOKEN": "secret",
        },
        timeout=60,
    )
