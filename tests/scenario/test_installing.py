"""Every client installs through the server: cold, warm, and what it would install without it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from scenario.upstream_log import asked_more_than_once, count_of, strangers
from support.clients import INSTALLERS, PIP_AND_UV, PIP_EDITIONS, Installer, Kind, Sandbox
from support.packages import closure, make_sdist, make_wheel
from support.server import running_server
from support.simulator import AUTOINDEX, BARE, CORPORATE, TWO_HOSTS, Simulator, Style

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

TREE = closure(3)
SDIST = make_sdist("Only.Sdist", "1.0", requires=["Acme.Core.1"])
WANTED = [TREE.root, "only-sdist"]
EXPECTED = {**TREE.expected, "only-sdist": "1.0"}
SEEDS = {"pip", "setuptools"}
"""What some clients put into every environment that they make."""

EVERYONE: list[Kind[Installer]] = [*PIP_EDITIONS, *INSTALLERS[1:]]
STYLES = {"two-hosts": TWO_HOSTS, "corporate": CORPORATE, "bare": BARE, "autoindex": AUTOINDEX}


@pytest.mark.parametrize("kind", EVERYONE, ids=str)
def test_c98_a70_client_installs_through_the_server_alone(
    upstream: Simulator,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Told where the index is in its own way, a client goes nowhere else and gets the same bytes.

    Wheels and an sdist. Cold, each page and each file is asked for upstream once. Warm, a server
    that starts again on the same data needs no upstream at all: it refuses all connections.
    """

    def install(how: str, index_url: str) -> dict[str, str]:
        client = kind.start(new_sandbox(how))
        result = client.install(WANTED, index_url, tmp_path / how).checked()
        assert {name: result.installed.get(name) for name in EXPECTED} == EXPECTED
        assert set(result.installed) - SEEDS == set(EXPECTED)
        return dict(result.files)

    upstream.add(*TREE.packages, SDIST)
    direct = install("direct", upstream.url)
    upstream.forget()

    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        cold = install("cold", server.url)
    upstream.down()
    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        warm = install("warm", server.url)

    assert cold == warm == direct
    assert strangers(upstream) == []
    assert asked_more_than_once(upstream) == []
    assert count_of(upstream).items() >= {"page": 4, "file": 4}.items()


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
@pytest.mark.parametrize("style", STYLES.values(), ids=list(STYLES))
def test_a77_client_installs_whatever_the_upstream_looks_like(
    upstream: Simulator,
    style: Style,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Compressed pages, files on another host, HTML without a hash, a directory listing."""
    upstream.style = style
    upstream.add(make_wheel("Demo.Wheel", "1.0"), make_wheel("Demo.Wheel", "0.9"))
    upstream.add(make_sdist("demo.sdist", "1.0", requires=["Demo_Wheel>=1"]))

    with running_server(tmp_path / "data", upstreams=[upstream.url]) as server:
        client = kind.start(new_sandbox("cold"))
        cold = client.install(["demo-sdist"], server.url, tmp_path / "cold").checked()
        upstream.down()
        client = kind.start(new_sandbox("warm"))
        warm = client.install(["demo-sdist"], server.url, tmp_path / "warm").checked()

    assert cold.installed == {"demo-wheel": "1.0", "demo-sdist": "1.0"}
    assert cold.files == warm.files


@pytest.mark.parametrize("kind", PIP_AND_UV, ids=str)
def test_client_installs_from_pages_that_nobody_can_renew(
    upstream: Simulator,
    kind: Kind[Installer],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path: Path,
) -> None:
    """Every page is out of date and the upstream refuses all connections: stale is good enough."""
    upstream.add(*TREE.packages)
    keeping_nothing_fresh = {"freshness.max_seconds": 0}

    with running_server(
        tmp_path / "data", upstreams=[upstream.url], settings=keeping_nothing_fresh
    ) as server:
        client = kind.start(new_sandbox("cold"))
        cold = client.install([TREE.root], server.url, tmp_path / "cold").checked()
        upstream.down()
        client = kind.start(new_sandbox("warm"))
        warm = client.install([TREE.root], server.url, tmp_path / "warm").checked()

    assert warm.installed == TREE.expected
    assert warm.files == cold.files
