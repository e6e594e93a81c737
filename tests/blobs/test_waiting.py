"""A room with a limited number of places."""

import pytest

from wheelyard.blobs import WaitingRoom
from wheelyard.errors import Unavailable


def test_room_that_is_full_sends_away_and_counts() -> None:
    """At once, in a sentence that says when to come back."""
    room = WaitingRoom(2)
    room.enter("`a`")
    room.enter("`b`")

    with pytest.raises(Unavailable, match="ask again in a moment"):
        room.enter("`c`")

    assert (room.waiting, room.shed) == (2, 1)


def test_place_that_is_given_back_is_free() -> None:
    """Nothing else is remembered."""
    room = WaitingRoom(1)
    room.enter("`a`")
    room.leave()

    room.enter("`b`")

    assert (room.waiting, room.shed) == (1, 0)


def test_renewals_give_way_first() -> None:
    """Whoever has an old copy does without; a place is left for who has nothing."""
    room = WaitingRoom(2)
    room.enter("`a`", is_held=True)
    with pytest.raises(Unavailable):
        room.enter("`b`", is_held=True)

    room.enter("`c`")

    assert room.waiting == 2


def test_room_without_limit_takes_everybody() -> None:
    """As commands do that limit themselves."""
    room = WaitingRoom()
    for _ in range(10_000):
        room.enter("`a`")

    assert room.shed == 0
