"""What a webhook is told: each beginning and each end once, whatever happens in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.decide.telling import (
    Entry,
    Event,
    News,
    Told,
    begin,
    note,
    pending,
    retry_after_seconds,
)

START, END = Event.START, Event.END


@pytest.mark.parametrize(
    ("told", "entries", "expected"),
    [
        (Told(), [], []),
        (Told(), [Entry(1, is_over=False)], [News(1, START)]),
        (Told(), [Entry(1, is_over=True)], [News(1, START), News(1, END)]),
        (Told(1, (1,)), [Entry(1, is_over=False)], []),
        (Told(1, (1,)), [Entry(1, is_over=True)], [News(1, END)]),
        (Told(1), [Entry(1, is_over=True)], []),
        (
            Told(2, (1,)),
            [Entry(3, is_over=False), Entry(1, is_over=True), Entry(2, is_over=True)],
            [News(1, END), News(3, START)],
        ),
    ],
)
def test_news_is_what_the_log_has_and_the_webhook_was_not_told(
    told: Told, entries: list[Entry], expected: list[News]
) -> None:
    """A beginning comes before its end, and nothing comes twice."""
    assert list(pending(told, entries)) == expected


def test_new_webhook_hears_only_of_ends() -> None:
    """What had begun before it was there is no news; that it is over is."""
    told = begin([Entry(1, is_over=True), Entry(2, is_over=False)])

    assert pending(told, [Entry(1, is_over=True), Entry(2, is_over=False)]) == ()
    assert pending(told, [Entry(2, is_over=True)]) == (News(2, END),)


@given(st.lists(st.integers(0, 5), max_size=40))
def test_every_outage_is_told_of_once_at_each_end(steps: list[int]) -> None:
    """Whatever the order in which doors come and go, and however often anybody looks."""
    entries: dict[int, Entry] = {}
    told, heard = begin([]), []
    for step in steps:
        lasting = [each for each in entries.values() if not each.is_over]
        if step == 0:  # somebody looks, and one piece of news gets through
            for news in pending(told, list(entries.values()))[:1]:
                told = note(told, news)
                heard.append(news)
        elif step <= len(lasting):
            entries[lasting[step - 1].id] = Entry(lasting[step - 1].id, is_over=True)
        else:
            entries[len(entries) + 1] = Entry(len(entries) + 1, is_over=False)
    while left := pending(told, list(entries.values())):
        told = note(told, left[0])
        heard.append(left[0])

    over = [each.id for each in entries.values() if each.is_over]
    expected = [News(each, START) for each in entries] + [News(each, END) for each in over]
    assert sorted(heard, key=repr) == sorted(expected, key=repr)


@pytest.mark.parametrize(
    ("attempts", "trying", "wait"),
    [(1, 0.0, 1.0), (2, 1.0, 2.0), (4, 7.0, 8.0), (10_000, 200.0, 60.0), (3, 300.0, None)],
)
def test_wait_grows_and_ends(attempts: int, trying: float, wait: float | None) -> None:
    """A second, two, four, up to a minute; after five minutes nobody is bothered any more."""
    assert retry_after_seconds(attempts, trying) == wait
