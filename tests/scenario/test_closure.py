"""Forty projects at once, cold and warm, byte for byte what a direct installation gives."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenario.upstream_log import asked_more_than_once, count_of, strangers
from support.clients import OLDEST_PIP, PIP_AND_UV, Installer, Kind, Sandbox
from support.packages import closure
from support.server import running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

NEWEST_PIP, UV = PIP_AND_UV
CASES = [(NEWEST_PIP, 1), (NEWEST_PIP, 2), (UV, 1), (UV, 2), (OLDEST_PIP, 1)]
TREE = closure(40)


@pytest.mark.parametrize(("kind", "workers"), CASES, ids=str)
def test_a72_forty_projects_install_cold_and_warm(
    upstream: Simulator,
    kind: Kind[Installer],
    workers: int,
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Cold, upstream is asked once for each page and file.

    Warm, and again after a restart, it is asked for nothing and may as well refuse connections.
    """

    def install(how: str, url: str) -> dict[str, str]:
        client = kind.start(new_sandbox(how))
        result = client.install([TREE.root], url, tmp_path / how).checked()
        assert result.installed == TREE.expected
        return dict(result.files)

    upstream.add(*TREE.packages)
    direct = install("direct", upstream.url)
    upstream.forget()

    with running_server(tmp_path / "data", upstreams=[upstream.url], workers=workers) as server:
        cold = install("cold", server.url)
        asked_cold = upstream.requests
        warm = install("warm", server.url)
        asked_warm = upstream.requests[len(asked_cold) :]
    upstream.down()
    with running_server(tmp_path / "data", upstreams=[upstream.url], workers=workers) as server:
        restarted = install("restarted", server.url)

    assert cold == warm == restarted == direct
    assert strangers(upstream) == []
    assert asked_more_than_once(upstream) == []
    assert count_of(upstream).items() >= {"page": 40, "file": 40}.items()
    assert asked_warm == []
