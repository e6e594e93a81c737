"""Dependency confusion: strangers have our names in public, with version 999. T01, T02, A-51, G7.

Real installers, one URL, every kind of outage. What is ours is installed in our version, or not at
all, and no upstream hears of it.
"""

from collections.abc import Callable, Iterator

import pytest

from faults.house import CORE, INHOUSE, House, open_house
from support.clients import (
    OLDEST_PIP,
    PIP_26,
    PIP_AND_UV,
    Installer,
    Kind,
    Pip,
    Sandbox,
    need,
)
from support.packages import make_wheel
from support.simulator import Simulator, silent, status

pytestmark = [pytest.mark.scenario, pytest.mark.slow]

LIBRARY = make_wheel("library", "1.0")
APP = make_wheel("acme-app", "1.0", requires=["acme-core>=0.1", "Inhouse", "library"])
EXPECTED = dict.fromkeys(("acme-app", "acme-core", "inhouse", "library"), "1.0")
TWINS = [make_wheel(name, "999.0") for name in ("acme-app", "torchtriton")]

CLIENTS: list[Kind[Installer]] = [*PIP_AND_UV, OLDEST_PIP]
OUTAGES: dict[str, Callable[[Simulator], object]] = {
    "up": lambda upstream: upstream.add(make_wheel("inhouse", "1000.0")),
    "refusing": lambda upstream: upstream.down(),
    "failing": lambda upstream: upstream.fault("*", status(503)),
    "hanging": lambda upstream: upstream.fault("*", silent()),
}


@pytest.fixture(scope="module")
def _house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A server with what is ours, which has fetched what is public once."""
    with open_house(tmp_path_factory.mktemp("house") / "data") as house:
        house.publish(CORE, INHOUSE, APP)
        house.public.add(LIBRARY, *TWINS)
        house.content(LIBRARY)
        yield house


@pytest.fixture
def house(_house: House) -> Iterator[House]:
    """The same, with its upstream sound."""
    yield _house
    _house.recover()


@pytest.mark.parametrize("kind", CLIENTS, ids=["pip", "uv", "oldest-pip"])
@pytest.mark.parametrize("outage", OUTAGES.values(), ids=list(OUTAGES))
def test_t01_our_own_version_is_installed_whatever_the_upstream_does(
    house: House,
    kind: Kind[Installer],
    outage: Callable[[Simulator], object],
    new_sandbox: Callable[[str], Sandbox],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """One URL, private and public packages together, nothing pinned, empty caches."""
    client = kind.start(new_sandbox("client"))
    outage(house.public)

    result = client.install(["acme-app"], house.server.url, tmp_path_factory.mktemp("here"))

    assert result.checked().installed == EXPECTED
    assert house.heard() == []


@pytest.mark.parametrize("kind", CLIENTS[:2], ids=str)
def test_a51_reserved_name_is_not_installed_before_its_first_upload(
    house: House, kind: Kind[Installer], sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The stranger's is there, in public, and is nobody's here."""
    client = kind.start(sandbox)

    result = client.install(["Acme.Unborn"], house.server.url, tmp_path_factory.mktemp("here"))

    assert result.exit_code != 0
    assert result.installed == {}
    assert house.heard() == []


def test_routed_name_is_not_installed_from_elsewhere_while_its_upstream_is_down(
    house: House, sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Torchtriton 2022: the public index has it, in a higher version than anybody else."""
    need(PIP_26)
    client = Pip(PIP_26, sandbox, ("--retries", "0"))
    house.torch.down()

    result = client.install(["torchtriton"], house.server.url, tmp_path_factory.mktemp("here"))

    assert result.exit_code != 0
    assert result.installed == {}
    assert [request.path for request in house.public.requests if "torch" in request.path] == []


def test_t02_installation_fails_rather_than_take_the_strangers_while_we_are_broken(
    sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The catalog is destroyed under a running server: 503, and nobody outside is asked."""
    need(PIP_26)
    client = Pip(PIP_26, sandbox, ("--retries", "0"))
    data = tmp_path_factory.mktemp("broken") / "data"
    with open_house(data) as house:
        house.publish(CORE)
        for path in data.glob("catalog.sqlite*"):
            path.write_bytes(b"\0" * path.stat().st_size)

        result = client.install(["acme-core"], house.server.url, tmp_path_factory.mktemp("here"))

        assert result.installed in ({}, {"acme-core": "1.0"})
        assert house.heard() == []
        house.server.kill()
