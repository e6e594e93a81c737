"""A form chosen by expressions is the form that the program chooses."""

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from wheelyard.publish.serving.accepting import (
    FORMS,
    GREATER,
    NOT_WANTED,
    USUAL,
    asked_by_query,
    rows_of,
)
from wheelyard.wire.negotiate import Form, negotiate

JSON = "application/vnd.pypi.simple.v1+json"
NAMES = (
    JSON,
    "application/vnd.pypi.simple.latest+html",
    "application/vnd.pypi.simple.v1+html",
    "text/html",
    "Text/HTML",
    "text/*",
    "application/*",
    "*/*",
    "image/png",
    "application/json",
    f"{JSON}x",
    "",
)
PARAMETERS = ("", ";level=1", "; charset=utf-8", ' ;profile="a b"')
WEIGHTS = (
    *("", ";q=1", "; q=1.0", ";Q=0.5", " ; q = 0.50", ";q=0", ";q=0.000", ";q=.2", ";q=0.123"),
    *(";q=0.1", ";q=0.15", ";q=yes", ";q=2", ";q=1.5", ";q=", ";q=.", ";q=0."),
)

elements = st.tuples(*map(st.sampled_from, (NAMES, PARAMETERS, WEIGHTS))).map("".join)
headers = st.builds(str.join, st.sampled_from([",", ", ", " ,  "]), st.lists(elements, max_size=6))


def rank_of(form: Form, accept: str) -> str:
    """Return the rank that the first matching row gives."""
    for row in rows_of(form):
        found = re.search(row.pattern, accept, re.IGNORECASE)
        if found is not None:
            return row.with_capture(found[1] if row.has_decimals else "")
    return NOT_WANTED


def choose(accept: str) -> Form:
    """Return the form with the greatest rank, found as web servers find it."""
    ranks = {form: rank_of(form, accept) for form in FORMS}

    def beats(one: Form, other: Form) -> bool:
        by_expression = re.search(GREATER, f"{ranks[one]}:{ranks[other]}") is not None
        assert by_expression == (ranks[one] > ranks[other])
        return by_expression

    if beats(Form.JSON, Form.HTML) and beats(Form.JSON, Form.V1_HTML):
        return Form.JSON
    return Form.V1_HTML if beats(Form.V1_HTML, Form.HTML) else Form.HTML


def names_one_form_twice(accept: str) -> bool:
    """Say whether a header says two things of one form: then the first counts here."""
    types = [each.partition(";")[0].strip().lower() for each in accept.split(",")]
    plain = [each.replace("latest", "v1") for each in types if each]
    return len(plain) != len(set(plain))


@given(headers)
def test_greatest_rank_is_what_the_program_chooses(accept: str) -> None:
    """For whatever a client may send."""
    assume(not names_one_form_twice(accept))

    assert choose(accept) is negotiate(accept)


@given(st.text("aeh/*+;q=.01, jnsotmlx", max_size=60))
def test_ranks_are_given_to_anything(accept: str) -> None:
    """Whatever it is, some form is sent."""
    assert choose(accept) in Form


@pytest.mark.parametrize(
    "accept",
    [
        f"{JSON}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01",
        f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01",
    ],
)
def test_what_pip_and_uv_send_is_known_at_once(accept: str) -> None:
    """One expression instead of a dozen, and the same outcome."""
    assert re.search(USUAL, accept)
    assert choose(accept) is negotiate(accept) is Form.JSON


def test_usual_header_is_nothing_else() -> None:
    """One more weight, and the ranks decide."""
    assert not re.search(USUAL, f"{JSON}, text/html;q=0.01")


def test_rows_need_nothing_that_re2_does_not_have() -> None:
    """No look-ahead, no backreference, one capture at most: Caddy reads them, too."""
    for row in (row for form in FORMS for row in rows_of(form)):
        assert not re.search(r"\(\?[=!<]|\\[1-9]", row.pattern)
        assert re.compile(row.pattern).groups == int(row.has_decimals)


@pytest.mark.parametrize("form", Form)
def test_format_of_the_query_is_understood_in_every_spelling(form: Form) -> None:
    """As people type it, and as programs encode it."""
    for text in (form.value, form.value.replace("+", "%2B"), form.value.replace("/", "%2F")):
        assert re.search(asked_by_query(form), text, re.IGNORECASE)
        assert [each for each in Form if re.search(asked_by_query(each), text)] == [form]
