"""Headers of metadata, read without a parser of mail: what both say is the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.publish.snapshot import headers as subject
from wheelyard.publish.snapshot.headers import Headers, read_headers
from wheelyard.wire.core_metadata import parse_core_metadata

USUAL = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"

PIECES = st.sampled_from(
    [
        *("Name: demo\n", "Version: 1\n", "name:x\n", "Version:  \n", "License: MIT\n"),
        *("License: UNKNOWN\n", "License:\n        a\n        b\n", "License: a\n\tb\n \n"),
        *("Requires-Dist: a ; b\r\n", "Requires-Dist: a\n", "Classifier: A :: B\n", "\n", "\r\n"),
        *("Summary: ä\u2028b\x0bc\x85d\n", "From me\n", "From: me\n", ": x\n", "no header\n"),
        *(" goes on\n", "License-Expression: MIT", "Classifier : A\n", "\r", "\x00: a\n", "é: b\n"),
        *("Summary: a\rb\n", "Text.\n", "Name: in the body\n", "License: \x1c a \x1f\n"),
    ]
)


def both(content: bytes) -> list[Headers | str]:
    """Return what is read of metadata, here and by the parser."""
    found: list[Headers | str] = []
    for read in (read_headers, subject._with_parser):
        try:
            found.append(read(content))
        except BadInput as error:
            found.append(str(error))
    return found


@given(st.lists(PIECES, max_size=12).map("".join))
def test_headers_are_those_that_a_parser_of_mail_finds(text: str) -> None:
    """Whatever lines come, in whatever order, and also if they are no metadata."""
    for content in (text.encode(), USUAL + text.encode()):
        first, second = both(content)

        assert first == second


@given(st.binary(max_size=60))
def test_headers_of_any_bytes_are_those_that_a_parser_finds(content: bytes) -> None:
    """Also what is no UTF-8."""
    first, second = both(USUAL + content)

    assert first == second


def test_plain_headers_need_no_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all metadata are, and a parser takes ten times as long."""
    monkeypatch.setattr(subject, "parse_core_metadata", None)
    content = USUAL + b"Summary: One\n        two\nRequires-Dist: a\nRequires-Dist: b\n\nName: text"
    found = read_headers(content)

    assert found == Headers("demo", "One\ntwo", "", "", ("a", "b"), ())


def test_long_headers_are_judged_by_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which knows how many lines are too many."""
    monkeypatch.setattr(subject, "MAX_BYTES", 10)

    assert read_headers(USUAL).name == parse_core_metadata(USUAL).name
    with pytest.raises(BadInput, match="needed"):
        read_headers(b"Summary: a text that is long\n")
