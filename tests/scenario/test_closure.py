"""Forty projects at once, cold and warm, byte for byte what a direct installation gives."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from scenario.upstream_log import asked_more_than_once, count_of, strangers
from support.clients import PIP_20, PIP_AND_UV, Installer, Kind, Pip, Sandbox
from support.packages import closure
from support.server import running_server
from support.simulator import Simulator

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

KINDS: list[Kind[Installer]] = [*PIP_AND_UV, Kind("pip", partial(Pip, PIP_20), PIP_20)]
TREE = closure(40)


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("workers", [1, 2], ids=["one-worker", "two-workers"])
def test_a72_forty_projects_install_cold_and_warm(
    upstream: Simulator,
    kind: Kind[Installer],
    workers: int,
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Cold, upstream is asked once for each page and file; warm, and after a restart, never."""

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
        asked_cold, again, others = count_of(upstream), asked_more_than_once(upstream), strangers
        unknown = others(upstream)
        upstream.forget()
        warm = install("warm", server.url)
        asked_warm = upstream.requests
    with running_server(tmp_path / "data", upstreams=[upstream.url], workers=workers) as server:
        restarted = install("restarted", server.url)

    assert cold == warm == restarted == direct
    assert (again, unknown) == ([], [])
    assert asked_cold.items() >= {"page": 40, "file": 40}.items()
    assert asked_warm == []
    assert upstream.requests == []
