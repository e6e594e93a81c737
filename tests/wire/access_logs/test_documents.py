"""JSON in a line of a log."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.documents import find_document, parse_document

NAMES = st.text(st.characters(codec="utf-8"))


@given(st.dictionaries(NAMES, NAMES))
def test_texts_are_read(document: dict[str, str]) -> None:
    """With whatever is in them, however it is written."""
    assert parse_document(json.dumps(document)) == document
    assert parse_document(json.dumps(document, ensure_ascii=False)) == document


def test_numbers_stay_as_they_were_written() -> None:
    """Who needs a number says which kind; what is deeper inside is nothing."""
    text = '{"a": 1, "b": 1.50, "c": null, "d": true, "e": false, "f": [1], "g": NaN}'

    assert parse_document(text) == {
        "a": "1", "b": "1.50", "d": "true", "e": "false", "f": "", "g": "NaN",
    }  # fmt: skip


def test_header_of_syslog_may_stand_before() -> None:
    """Its length is limited."""
    assert parse_document('<134>2026-01-31T12:00:00Z edge log[1]: {"a": "b"} ') == {"a": "b"}
    assert find_document("x" * 600 + "{}") is None


def test_marks_that_should_be_escaped_are_taken() -> None:
    """There are writers that forget."""
    assert parse_document('{"a": "tab\tnull\0"}') == {"a": "tab\tnull\0"}


def test_half_of_a_surrogate_pair_becomes_a_question_mark() -> None:
    """It is no text, and could not be written; a byte that was no text can."""
    assert parse_document(r'{"a": "\ud800", "b": "\udcff"}') == {"a": "?", "b": "\udcff"}


@pytest.mark.parametrize(
    "line",
    ["", "{", "}", "[]", "{} x", '{"a": }', '{"a": "b"', "{" + '"a":{' * 10_000 + "}",
     '{"a":' + "[" * 30_000 + "}", "{1: 2}"],
)  # fmt: skip
def test_what_is_no_object_is_refused(line: str) -> None:
    """Neither a line that was cut off, nor one made to exhaust the reader."""
    with pytest.raises(BadInput):
        parse_document(line)
