"""``/last-modified``: the forms in which mirrors have written it since 2009."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.last_modified import parse_last_modified, render_last_modified

MOMENT = datetime(2012, 4, 2, 11, 30, 1, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"20120402T11:30:01\n", id="pep381client and bandersnatch"),
        pytest.param(b"20120402T11:30:01", id="no line feed"),
        pytest.param(b"2012-04-02T11:30:01Z\n", id="extended, UTC"),
        pytest.param(b"2012-04-02T13:30:01+02:00", id="offset"),
        pytest.param(b"# made by a script\n20120402T11:30:01\r\n", id="the last line counts"),
    ],
)
def test_moment_is_read_in_every_form(body: bytes) -> None:
    """F-01: without an offset it is UTC."""
    assert parse_last_modified(body) == MOMENT


@pytest.mark.parametrize(
    "body",
    [b"", b"\n", b"yesterday", b"<html>login</html>", b"20120402T11:30:01" + b" " * 2_000, b"\xff"],
)
def test_anything_else_is_bad_input(body: bytes) -> None:
    """A page for people under this address is no moment."""
    with pytest.raises(BadInput, match="last-modified: expected a moment"):
        parse_last_modified(body)


@given(body=st.binary(max_size=1_300))
def test_no_bytes_raise_anything_else(body: bytes) -> None:
    """Whatever a door answers."""
    try:
        parse_last_modified(body)
    except BadInput:
        return


@given(st.floats(0, 4_000_000_000))
def test_a30_what_is_written_is_byte_exact_and_read(moment: float) -> None:
    """F-01: UTC, to the second, one line and nothing else."""
    body = render_last_modified(Instant(moment))

    assert re.fullmatch(rb"\d{8}T\d\d:\d\d:\d\d\n", body)
    assert parse_last_modified(body) == Instant(int(moment))


def test_a30_moment_looks_as_it_did_in_2012() -> None:
    """F-01: the form that pep381client wrote."""
    assert render_last_modified(Instant(MOMENT + 0.9)) == b"20120402T11:30:01\n"
