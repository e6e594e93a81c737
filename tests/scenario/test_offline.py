"""On a train: what was installed once installs again, and nobody is asked for anything."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from scenario.offline_names import INDEX
from support.clients import PIP_AND_UV, Installer, Kind, Sandbox
from support.clients.closed_room import run_in_closed_room, why_no_closed_room
from support.packages import make_wheel
from support.server import running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

NEEDS = {"app": ["library", "tool>=1"], "library": ["tool"], "tool": []}
FIRST = [make_wheel(name, "1.0", requires=needs) for name, needs in NEEDS.items()]
NEWER = [
    make_wheel("app", "2.0", requires=["library>=2", "novelty"]),
    make_wheel("library", "2.0"),
    make_wheel("novelty", "1.0"),
]


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_c112_unpinned_request_resolves_to_what_is_held(
    upstream: Simulator,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Newer versions are on the pages that are held; their files are not here.

    A client with empty caches gets what another one pinned before, byte for byte.
    """

    def install(how: str, wanted: list[str], url: str) -> dict[str, str]:
        client = kind.start(new_sandbox(how))
        result = client.install(wanted, url, tmp_path / how).checked()
        assert result.installed == dict.fromkeys(NEEDS, "1.0")
        return dict(result.files)

    data, doors = tmp_path / "data", [upstream.url]
    upstream.add(*FIRST, *NEWER)
    with running_server(data, upstreams=doors) as server:
        online = install("online", [f"{name}==1.0" for name in NEEDS], server.url)
    upstream.forget()

    with running_server(data, upstreams=doors, arguments=["--offline"]) as server:
        offline = install("offline", ["app"], server.url)

    assert offline == online
    assert upstream.requests == []


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_version_that_is_not_held_is_not_installed(
    upstream: Simulator, kind: Kind[Installer], sandbox: Sandbox, tmp_path: Path
) -> None:
    """A pin that cannot be kept fails, and with it the installation."""
    upstream.add(*FIRST, *NEWER)
    data, doors = tmp_path / "data", [upstream.url]
    client = kind.start(sandbox)
    with running_server(data, upstreams=doors) as server:
        client.install(["library==1.0"], server.url, tmp_path / "filled").checked()

    with running_server(data, upstreams=doors, arguments=["--offline"]) as server:
        result = client.install(["library==2.0"], server.url, tmp_path / "here")

    assert result.exit_code != 0
    assert result.installed == {}


def test_a13_offline_server_resolves_no_name(tmp_path: Path) -> None:
    """In a room whose only resolver is ours: the client asks for the server, and that is all.

    The same start without the flag asks for its upstream, so the room would notice.
    """
    if why_no_closed_room():
        pytest.skip(why_no_closed_room())

    said = json.loads(run_in_closed_room("scenario.offline_names", str(tmp_path)))

    assert said["online"] == [INDEX, said["upstream"]]
    assert said["offline"] == [INDEX]
    assert said["requests"] == 0
    assert said["statuses"] == [200, 503]
