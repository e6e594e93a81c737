"""The server is lost. Its published tree, or its backup, is what is left: A-99, H-102."""

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from contract.conformance.asking import JSON, Client
from contract.conformance.hosting import Hosting
from faults.yard import open_yard
from support.accounts import new_administrator, wheelyard
from support.clients import PIP_26, Pip, Sandbox
from support.house import ROOT
from support.packages import make_sdist, make_wheel
from support.programs import run_program
from support.server import running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

TOOL = make_wheel("tool", "1.0")
THEIRS = [TOOL, make_wheel("tool", "2.0", requires=["helper"]), make_wheel("helper", "1.0")]
OURS = [make_wheel("Acme.App", "1.0", requires=["tool"]), make_sdist("Acme.App", "1.0")]


def command(home: Path, *words: str) -> str:
    """Return what a command said on standard output; it has to be done."""
    done = run_program(
        words,
        cwd=home,
        environ={"HOME": str(home), "PATH": os.defpath, "PYTHONPATH": str(ROOT / "src")},
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


@contextlib.contextmanager
def lost(data: Path, upstream: Simulator) -> Iterator[Hosting]:
    """Run a server that has projects of its own, and those of an upstream."""
    upstream.add(*THEIRS)
    with open_yard(data, upstream) as yard:
        house = Hosting(yard.client, data, new_administrator(data))
        for package in OURS:
            assert house.upload(package).status == 200
        wheelyard(data, "project", "yank", "acme-app", "1.0", "--reason", "late")
        for package in THEIRS:
            page = yard.client.page(package.name)
            yard.client.ask(yard.client.path_of(str(page.file(package.filename)["url"])))
        yield house


def pages(client: Client) -> list[tuple[int, bytes]]:
    """Return every page in both forms, as the server gives it."""
    found = []
    for path in ("/simple/", "/simple/acme-app/", "/simple/tool/", "/simple/helper/"):
        for accept in (JSON, "text/html"):
            answer = client.ask(path, {"Accept": accept})
            found.append((answer.status, answer.body))
    return found


def offline_pages(data: Path, upstream: Simulator) -> list[tuple[int, bytes]]:
    """Return every page as a server gives it that asks nobody."""
    with open_yard(data, upstream, arguments=["--offline"]) as yard:
        return pages(yard.client)


def test_a99_index_lives_again_from_its_tree_alone(
    upstream: Simulator, new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """Same pages, same files, other machine; pip installs from it, and what is new is found."""
    with lost(tmp_path / "data", upstream):
        command(tmp_path, "publish", "tree", "--data", "data")
    before = offline_pages(tmp_path / "data", upstream)
    upstream.forget()

    doors = ["--upstream", upstream.url]
    said = command(tmp_path, "restore", "--from", "tree", "--data", "again", *doors)

    assert "1 project of its own and 2 of upstreams" in said
    assert upstream.requests == []
    command(tmp_path, "verify", "--ledger", "--data", "again")
    assert offline_pages(tmp_path / "again", upstream) == before
    upstream.add(make_wheel("tool", "3.0"))
    with running_server(tmp_path / "again", upstreams=[upstream.url]) as server:
        client = Pip(PIP_26, new_sandbox("pip"))
        result = client.install(["acme-app==1.0"], server.url, tmp_path / "target").checked()
    assert result.installed == {"acme-app": "1.0", "tool": "3.0"}
    assert not [each for each in upstream.requests if "acme" in each.path]
