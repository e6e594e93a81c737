"""A thing of which a later serial was told is renewed: soon, and not again and again."""

import pytest

from wheelyard.clock import Instant
from wheelyard.decide.serials import Told, is_superseded
from wheelyard.model import Knowledge

NOW = Instant(1_000.0)


def known(checked_at: float, how: str = "hit") -> Knowledge:
    """Return how a page is known that was confirmed at that moment."""
    return Knowledge(checked_at, checked_at + 600, how="stale" if how == "stale" else "hit")


@pytest.mark.parametrize(
    ("serial", "told", "knowledge", "expected"),
    [
        (6, Told(7, Instant(990.0)), known(980.0), True),
        (6, Told(7, Instant(999.0)), known(998.0), True),
        (6, Told(7, Instant(990.0)), known(994.0), True),
        (6, Told(7, Instant(990.0)), known(997.0), False),
        (6, Told(7, Instant(990.0)), known(1_010.0), True),
        (6, Told(7, Instant(990.0)), known(980.0, "stale"), False),
        (7, Told(7, Instant(990.0)), known(980.0), False),
        (8, Told(7, Instant(990.0)), known(980.0), False),
        (None, Told(7, Instant(990.0)), known(980.0), False),
        (6, None, known(980.0), False),
    ],
)
def test_thing_is_superseded_by_a_later_serial(
    serial: int | None, told: Told | None, knowledge: Knowledge, *, expected: bool
) -> None:
    """At once if it is older than the word of it, else after a moment; not in an outage."""
    assert is_superseded(serial, told, knowledge, NOW) is expected
