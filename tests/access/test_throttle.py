"""How often a password may be tried. Time is handed in; nobody waits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.access.throttle import (
    Attempts,
    Bucket,
    Limit,
    ThrottleRules,
    address_key,
    decide_wait,
)
from wheelyard.clock import Instant

NOW = Instant(1_000_000.0)
LIMIT = Limit(3, 10.0)
RULES = ThrottleRules(account=LIMIT, address=Limit(5, 2.0), max_buckets=10)


def later(seconds: float) -> Instant:
    """Return a later moment."""
    return Instant(NOW + seconds)


def test_empty_bucket_takes_a_try() -> None:
    """The first one is free."""
    assert decide_wait(None, NOW, LIMIT) == 0


def test_full_bucket_takes_one_when_a_drop_has_leaked() -> None:
    """And says how long that takes."""
    bucket = Bucket(3.0, NOW)

    assert decide_wait(bucket, NOW, LIMIT) == 10
    assert decide_wait(bucket, later(4), LIMIT) == pytest.approx(6)
    assert decide_wait(bucket, later(10), LIMIT) == 0


def test_clock_that_was_set_back_leaks_nothing() -> None:
    """Nor does it fill the bucket."""
    assert Bucket(2.0, NOW).level_at(later(-1_000), LIMIT) == 2.0


def test_account_is_tried_so_often_and_not_more() -> None:
    """From however many addresses."""
    attempts = Attempts(RULES)

    waits = [attempts.take("alice", f"192.0.2.{number}", NOW) for number in range(5)]

    assert waits == [0, 0, 0, 10, 10]
    assert attempts.take("bob", "192.0.2.1", NOW) == 0


def test_address_tries_so_often_and_not_more() -> None:
    """Whatever accounts it tries."""
    attempts = Attempts(RULES)

    waits = [attempts.take(f"user{number}", "192.0.2.1", NOW) for number in range(7)]

    assert waits == [0, 0, 0, 0, 0, 2, 2]
    assert attempts.take("alice", "192.0.2.2", NOW) == 0


def test_try_that_must_wait_costs_nothing() -> None:
    """So whoever goes on trying waits no longer for it."""
    attempts = Attempts(RULES)
    for _ in range(100):
        attempts.take("alice", "192.0.2.1", NOW)

    assert attempts.take("alice", "192.0.2.1", later(10)) == 0


def test_right_password_costs_nothing() -> None:
    """However often somebody signs in."""
    attempts = Attempts(RULES)

    for _ in range(50):
        assert attempts.take("alice", "192.0.2.1", NOW) == 0
        attempts.give_back("alice", "192.0.2.1", NOW)

    assert attempts._buckets == {}


def test_number_of_buckets_is_limited() -> None:
    """An attacker cannot fill the memory with names; those that were tried last are kept."""
    attempts = Attempts(RULES)

    for number in range(1_000):
        attempts.take(f"user{number}", f"192.0.2.{number % 200}", later(number))

    assert len(attempts._buckets) == 10
    assert "account user999" in attempts._buckets


def test_address_is_what_one_customer_has() -> None:
    """IPv6 networks have as many addresses as somebody likes; a socket's path is one address."""
    assert address_key("192.0.2.1") == "192.0.2.1"
    assert address_key("::ffff:192.0.2.1") == "192.0.2.1"
    assert address_key("2001:db8::1") == address_key("2001:db8::ffff:1") == "2001:db8::/64"
    assert address_key("2001:db8:0:1::1") != address_key("2001:db8::1")
    assert address_key("fe80::1%eth0") == "fe80::/64"
    assert address_key("a socket") == "a socket"


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 100)), max_size=60))
def test_wrong_tries_never_exceed_the_limit(steps: list[tuple[bool, float]]) -> None:
    """In any period: the size of the bucket, and what leaks meanwhile."""
    attempts, now, start = Attempts(RULES), NOW, NOW
    taken = 0
    for is_wrong, seconds in steps:
        now = Instant(now + seconds)
        if attempts.take("alice", "192.0.2.1", now) == 0:
            if is_wrong:
                taken += 1
            else:
                attempts.give_back("alice", "192.0.2.1", now)

    assert taken <= LIMIT.drops + (now - start) / LIMIT.seconds_per_drop + 1e-6
