"""What a worker counted, at one moment."""

from collections import Counter

from wheelyard.blobs import WaitingRoom
from wheelyard.clock import Instant
from wheelyard.decide.circuit import State
from wheelyard.monitor import (
    Activity,
    ConnectionSnapshot,
    Counters,
    DoorSnapshot,
    WebhookSnapshot,
    WebhookState,
    WorkerSnapshot,
    take_snapshot,
)
from wheelyard.repository.impression import Impression
from wheelyard.repository.observed import DoorState


def test_snapshot_is_what_was_counted_until_then() -> None:
    """Later counting does not change it."""
    counters = Counters()
    counters.count("page", 200, 10)
    counters.count_cache("page", "hit")
    door = DoorState(
        "a", "http://a/", Counter({"2xx": 1}), [1, 0], 0.5, 100, Instant(7.0), serial=3
    )
    door.outages = 2

    taken = take_snapshot(counters, [door], Activity(ConnectionSnapshot(open=1), 2, 3, 4), 9.0)
    counters.count("page", 200, 10)
    door.outcomes["2xx"] += 1

    assert taken == WorkerSnapshot(
        9.0,
        requests={"page|200": 1},
        sent_bytes={"page": 10},
        cache_answers={"page|hit": 1},
        doors=(
            DoorSnapshot("a", "http://a/", {"2xx": 1}, (1, 0), 0.5, 100, 7.0, serial=3, outages=2),
        ),
        connections=ConnectionSnapshot(open=1),
        fills_running=2,
        spool_bytes=3,
        damaged_files=4,
    )


def test_snapshot_tells_of_a_door_that_nobody_asks() -> None:
    """It is one of the doors, and neither up nor down."""
    taken = take_snapshot(Counters(), [DoorState("a", "http://a/", is_offline=True)], Activity(), 9)

    assert [door.state for door in taken.doors] == ["offline"]


def test_snapshot_tells_of_a_door_that_is_left_alone() -> None:
    """As this worker sees it."""
    door = DoorState("a", "http://a/", circuit=State.OPEN)

    taken = take_snapshot(Counters(), [door], Activity(), 9)

    assert [each.circuit for each in taken.doors] == [State.OPEN]


def test_snapshot_tells_what_waits_and_what_doors_look_like() -> None:
    """By kind of question, by webhook, and by the address of the door."""
    room = WaitingRoom(2)
    room.enter("`a`")
    impression = Impression("html")
    impression.recent.append(0.12345)
    activity = Activity(
        rooms={"page": room},
        webhooks=[WebhookState("https://hooks.example", delivered=2, last_result="taken")],
        impressions={"http://a/": impression},
    )

    taken = take_snapshot(Counters(), [DoorState("a", "http://a/")], activity, 9)

    assert (taken.waiting_misses, taken.shed_misses) == ({"page": 1}, {"page": 0})
    assert taken.webhooks == (WebhookSnapshot("https://hooks.example", 2, last_result="taken"),)
    assert [(door.kind, door.recent) for door in taken.doors] == [("html", (0.1235,))]
