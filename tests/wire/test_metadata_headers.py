"""The headers of core metadata, every one as often as it came."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.wire.metadata_headers import parse_metadata_headers

METADATA = b"""\
Metadata-Version: 2.1
Name: acme
Version: 1.0
Requires-Dist: a
requires-dist: b>=1
License: UNKNOWN
Summary: first
Summary: second

The text: of a page.
"""


def test_headers_are_found_in_any_spelling_and_number() -> None:
    """Names of headers have no case; repeated ones keep their order."""
    found = parse_metadata_headers(METADATA)

    assert found.one("name") == "acme"
    assert found.all("Requires-Dist") == ("a", "b>=1")
    assert found.values["summary"] == ("first", "second")
    assert found.body == "The text: of a page.\n"


def test_unknown_is_nothing() -> None:
    """Old tools write UNKNOWN for what nobody said."""
    found = parse_metadata_headers(METADATA)

    assert (found.one("License"), found.all("License"), found.one("Author")) == ("", (), "")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"Name: \xff\n", "Invalid metadata: it is not UTF-8 at byte 6."),
        (b"A: b\n" * 60_000, "Invalid metadata: more than 50000 lines of headers."),
        (b"Name: acme\nnonsense\nVersion: 1\n", "Invalid metadata: a line among its headers"),
    ],
)
def test_what_is_no_metadata_is_refused(content: bytes, sentence: str) -> None:
    """A line that one reader skips may be where the text begins for another one."""
    with pytest.raises(BadInput) as caught:
        parse_metadata_headers(content)

    assert str(caught.value).startswith(sentence)


@given(st.binary(max_size=300))
def test_any_bytes_are_headers_or_refused(content: bytes) -> None:
    """Nothing but ``BadInput`` leaves the parser."""
    with contextlib.suppress(BadInput):
        parse_metadata_headers(b"Name: a\n" + content)
