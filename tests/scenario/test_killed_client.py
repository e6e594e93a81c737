"""A client that is killed in the middle of a download."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from support.clients import PIP_AND_UV, Kind, OneCommand, Sandbox, files_in, projects_in
from support.packages import make_wheel
from support.server import RunningServer
from support.simulator import Simulator, stall_after

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

PACKAGE = make_wheel("demo", "1.0", payload_bytes=3_000_000)


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_killed_client_hurts_nobody(
    upstream: Simulator,
    server: RunningServer,
    kind: Kind[OneCommand],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Who waits for the same file gets it whole, and so does who comes later.

    Upstream stalls in the middle of the file, so that nobody can have finished when the first
    client is killed; the download belongs to nobody, and there is only one.
    """
    upstream.add(PACKAGE)
    stalled = upstream.fault("file", stall_after(1_500_000))

    def start(who: str) -> subprocess.Popen[str]:
        client = kind.start(new_sandbox(who))
        command = client.command_to_install(["demo"], server.url, tmp_path / who)
        return client.sandbox.start(*command)

    with start("killed") as killed:
        upstream.wait_until_seen("file")
        waiting = start("waiting")
        killed.kill()
    with waiting:
        stalled.clear()
        said, _ = waiting.communicate()
    upstream.wait_until_settled()
    upstream.down()
    later = kind.start(new_sandbox("later")).install(["demo"], server.url, tmp_path / "later")

    assert projects_in(tmp_path / "killed") == {}
    assert waiting.returncode == 0, said
    assert later.checked().installed == {"demo": "1.0"}
    assert files_in(tmp_path / "waiting") == later.files
    assert upstream.count("file") == 1
