"""Use, use and renew, or ask: by the clock alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.decide.freshness import Decision, Entry, Rules, decide, remaining_seconds

NOW = Instant(1_790_000_000.0)
RULES = Rules(max_seconds=600, negative_seconds=60, suspicious_seconds=30, renew_behind_seconds=300)


def entry(
    age: float, lifetime: float | None = None, *, absent: bool = False, suspicious: bool = False
) -> Entry:
    """Return an answer that was confirmed ``age`` seconds ago."""
    return Entry(
        fetched_at=Instant(NOW - age - 1_000),
        checked_at=Instant(NOW - age),
        lifetime_seconds=lifetime,
        absent=absent,
        suspicious=suspicious,
    )


@pytest.mark.parametrize(
    ("kept", "decision"),
    [
        (None, Decision.ASK),
        (entry(0), Decision.USE),
        (entry(599), Decision.USE),
        (entry(600), Decision.USE_AND_RENEW),
        (entry(899), Decision.USE_AND_RENEW),
        (entry(900), Decision.ASK),
        (entry(5, lifetime=10), Decision.USE),
        (entry(10, lifetime=10), Decision.USE_AND_RENEW),
        (entry(599, lifetime=86_400), Decision.USE),
        (entry(600, lifetime=86_400), Decision.USE_AND_RENEW),
        (entry(0, lifetime=0), Decision.ASK),
        (entry(5, lifetime=-7), Decision.ASK),
        (entry(31, lifetime=0, suspicious=True), Decision.USE_AND_RENEW),
        (entry(59, absent=True), Decision.USE),
        (entry(60, absent=True), Decision.ASK),
        (entry(5, lifetime=5, absent=True), Decision.ASK),
        (entry(59, lifetime=86_400, absent=True), Decision.USE),
        (entry(29, suspicious=True), Decision.USE),
        (entry(30, suspicious=True), Decision.USE_AND_RENEW),
        (entry(29, lifetime=1, suspicious=True), Decision.USE),
    ],
)
def test_decision_follows_from_the_age(kept: Entry | None, decision: Decision) -> None:
    """The stated lifetime counts within ours; "it is not here" is never used beyond its time."""
    assert decide(kept, NOW, RULES) is decision


@pytest.mark.parametrize("ahead", [0.001, 86_400.0])
def test_clock_that_was_set_back_makes_stale_and_not_eternal(ahead: float) -> None:
    """A page confirmed in the future is asked for again."""
    assert decide(entry(-ahead), NOW, RULES) is Decision.ASK


def test_page_is_confirmed_again_without_new_bytes() -> None:
    """What counts is when the upstream last said so, not when the bytes came."""
    kept = Entry(fetched_at=Instant(0.0), checked_at=NOW)

    assert decide(kept, NOW, RULES) is Decision.USE


def test_remaining_seconds_are_what_clients_may_be_told() -> None:
    """``max-age`` towards a client is what is left of our own."""
    assert remaining_seconds(entry(100), NOW, RULES) == 500
    assert remaining_seconds(entry(100, lifetime=150), NOW, RULES) == 50
    assert remaining_seconds(entry(700), NOW, RULES) == -100


@given(
    age=st.integers(min_value=-(10**6), max_value=10**6),
    lifetime=st.one_of(st.none(), st.floats(min_value=-1e6, max_value=1e6)),
    absent=st.booleans(),
)
def test_nothing_is_used_beyond_the_rules(age: int, lifetime: float | None, absent: bool) -> None:  # noqa: FBT001 - drawn by name
    """Whatever an upstream states, our own limits hold."""
    decision = decide(entry(age, lifetime, absent=absent), NOW, RULES)

    limit = RULES.negative_seconds if absent else RULES.max_seconds + RULES.renew_behind_seconds
    assert decision is Decision.ASK or 0 <= age <= limit
