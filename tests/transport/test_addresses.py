"""Addresses: which of a host's addresses may be connected to now."""

import pytest

from wheelyard.transport import addresses as room
from wheelyard.transport.addresses import Addresses

HOST, ONE, TWO = "files.example:443", "192.0.2.1", "192.0.2.2"


def known(*failed: str, at: float = 100.0) -> Addresses:
    """Return what is known after these addresses of a host with two have failed."""
    made = Addresses()
    made.choose(HOST, [ONE, TWO], at)
    for address in failed:
        made.failed(HOST, address, at)
    return made


def test_address_that_failed_is_left_out() -> None:
    """F18: the others answer."""
    made = known(ONE)

    assert made.choose(HOST, [ONE, TWO], 101) == {TWO}
    assert made.has_other(HOST, 101)
    assert list(made.left_out(HOST, 101)) == [ONE]


def test_address_is_tried_again_after_a_while() -> None:
    """It may be well again."""
    assert known(ONE).choose(HOST, [ONE, TWO], 131) == {ONE, TWO}


def test_address_that_answers_is_well_at_once() -> None:
    """Whatever it did a moment ago."""
    made = known(ONE)
    made.answered(HOST, ONE)

    assert made.choose(HOST, [ONE, TWO], 101) == {ONE, TWO}
    assert not made.has_other(HOST, 101)


def test_host_that_fails_everywhere_is_asked_everywhere() -> None:
    """Then it is the host that is ill, and one address as good as the other."""
    made = known(ONE, TWO)

    assert made.choose(HOST, [ONE, TWO], 101) == {ONE, TWO}
    assert not made.has_other(HOST, 101)
    assert list(made.left_out(HOST, 101)) == []


def test_only_address_of_a_host_is_never_left_out() -> None:
    """There is no other to go to."""
    made = Addresses()
    made.choose(HOST, [ONE], 100)
    made.failed(HOST, ONE, 100)

    assert made.choose(HOST, [ONE], 101) == {ONE}
    assert not made.has_other(HOST, 101)


def test_same_address_of_another_host_is_another_one() -> None:
    """The machine may be well, and the service on it not."""
    assert known(ONE).choose("other.example:443", [ONE, TWO], 101) == {ONE, TWO}


def test_clock_that_was_set_back_leaves_nothing_out() -> None:
    """What failed in the future failed long ago."""
    assert known(ONE, at=100).choose(HOST, [ONE, TWO], 50) == {ONE, TWO}


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host with ten thousand addresses, or ten thousand hosts, cost no more."""
    monkeypatch.setattr(room, "_MAX_HOSTS", 2)
    made = Addresses()
    for host in ("a", "b", "c"):
        made.choose(host, [ONE, TWO], 100)
        made.failed(host, ONE, 100)

    assert [made.has_other(host, 101) for host in ("a", "b", "c")] == [False, True, True]
