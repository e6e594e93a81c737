"""The change feed as JSON, and the questions about it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.catalog import curation, publishing
from wheelyard.errors import BadInput
from wheelyard.wire.change_feed import (
    KINDS,
    ChangeNote,
    FeedQuestion,
    parse_change_feed,
    parse_feed_question,
    render_change_feed,
)


def test_feed_tells_what_happened_and_where_to_go_on() -> None:
    """One object per change; its time is in UTC."""
    detail = {"filename": "demo-1.0.tar.gz", "version": "1.0", "sha256": "00"}
    note = ChangeNote.of(7, 1_000_000_000.5, "file.added", ("main", "demo"), detail)

    answer = json.loads(render_change_feed([note], 9, more=True))

    assert answer == {
        "changes": [
            {
                "serial": 7,
                "at": "2001-09-09T01:46:40.500000Z",
                "kind": "file.added",
                "index": "main",
                "project": "demo",
                "detail": detail,
            }
        ],
        "next": 9,
        "more": True,
    }


def test_details_that_name_other_places_are_not_told() -> None:
    """A reader of one index need not know that there is another."""
    note = ChangeNote.of(1, 0.0, "file.added", ("prod", "demo"), {"from": "secret", "version": "1"})

    assert note.detail == {"version": "1"}


def test_every_kind_of_change_to_what_is_ours_is_told() -> None:
    """Whoever adds a kind says what it means."""
    kinds = {
        getattr(module, name)
        for module in (curation, publishing)
        for name in module.__all__
        if name.isupper()
    }

    assert kinds == set(KINDS)


@pytest.mark.parametrize(
    ("query", "question"),
    [
        ("", FeedQuestion()),
        ("since=5&limit=2&wait=10", FeedQuestion(5, 2, 10.0)),
        ("limit=0", FeedQuestion(limit=1)),
        ("unknown=1", FeedQuestion()),
    ],
)
def test_question_is_understood(query: str, question: FeedQuestion) -> None:
    """What is not given is as usual."""
    assert parse_feed_question(query) == question


@pytest.mark.parametrize("query", ["since=-1", "since=x", "since=", "limit=1001", "wait=31"])
def test_question_that_cannot_be_meant_is_refused(query: str) -> None:
    """The sentence names the parameter."""
    with pytest.raises(BadInput, match=query.partition("=")[0]):
        parse_feed_question(query)


@given(st.text())
def test_no_question_is_more_than_bad(query: str) -> None:
    """Whatever a client sends."""
    try:
        question = parse_feed_question(query)
    except BadInput:
        return

    assert 1 <= question.limit <= 1_000


@pytest.mark.parametrize("number", [2**63, 2**64 - 1, -1])
def test_feed_with_serials_that_no_catalog_holds_is_none(number: int) -> None:
    """An upstream may say what it likes; it must not end in a table."""
    change = {"serial": number, "kind": "file.added", "index": "main", "project": "demo"}
    whole = {"changes": [], "next": number, "more": False}

    for said in ({**whole, "changes": [change], "next": 1}, whole):
        with pytest.raises(BadInput, match="not a change feed"):
            parse_change_feed(json.dumps(said).encode())
