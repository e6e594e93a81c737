"""Several workers add up to one server."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.circuit import State
from wheelyard.monitor import (
    AlarmSnapshot,
    ConnectionSnapshot,
    DoorSnapshot,
    WebhookSnapshot,
    WorkerSnapshot,
    total,
)
from wheelyard.monitor.snapshots import STALE_SECONDS, join_keys, split_key

NOW = 1_790_000_000.0

COUNTS = st.dictionaries(
    st.sampled_from(["page|200", "file|200", "file|503"]), st.integers(0, 1_000)
)
MOMENTS = st.none() | st.floats(1, NOW)
DOORS = st.builds(
    DoorSnapshot,
    upstream=st.just("a"),
    url=st.sampled_from(["http://a/", "http://b/"]),
    outcomes=COUNTS,
    latency_counts=st.lists(st.integers(0, 9), min_size=3, max_size=3).map(tuple),
    received_bytes=st.integers(0, 10**12),
    last_success_at=MOMENTS,
    last_failure_at=MOMENTS,
)
WORKERS = st.builds(
    WorkerSnapshot,
    at=st.just(NOW),
    requests=COUNTS,
    sent_bytes=COUNTS,
    doors=st.lists(DOORS, max_size=2, unique_by=lambda door: door.url).map(tuple),
    fills_running=st.integers(0, 9),
)


@pytest.mark.parametrize("pair", [("page", 200), ("file", "miss"), ("", "")])
def test_key_of_a_pair_is_taken_apart_again(pair: tuple[str, object]) -> None:
    """Numbers come back as text, as labels are."""
    assert split_key(join_keys(*pair)) == (pair[0], str(pair[1]))


def test_workers_add_up() -> None:
    """What they did, what they are at, and how many they are."""
    first = WorkerSnapshot(
        NOW,
        requests={"page|200": 2},
        sent_bytes={"page": 20},
        cache_answers={"page|hit": 1},
        connections=ConnectionSnapshot(open=1, accepted=5, refused=1, rejected=2, timed_out=3),
        fills_running=1,
        spool_bytes=100,
        damaged_files=1,
    )
    second = WorkerSnapshot(
        NOW - 1,
        requests={"page|200": 3, "file|200": 1},
        connections=ConnectionSnapshot(open=2),
        damaged_files=2,
    )

    together = total([first, second], NOW)

    assert together == WorkerSnapshot(
        NOW,
        requests={"page|200": 5, "file|200": 1},
        sent_bytes={"page": 20},
        cache_answers={"page|hit": 1},
        connections=ConnectionSnapshot(open=3, accepted=5, refused=1, rejected=2, timed_out=3),
        fills_running=1,
        spool_bytes=100,
        damaged_files=3,
        workers=2,
    )


def test_silent_worker_has_done_what_it_did_and_does_nothing_now() -> None:
    """A worker that was killed has no open connections, whatever it said last."""
    dead = WorkerSnapshot(
        NOW - STALE_SECONDS - 1,
        requests={"page|200": 2},
        connections=ConnectionSnapshot(open=7, accepted=9),
        fills_running=3,
        spool_bytes=5,
    )

    together = total([dead], NOW)

    assert together.requests == {"page|200": 2}
    assert together.connections == ConnectionSnapshot(open=0, accepted=9)
    assert (together.fills_running, together.spool_bytes, together.workers) == (0, 0, 0)


def test_nobody_adds_up_to_nothing() -> None:
    """A server whose workers have not spoken yet."""
    assert total([], NOW) == WorkerSnapshot(NOW, workers=0)


def test_door_is_known_by_its_newest_success_and_failure() -> None:
    """One worker may know of an outage before the other."""
    early = DoorSnapshot("a", "http://a/", last_success_at=5.0, last_failure_at=2.0, last_error="x")
    late = DoorSnapshot("a", "http://a/", last_success_at=3.0, last_failure_at=9.0, last_error="y")

    (door,) = total([WorkerSnapshot(NOW, doors=(each,)) for each in (early, late)], NOW).doors

    assert (door.last_success_at, door.last_failure_at, door.last_error) == (5.0, 9.0, "y")
    assert door.state == "down"


def test_door_is_shown_as_the_worker_sees_it_that_sees_the_worst() -> None:
    """A circuit is each worker's own; that of a worker that is gone is of no interest."""
    doors = [DoorSnapshot("a", "http://a/", circuit=state) for state in State]
    closed, half_open, opened = [WorkerSnapshot(NOW, doors=(door,)) for door in doors]
    gone = msgspec.structs.replace(opened, at=NOW - STALE_SECONDS - 1)

    together = total([closed, half_open, gone], NOW)

    assert together.doors[0].circuit is State.HALF_OPEN


@pytest.mark.parametrize(
    ("success", "failure", "state"),
    [
        (None, None, "unknown"),
        (1.0, None, "up"),
        (None, 1.0, "down"),
        (2.0, 1.0, "up"),
        (1.0, 2.0, "down"),
        (2.0, 2.0, "up"),
    ],
)
def test_door_is_up_if_it_answered_last(
    success: float | None, failure: float | None, state: str
) -> None:
    """And of a door that was never asked nothing is claimed."""
    door = DoorSnapshot("a", "http://a/", last_success_at=success, last_failure_at=failure)

    assert door.state == state


def test_door_that_nobody_asks_is_offline() -> None:
    """Neither up nor down, in one worker and in all of them."""
    door = DoorSnapshot("a", "http://a/", is_offline=True)

    (together,) = total([WorkerSnapshot(NOW, doors=(door,))] * 2, NOW).doors

    assert (door.state, together.state) == ("offline", "offline")


@given(workers=st.lists(WORKERS, max_size=4))
def test_sum_does_not_depend_on_the_grouping(workers: list[WorkerSnapshot]) -> None:
    """A worker's predecessors may be added before or with the others."""
    half = len(workers) // 2
    halves = [total(workers[:half], NOW), total(workers[half:], NOW)]

    nested, flat = total(halves, NOW), total(workers, NOW)

    assert nested.requests == flat.requests
    assert nested.workers == flat.workers
    assert {door.url: door for door in nested.doors} == {door.url: door for door in flat.doors}


@given(worker=WORKERS)
def test_snapshot_survives_being_written_down(worker: WorkerSnapshot) -> None:
    """What is pinned is what was counted."""
    assert msgspec.json.decode(msgspec.json.encode(worker), type=WorkerSnapshot) == worker


def test_alarm_of_two_workers_is_one_since_the_first_of_them() -> None:
    """They share a disk; an alarm of a worker that is gone is over."""
    early, late = AlarmSnapshot("not-kept", NOW - 9, "a"), AlarmSnapshot("not-kept", NOW, "b")
    other = AlarmSnapshot("unreadable", NOW, "c")
    gone = WorkerSnapshot(NOW - STALE_SECONDS - 1, alarms=(other,), passed_files=3)

    together = total(
        [
            WorkerSnapshot(NOW, alarms=(late,), passed_files=1),
            WorkerSnapshot(NOW, alarms=(other, early)),
            gone,
        ],
        NOW,
    )

    assert together.alarms == (early, other)
    assert total([gone], NOW).alarms == ()
    assert together.passed_files == 4


def test_webhook_is_told_by_several_workers_in_turn() -> None:
    """Counts add up; how the last attempt went is what the last worker says that made one."""
    url = "https://hooks.example"
    first = WebhookSnapshot(url, 2, 1, 0, 1, NOW - 9, "refused: nobody listens.")
    second = WebhookSnapshot(url, 1, 0, 1, 0, NOW - 5, "taken")
    idle = WebhookSnapshot(url)
    workers = [WorkerSnapshot(NOW, webhooks=(hook,)) for hook in (first, second, idle)]

    [hook] = total(workers, NOW).webhooks

    assert hook == WebhookSnapshot(url, 3, 1, 1, 1, NOW - 5, "taken")


def test_worker_that_is_gone_has_nothing_that_waits() -> None:
    """Neither misses nor news; what it sent away was sent away."""
    worker = WorkerSnapshot(
        NOW - STALE_SECONDS - 1,
        waiting_misses={"page": 3},
        shed_misses={"page": 4},
        webhooks=(WebhookSnapshot("https://hooks.example", 1, pending=2),),
    )

    added = total([worker, WorkerSnapshot(NOW, waiting_misses={"page": 1, "file": 2})], NOW)

    assert added.waiting_misses == {"page": 1, "file": 2}
    assert added.shed_misses == {"page": 4}
    assert added.webhooks == (WebhookSnapshot("https://hooks.example", 1),)


def test_door_is_what_all_workers_saw_of_it() -> None:
    """What it looks like, and how long its last answers took."""
    doors = [
        DoorSnapshot("a", "http://a/", kind="", recent=(0.1,)),
        DoorSnapshot("a", "http://a/", kind="json", recent=(0.3,), is_behind=True),
    ]

    [door] = total([WorkerSnapshot(NOW, doors=(each,)) for each in doors], NOW).doors

    assert (door.kind, door.recent, door.is_behind) == ("json", (0.1, 0.3), True)
