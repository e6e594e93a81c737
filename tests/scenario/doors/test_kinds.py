"""A-01 and A-24: whatever kind of index stands behind us, it may go away.

The real program serves each one where it can be had. `--upstream` gets its address and nothing
else: what kind it is, the server finds out.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

import pytest

from support.clients import PIP_26, Pip, Sandbox, need
from support.doors import APP, KINDS, PARTS, KindOfDoor, OpenDoor
from support.server import RunningServer, running_server
from support.simulator import JSON, ask

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

PATIENCE_SECONDS = 180.0


@pytest.fixture(params=KINDS, ids=str)
def kind(request: pytest.FixtureRequest) -> KindOfDoor:
    """Return one kind of door after the other."""
    assert isinstance(request.param, KindOfDoor)
    return request.param


@pytest.fixture
def door(kind: KindOfDoor, tmp_path: Path) -> Iterator[OpenDoor]:
    """Open it."""
    need(PIP_26)
    with kind.open(tmp_path / "door") as opened:
        yield opened


@dataclass(frozen=True, slots=True)
class Site:
    """A door, and a server in front of it."""

    door: OpenDoor
    server: RunningServer


@pytest.fixture
def site(door: OpenDoor, tmp_path: Path) -> Iterator[Site]:
    """Run a server that asks its door about each page."""
    settings = {"freshness.max_seconds": 0}
    data = tmp_path / "data"
    with running_server(data, upstreams=[door.url], settings=settings) as server:
        yield Site(door, server)


def test_a24_install_survives_the_end_of_its_door(
    kind: KindOfDoor, site: Site, new_sandbox: Callable[[str], Sandbox], tmp_path: Path
) -> None:
    """A project and its dependency, and the same bytes for somebody new when the door is gone."""
    url, door = site.server.url, site.door
    page = ask(f"{url}{PARTS}/", JSON)
    cold = Pip(PIP_26, new_sandbox("cold")).install([APP], url, tmp_path / "cold").checked()
    before = state_of_door(site.server)
    door.leave()
    warm = Pip(PIP_26, new_sandbox("warm")).install([APP], url, tmp_path / "warm").checked()

    assert all(bool(file["hashes"]) is kind.digests for file in page.files())
    assert ('"_last-serial"' in page.text) is kind.serials
    assert cold.installed == {"yard-app": "1.0", "spare-parts": "1.5"}
    assert warm.files == cold.files
    assert before == "up"
    assert_becomes_down(site.server)


def assert_becomes_down(server: RunningServer) -> None:
    """Ask for pages until the status says that the door is out; each has an old copy."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while state_of_door(server) != "down":
        assert time.monotonic() < deadline, "the door is gone, and nobody notices"
        assert ask(f"{server.url}{APP}/", JSON).status == HTTPStatus.OK


def state_of_door(server: RunningServer) -> object:
    """Return what the status page says of the one door."""
    doors = ask(f"{server.base_url}/-/status").json()["doors"]
    assert isinstance(doors, list)
    (door,) = doors
    return door["state"]
