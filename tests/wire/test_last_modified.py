"""``/last-modified``: the forms in which mirrors have written it since 2009."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.last_modified import parse_last_modified

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
