"""The table of forms line by line, and the coding of a page."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.negotiate import Encoding, Form, negotiate, negotiate_encoding

JSON = "application/vnd.pypi.simple.v1+json"
V1_HTML = "application/vnd.pypi.simple.v1+html"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"
PIP = f"{JSON}, {V1_HTML}; q=0.1, text/html; q=0.01"
UV = f"{JSON}, {V1_HTML};q=0.2, text/html;q=0.01"
POETRY = f"{JSON}, */*;q=0.1"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (None, Form.HTML),
        ("", Form.HTML),
        ("*/*", Form.HTML),
        ("text/*", Form.HTML),
        ("text/html", Form.HTML),
        (JSON, Form.JSON),
        (JSON.upper(), Form.JSON),
        (V1_HTML, Form.V1_HTML),
        (PIP, Form.JSON),
        (UV, Form.JSON),
        (POETRY, Form.JSON),
        (f"{JSON}, text/html", Form.JSON),
        (f"text/html, {JSON}", Form.JSON),
        (f"{JSON};q=0, */*", Form.HTML),
        (f"{JSON};q=0, text/html", Form.HTML),
        (f"text/html;q=0, {JSON}", Form.JSON),
        ("application/*", Form.JSON),
        ("application/vnd.pypi.simple.latest+json", Form.JSON),
        ("application/vnd.pypi.simple.latest+html", Form.V1_HTML),
        ("application/json", Form.HTML),
        ("image/png", Form.HTML),
        ("application/vnd.pypi.simple.v2+json", Form.HTML),
        (BROWSER, Form.HTML),
        (';;,=\x00"q', Form.HTML),
        ("text", Form.HTML),
    ],
)
def test_c34_form_follows_the_table(accept: str | None, form: Form) -> None:
    """Every line of the negotiation table gives the form in its last column."""
    assert negotiate(accept) is form


@pytest.mark.parametrize("accept", [None, "*/*", "text/html", BROWSER])
def test_c35_nothing_special_asked_gives_exactly_text_html(accept: str | None) -> None:
    """easy_install, buildout and pip before 22.2 understand nothing else."""
    assert negotiate(accept).media_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("accept", [PIP, UV, POETRY])
def test_c36_installers_get_json(accept: str) -> None:
    """The header of pip, of uv and of poetry."""
    assert negotiate(accept).media_type == JSON


def test_c37_latest_is_answered_with_the_versioned_type() -> None:
    """An alias is for asking, never for answering."""
    assert negotiate("application/vnd.pypi.simple.latest+json").media_type == JSON


def test_c38_html_says_its_charset() -> None:
    """Pip decodes a page by the charset parameter."""
    assert Form.V1_HTML.media_type == f"{V1_HTML}; charset=utf-8"


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        (f"{JSON};q=0.1, text/html;q=0.2", Form.HTML),
        (f"{JSON};q=0.1, */*;q=0.5", Form.HTML),
        (f"application/*;q=0.2, {JSON};q=0, text/html;q=0.1", Form.V1_HTML),
        (f"{JSON};q=0.001", Form.JSON),
        (f"{JSON};q=1.000, {V1_HTML};q=0.999", Form.JSON),
        (f"{JSON};q=1.001, text/html;q=0.1", Form.HTML),
        (f"{JSON};q=high", Form.HTML),
        (f"{JSON};q=-1", Form.HTML),
        (f"{JSON} ; Q=0.5 , text/html ; q=0.4", Form.JSON),
        ("text/html, image/gif, *; q=.2, */*; q=.2", Form.HTML),
        (f"text/html;q=0.5, {JSON};q=.6", Form.JSON),
        ("text/html;level=1;q=0.3, */*;q=0.1", Form.HTML),
        (f'text/html;note="a,{JSON}";q=0.3', Form.HTML),
        (f'text/html;note="unclosed, {JSON}', Form.HTML),
        ("*/*;q=0", Form.HTML),
        ("text/html;q=0", Form.HTML),
        ("text/html;q=0, */*", Form.JSON),
        (f"{JSON};q=0.2, {JSON};q=0.9, text/html;q=0.5", Form.JSON),
    ],
)
def test_weights_and_specificity_decide(accept: str, form: Form) -> None:
    """The nearest range decides about a form, then the greatest weight, then our order."""
    assert negotiate(accept) is form


@pytest.mark.parametrize(
    ("parameter", "form"),
    [
        (JSON, Form.JSON),
        (JSON.replace("+", " "), Form.JSON),
        (V1_HTML, Form.V1_HTML),
        ("text/html", Form.HTML),
        ("application/vnd.pypi.simple.latest+json", Form.JSON),
        ("application/json", Form.V1_HTML),
        ("", Form.V1_HTML),
        ("*/*", Form.V1_HTML),
    ],
)
def test_c8_format_wins_if_it_is_known(parameter: str, form: Form) -> None:
    """``?format=`` names one exact type; anything else is as if it were not there."""
    assert negotiate(V1_HTML, parameter) is form


def test_header_beyond_reason_counts_as_none() -> None:
    """Nobody's time goes into a header of many kilobytes."""
    assert negotiate(f"{JSON}," * 200) is Form.HTML


@given(st.text(max_size=200), st.one_of(st.none(), st.text(max_size=60)))
def test_c41_any_header_gives_a_form(accept: str, parameter: str | None) -> None:
    """A malformed ``Accept`` is never an error."""
    assert negotiate(accept, parameter) in Form


@pytest.mark.parametrize(
    ("accept_encoding", "encoding"),
    [
        (None, "identity"),
        ("", "identity"),
        ("identity", "identity"),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("x-gzip", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd", "zstd"),
        ("zstd;q=0.5, gzip", "gzip"),
        ("zstd, gzip;q=0.5", "zstd"),
        ("gzip;q=0", "identity"),
        ("gzip;q=0, *", "identity"),
        ("*", "gzip"),
        ("*;q=0", "identity"),
        ("identity;q=0", "identity"),
        ("gzip;q=0.5, identity", "identity"),
        ("gzip, identity", "gzip"),
        ("br", "identity"),
        ("gzip;q=much", "identity"),
        (",;=", "identity"),
        ("gzip," * 2_000, "identity"),
    ],
)
def test_c43_coding_is_one_that_was_asked_for(
    accept_encoding: str | None, encoding: Encoding
) -> None:
    """Compressed only for who says so, and by the greater weight."""
    assert negotiate_encoding(accept_encoding) == encoding


@given(st.text(max_size=200))
def test_any_header_gives_a_coding(accept_encoding: str) -> None:
    """A malformed ``Accept-Encoding`` is never an error."""
    assert negotiate_encoding(accept_encoding) in {"identity", "gzip", "zstd"}
