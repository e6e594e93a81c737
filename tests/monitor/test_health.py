"""Ready means: can serve what it holds (F67)."""

import pytest

from wheelyard.monitor import DoorSnapshot, Health, Signs, decide_health

UP = DoorSnapshot("a", "http://a/", last_success_at=2.0, last_failure_at=1.0)
DOWN = DoorSnapshot("a", "http://b/", last_failure_at=1.0, last_error="timed out")


def test_server_in_good_order_is_ready() -> None:
    """And has nothing to do without."""
    health = decide_health(Signs(free_bytes=10, min_free_bytes=10, doors=(UP,)))

    assert health == Health()
    assert health.is_ready


@pytest.mark.parametrize(
    ("signs", "reason"),
    [
        (Signs(is_draining=True), "The server is stopping"),
        (Signs(catalog_problem="locked"), "The catalog cannot be read: locked"),
        (Signs(blobs_problem="gone"), "The files cannot be read: gone"),
    ],
)
def test_server_that_cannot_serve_what_it_holds_is_not_ready(signs: Signs, reason: str) -> None:
    """A load balancer sends the requests elsewhere."""
    health = decide_health(signs)

    assert not health.is_ready
    assert health.reasons[0].startswith(reason)


@pytest.mark.parametrize(
    ("signs", "sentence"),
    [
        (Signs(doors=(UP, DOWN)), "http://b/ does not answer: timed out"),
        (Signs(free_bytes=9, min_free_bytes=10), "The disk has 9 bytes left"),
    ],
)
def test_outage_of_somebody_else_does_not_make_it_unready(signs: Signs, sentence: str) -> None:
    """All servers would leave the pool at once, for something that none of them can help."""
    health = decide_health(signs)

    assert health.is_ready
    assert health.degraded[0].startswith(sentence)


def test_door_that_was_never_asked_is_no_problem() -> None:
    """Nobody knows yet."""
    assert decide_health(Signs(doors=(DoorSnapshot("a", "http://a/"),))) == Health()


def test_alarm_degrades_and_says_why_there_is_no_room() -> None:
    """One sentence about the disk, not two; what is held can still be served."""
    signs = Signs(free_bytes=9, min_free_bytes=10, alarms=("Nothing can be kept: full.",))

    health = decide_health(signs)

    assert health.is_ready
    assert health.degraded == ("Nothing can be kept: full.",)
