"""Canaries of an earlier start: a start in the middle of an outage loses nothing."""

from collections.abc import Mapping

import pytest

from support.fakes import DOOR, FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide.canaries import Canary
from wheelyard.errors import Absent, Unavailable
from wheelyard.names import ProjectName
from wheelyard.repository.canaries import WithCanaries

pytestmark = pytest.mark.anyio

FLASK, JINJA, NOTHING = ProjectName("flask"), ProjectName("jinja2"), ProjectName("nothing")


async def is_absent(watched: WithCanaries, name: ProjectName) -> bool:
    """Say whether an absence is believed."""
    try:
        await watched.refresh_project(name, None)
    except Absent:
        return True
    except Unavailable:
        return False
    raise AssertionError(name)


async def test_door_is_held_to_what_an_earlier_start_knew(clock: FrozenClock) -> None:
    """A start in the middle of an outage loses nothing: what is held are canaries, too."""
    door = FakeDoor({})
    asked = 0

    async def remember() -> Mapping[ProjectName, Canary]:
        nonlocal asked
        asked += 1
        return {FLASK: Canary(clock.now(), has_files=True)}

    watched = WithCanaries(door, clock, DOOR, remember)

    assert not await is_absent(watched, JINJA)
    clock.forward(10)
    assert not await is_absent(watched, NOTHING)
    assert asked == 1


async def test_remembered_canaries_make_room_for_present_ones(clock: FrozenClock) -> None:
    """The names of this start are asked first, and there are never more than five."""
    door = FakeDoor({FLASK: make_project(FLASK, make_file("flask-1.0.tar.gz"))})

    async def remember() -> Mapping[ProjectName, Canary]:
        names = [FLASK, *(ProjectName(f"earlier-{number}") for number in range(5))]
        return {name: Canary(clock.now(), has_files=True) for name in names}

    watched = WithCanaries(door, clock, DOOR, remember)
    await watched.refresh_project(FLASK, None)

    assert await is_absent(watched, NOTHING)
    assert door.asked == [FLASK, NOTHING, FLASK]
    assert len(watched._canaries) == 5


async def test_remembered_canaries_of_long_ago_are_none(clock: FrozenClock) -> None:
    """What a door answered for more than a week ago says nothing about it today."""
    door = FakeDoor({})

    async def remember() -> Mapping[ProjectName, Canary]:
        return {FLASK: Canary(Instant(clock.now() - 700_000), has_files=True)}

    assert await is_absent(WithCanaries(door, clock, DOOR, remember), NOTHING)
