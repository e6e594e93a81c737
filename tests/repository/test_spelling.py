"""An upstream whose address was given without ``/simple/``."""

import pytest

from support.fakes import FakeDoor, make_project
from wheelyard.errors import Absent, Unavailable
from wheelyard.names import ProjectName
from wheelyard.repository.spelling import EitherSpelling

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
NOTHING = ProjectName("nothing")
PAGES = {"flask": make_project("flask")}


async def test_likely_spelling_is_asked_alone_once_it_knew_something() -> None:
    """The right spelling is found out once."""
    likely, plain = FakeDoor(PAGES), FakeDoor()
    door = EitherSpelling(likely, plain)
    await door.refresh_project(FLASK, None)

    with pytest.raises(Absent):
        await door.refresh_project(NOTHING, None)

    assert plain.asked == []


async def test_plain_spelling_is_used_when_only_that_knows_the_project() -> None:
    """An index that has its projects directly below its address works."""
    likely, plain = FakeDoor(), FakeDoor(PAGES)
    door = EitherSpelling(likely, plain)
    await door.refresh_project(FLASK, None)

    await door.refresh_project(FLASK, None)

    assert likely.asked == ["flask"]
    assert plain.asked == ["flask", "flask"]


async def test_absent_needs_both_spellings_until_one_is_known() -> None:
    """The first question about an unknown name decides nothing."""
    likely, plain = FakeDoor(), FakeDoor()
    door = EitherSpelling(likely, plain)

    with pytest.raises(Absent):
        await door.refresh_project(NOTHING, None)

    assert (likely.asked, plain.asked) == (["nothing"], ["nothing"])


async def test_second_opinion_is_asked_under_the_right_spelling() -> None:
    """What is asked for reaches the door."""
    likely, plain = FakeDoor(PAGES), FakeDoor()
    door = EitherSpelling(likely, plain)

    await door.refresh_project(FLASK, None, again=True)

    assert (likely.asked_again, plain.asked) == (["flask"], [])


async def test_unavailable_does_not_try_the_other_spelling() -> None:
    """Silence says nothing about an address."""
    plain = FakeDoor(PAGES)
    door = EitherSpelling(FakeDoor(down=True), plain)

    with pytest.raises(Unavailable):
        await door.refresh_project(FLASK, None)

    assert plain.asked == []
