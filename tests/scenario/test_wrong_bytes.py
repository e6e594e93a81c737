"""Real clients while one of two doors gives wrong bytes, or stops: design decision 3, F08, F22."""

from collections.abc import Callable
from pathlib import Path

import pytest

from support.clients import OLDEST_PIP, PIP_AND_UV, Installer, Kind, Sandbox
from support.packages import make_wheel
from support.server import running_server
from support.simulator import Fault, Simulator, reset_after, stall_after, wrong_bytes

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

WHEEL = make_wheel("Demo.Wheel", "1.0", payload_bytes=3_000_000)
EVERYONE: list[Kind[Installer]] = [*PIP_AND_UV, OLDEST_PIP]
HASTY = {"upstream.default.read_seconds": 3}
UNSEEN: dict[str, Fault] = {
    "f08-stall": stall_after(1_000_000),
    "f09-reset": reset_after(1_000_000),
    "f22-last-byte": wrong_bytes(WHEEL.size - 1),
}


@pytest.mark.parametrize(
    ("kind", "fault"), [*zip(EVERYONE, UNSEEN, strict=True)], ids=[*map(str, EVERYONE)]
)
def test_c105_client_notices_nothing_of_a_door_that_stops(
    upstream: Simulator,
    kind: Kind[Installer],
    fault: str,
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """The other door gives the rest in the same answer: one request for the file is enough."""
    log = tmp_path / "access.log"
    with Simulator() as second:
        for door in (second, upstream):
            door.add(WHEEL)
        upstream.fault("file", UNSEEN[fault])
        with running_server(
            tmp_path / "data",
            upstreams=[upstream.url, second.url],
            settings=HASTY,
            arguments=["--access-log", str(log)],
        ) as server:
            client = kind.start(new_sandbox("only"))
            result = client.install(["demo-wheel"], server.url, tmp_path / "target").checked()

    assert result.installed["demo-wheel"] == "1.0"
    lines = log.read_text("utf-8").splitlines()
    assert sum(WHEEL.filename in line and ".metadata" not in line for line in lines) == 1


@pytest.mark.parametrize("kind", EVERYONE, ids=str)
def test_c106_client_that_was_sent_wrong_bytes_gets_the_right_ones(
    upstream: Simulator,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Its answer is cut. It resumes, is told by the one-time ETag to begin again, and succeeds.

    The oldest pip knows no second try within one command; its next command succeeds. uv unpacks
    while it reads, so the wrong byte is where only a checksum at the end tells.
    """
    with Simulator() as second:
        for door in (second, upstream):
            door.add(WHEEL)
        upstream.fault("file", wrong_bytes())
        with running_server(
            tmp_path / "data", upstreams=[upstream.url, second.url], settings=HASTY
        ) as server:
            client = kind.start(new_sandbox("only"))
            result = client.install(["demo-wheel"], server.url, tmp_path / "target")
            if kind is OLDEST_PIP and "demo-wheel" not in result.installed:
                result = client.install(["demo-wheel"], server.url, tmp_path / "again")
            result.checked()

    assert result.installed["demo-wheel"] == "1.0"
