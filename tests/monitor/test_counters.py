"""Counting while requests are answered."""

from wheelyard.monitor import Counters


def test_requests_are_counted_by_route_and_status() -> None:
    """And the bytes sent by route."""
    counters = Counters()

    counters.count("page", 200, 100)
    counters.count("page", 200, 50)
    counters.count("page", 304)
    counters.count("file", 200, 1)

    assert counters.requests == {("page", 200): 2, ("page", 304): 1, ("file", 200): 1}
    assert counters.sent_bytes == {"page": 150, "file": 1}


def test_cache_answers_are_counted_by_kind_and_result() -> None:
    """How often somebody had to be asked."""
    counters = Counters()

    counters.count_cache("page", "hit")
    counters.count_cache("page", "hit")
    counters.count_cache("file", "miss")

    assert counters.cache_answers == {("page", "hit"): 2, ("file", "miss"): 1}


def test_two_servers_in_one_process_count_for_themselves() -> None:
    """Nothing is global."""
    Counters().count("page", 200)

    assert Counters().requests == {}


def test_warm_answer_is_counted_as_the_two_others_count_it() -> None:
    """The short way is only shorter."""
    short, long = Counters(), Counters()

    short.count_warm("page", 100)
    long.count("page", 200, 100)
    long.count_cache("page", "hit")

    assert short == long
