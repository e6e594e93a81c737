"""`wheelyard sync` as people run it: fill, cut the upstream off, install."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from contract.conformance.asking import JSON, Client
from faults.yard import eventually
from support.clients import PIP_AND_UV, Sandbox
from support.house import ROOT
from support.packages import make_sdist, make_wheel
from support.programs import run_program
from support.server import running_server
from support.simulator import Simulator, silent

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

NEEDS: Mapping[str, list[str]] = {"app": ["library", "tool>=1"], "library": ["tool"], "tool": []}
TREE = [make_wheel(name, "1.0", requires=needs) for name, needs in NEEDS.items()]
OTHERS = [make_wheel("other", "1.0"), make_sdist("other", "1.0"), make_wheel("tool", "0.9")]
PATIENCE_SECONDS = 180.0
NEWEST_PIP, NEWEST_UV = PIP_AND_UV


def environ_of(data: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine is to be seen."""
    return {
        "PATH": os.defpath,
        "HOME": str(data.parent),
        "PYTHONPATH": str(ROOT / "src"),
        "PIP_CONFIG_FILE": os.devnull,
    }


def start(data: Path, *arguments: str) -> "subprocess.Popen[str]":
    """Start `wheelyard sync` in a place where nothing of this machine is to be seen."""
    data.parent.mkdir(parents=True, exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-m", "wheelyard", "sync", "--data", str(data), *arguments],
        cwd=data.parent,
        env=environ_of(data),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def sync(data: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run `wheelyard sync` to its end."""
    data.parent.mkdir(parents=True, exist_ok=True)
    return run_program(
        ["sync", "--data", str(data), *arguments],
        cwd=data.parent,
        environ=environ_of(data),
        timeout=PATIENCE_SECONDS,
    )


def held_files(data: Path) -> int:
    """Return how many files the catalog of a data directory has as held."""
    if not (data / "catalog.sqlite").exists():
        return 0
    with contextlib.closing(sqlite3.connect(data / "catalog.sqlite")) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM held").fetchone()[0])
        except sqlite3.Error:  # it is being made, or migrated
            return 0


def test_what_was_synced_installs_without_any_upstream(
    upstream: Simulator, sandbox: Sandbox, tmp_path: Path
) -> None:
    """Everything, ahead of need: no client has ever asked for it, and it is all here."""
    upstream.add(*TREE, *OTHERS)
    done = sync(tmp_path / "data", "--all", "--upstream", upstream.url)
    upstream.down()
    upstream.forget()

    with running_server(tmp_path / "data", arguments=["--offline"]) as server:
        client = NEWEST_UV.start(sandbox)
        result = client.install(["app"], server.url, tmp_path / "installed").checked()

    assert (done.returncode, done.stderr) == (0, "")
    assert "Everything wanted is here." in done.stdout
    assert result.installed == dict.fromkeys(NEEDS, "1.0")
    assert upstream.requests == []


def test_requirements_are_synced_with_all_they_need_and_nothing_else(
    upstream: Simulator, sandbox: Sandbox, tmp_path: Path
) -> None:
    """`-r`: the closure, resolved against the index itself; then it installs offline."""
    upstream.add(*TREE, *OTHERS)
    wanted = tmp_path / "requirements.txt"
    wanted.write_text("app\n", "utf-8")
    done = sync(tmp_path / "data", "-r", str(wanted), "--upstream", upstream.url, "--json")
    fetched = {each.path.rpartition("/")[2] for each in upstream.asked("file")}
    upstream.down()

    with running_server(tmp_path / "data", arguments=["--offline"]) as server:
        client = NEWEST_PIP.start(sandbox)
        result = client.install(["app"], server.url, tmp_path / "installed").checked()

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["outcome"] == "done"
    assert fetched == {package.filename for package in TREE}
    assert result.installed == dict.fromkeys(NEEDS, "1.0")


def test_running_server_gives_out_what_a_command_synced(
    upstream: Simulator, tmp_path: Path
) -> None:
    """The page is fresh for minutes, and a sync on the same data makes it a newer one at once."""
    upstream.add(make_wheel("tool", "1.0"))
    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        client = Client(f"{server.base_url}/")

        def versions() -> object:
            return client.ask("/simple/tool/", {"Accept": JSON}).json()["versions"]

        before = versions()
        upstream.add(make_wheel("tool", "2.0"))
        done = sync(tmp_path / "data", "--all")
        eventually(lambda: versions() == ["1.0", "2.0"], "the server shows what was synced")

    assert (before, done.returncode) == (["1.0"], 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "sigterm"])
def test_stopped_sync_keeps_what_is_done_and_says_so(
    upstream: Simulator, tmp_path: Path, number: signal.Signals
) -> None:
    """One sentence and exit 1; the next run brings the rest, and nothing twice."""
    upstream.add(*TREE)
    stuck = upstream.fault(lambda request: "/simple/tool/" in request.path, silent())
    with start(tmp_path / "data", "--all", "--upstream", upstream.url) as process:
        eventually(lambda: held_files(tmp_path / "data") == 2, "two files are held")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    stuck.clear()
    after = sync(tmp_path / "data", "--all", "--upstream", upstream.url)

    assert (process.returncode, err) == (1, "")
    assert "Stopped. What is done stays done" in out
    assert after.returncode == 0
    assert upstream.count("file") == len(TREE)
