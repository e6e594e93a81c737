"""Pieces to lines."""

import re
from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from wheelyard.wire.access_logs.entry import MAX_LINE_BYTES
from wheelyard.wire.access_logs.lines import LogLine, LongLine, split_lines


@given(st.lists(st.binary(max_size=40)), st.integers(1, 50))
def test_lines_are_the_same_in_whatever_pieces_they_come(parts: list[bytes], step: int) -> None:
    """A piece may end anywhere."""
    whole = b"\n".join(parts)
    pieces = [whole[start : start + step] for start in range(0, len(whole), step)]

    assert list(split_lines(pieces)) == list(split_lines([whole]))


def test_lines_have_numbers_and_no_ends() -> None:
    """Empty ones count, and are left out; so are marks before a line, and zeros of a crash."""
    text = b"\xef\xbb\xbffirst\r\n\r\n  \n\0\0\0fourth\nfi\0fth\n\0\0\n\xef\xbb\xbf\0last"

    assert list(split_lines([text])) == [
        LogLine(1, "first"),
        LogLine(4, "fourth"),
        LogLine(5, "fi\0fth"),
        LogLine(7, "\0last"),
    ]


@given(st.binary())
def test_bytes_that_are_no_text_are_kept(raw: bytes) -> None:
    """They can be written again."""
    line = b"x" + re.sub(rb"[\r\n]", b"", raw)

    assert [each.text.encode("utf-8", "surrogateescape") for each in split_lines([line])] == [line]


def test_long_line_is_told_and_not_kept() -> None:
    """Neither where it comes in pieces, nor in the middle of a piece."""
    seen = 0

    def pieces() -> Iterator[bytes]:
        nonlocal seen
        yield b"first\n"
        for _ in range(1_000):
            seen += 1
            yield b"x" * 10_000
        yield b"\n" + b"y" * (MAX_LINE_BYTES + 1) + b"\n" + b"z" * MAX_LINE_BYTES

    lines = list(split_lines(pieces()))

    assert seen == 1_000
    assert [(type(each), each.number, len(each.text)) for each in lines] == [
        (LogLine, 1, 5),
        (LongLine, 2, MAX_LINE_BYTES),
        (LongLine, 3, MAX_LINE_BYTES),
        (LogLine, 4, MAX_LINE_BYTES),
    ]
