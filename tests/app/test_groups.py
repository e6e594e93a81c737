"""The groups of doors: one chain for each upstream, and one that has what no route names."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import NO_PIP, settings
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, running
from wheelyard.app.groups import keeping_rules
from wheelyard.errors import ConfigError
from wheelyard.names import ProjectName
from wheelyard.settings import (
    DoorSettings,
    FreshnessSettings,
    NamesSettings,
    Route,
    Settings,
    UpstreamSettings,
    parse_pattern,
)

pytestmark = pytest.mark.anyio

TORCH, FLASK = ProjectName("torch"), ProjectName("flask")


@pytest.fixture(scope="module")
def usual() -> Iterator[Simulator]:
    """Run an upstream that has everything."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("torch", "9.0"), make_wheel("flask", "1.0"))
        yield simulator


@pytest.fixture(scope="module")
def special() -> Iterator[Simulator]:
    """Run an upstream that has one project."""
    with running_simulator() as simulator:
        simulator.add(make_wheel("torch", "2.0"), make_wheel("flask", "9.0"))
        yield simulator


def named(name: str, simulator: Simulator) -> UpstreamSettings:
    """Return an upstream of that name."""
    return UpstreamSettings(name=name, doors=(DoorSettings(url=simulator.url),))


def routed(data: Path, usual: Simulator, special: Simulator) -> Settings:
    """Return settings in which one pattern has an upstream of its own, named first."""
    names = NamesSettings(route=(Route(parse_pattern("torch*"), "special"),))
    found = settings(data, named("special", special), named("usual", usual))
    return replace(found, names=names)


async def test_each_name_is_asked_for_in_its_group(
    tmp_path: Path, usual: Simulator, special: Simulator
) -> None:
    """The upstream that no route names has all the rest, wherever it stands in the file."""
    async with running(routed(tmp_path, usual, special), NO_PIP) as app:
        repository = app.indexes[MAIN].chain.repository
        torch, flask = await repository.project(TORCH), await repository.project(FLASK)

        doors = {door.state.name for door in app.doors}

    assert [torch.versions, flask.versions] == [("2.0",), ("1.0",)]
    assert doors == {"special", "usual"}


async def test_two_upstreams_without_a_route_are_refused(
    tmp_path: Path, usual: Simulator, special: Simulator
) -> None:
    """Nobody could say which of them has a name; the sentence says what to write."""
    both = settings(tmp_path, named("special", special), named("usual", usual))

    with pytest.raises(ConfigError, match=r"\[names\] route"):
        async with running(both, NO_PIP):
            pass


async def test_offline_no_group_is_asked(
    tmp_path: Path, usual: Simulator, special: Simulator
) -> None:
    """And the doors that are left alone are known by name."""
    told = routed(tmp_path, usual, special)
    offline = replace(told, server=replace(told.server, offline=True))

    async with running(offline, NO_PIP) as app:
        unasked = {door.name for door in app.unasked}

    assert app.doors == ()
    assert unasked == {"special", "usual"}


def test_each_setting_of_freshness_reaches_its_rule(tmp_path: Path) -> None:
    """Three numbers of seconds that are easily mixed up."""
    told = FreshnessSettings(max_seconds=1, negative_seconds=2, patience_seconds=3)

    rules = keeping_rules(replace(settings(tmp_path), freshness=told), None)

    assert rules.freshness.max_seconds == 1
    assert (rules.negative_seconds, rules.patience_seconds) == (2, 3)


@pytest.mark.parametrize(("patience", "first"), [(3.0, 9.0), (60.0, 60.0)])
def test_what_is_not_held_is_waited_for_at_least_as_long(
    tmp_path: Path, patience: float, first: float
) -> None:
    """An old copy can stand in for a page that is late, and nothing for one that is not held."""
    told = FreshnessSettings(patience_seconds=patience)

    rules = keeping_rules(replace(settings(tmp_path), freshness=told), None)

    assert (rules.patience_seconds, rules.first_seconds) == (patience, first)
