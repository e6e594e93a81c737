"""Lines of requirement files, cut as pip cuts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.closure.lines import cut_lines, decode, expand
from wheelyard.errors import BadInput


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", []),
        ("\n\n  \n# nothing\n", []),
        ("one\ntwo", [(1, "one"), (2, "two")]),
        ("one \\\n  two\nthree", [(1, "one   two"), (3, "three")]),
        ("one # and more", [(1, "one")]),
        ("one#not-a-comment", [(1, "one#not-a-comment")]),
        ("one \\\n# comment\ntwo", [(1, "one"), (3, "two")]),
        ("# comment \\\none", [(2, "one")]),
        ("one \\", [(1, "one")]),
        ("\none\\\n\\\ntwo\n", [(2, "onetwo")]),
    ],
)
def test_lines_are_cut_as_pip_cuts_them(text: str, lines: list[tuple[int, str]]) -> None:
    """Continuations are joined, comments are cut, and the first line's number counts."""
    assert [(line.number, line.text) for line in cut_lines(text)] == lines


def test_line_that_is_too_long_is_refused() -> None:
    """There is a limit to what is parsed."""
    with pytest.raises(BadInput, match="line 1 is longer"):
        list(cut_lines("a" * 70_000))


def test_file_with_too_many_lines_is_refused() -> None:
    """There is a limit to what is parsed."""
    with pytest.raises(BadInput, match="more than 200000 lines"):
        list(cut_lines("\n" * 200_001))


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_text_is_read_in_the_coding_that_it_shows(coding: str) -> None:
    """A mark at its start decides."""
    assert decode("démo".encode(coding)) == "démo"


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\xff", b"caf\xe9", b"# coding: no-such\n", b"\xef\xbb\xbf\xff"]
)
def test_what_is_no_text_is_refused(content: bytes) -> None:
    """The sentence says what to do."""
    with pytest.raises(BadInput, match="save it as UTF-8"):
        decode(content)


def test_variables_are_replaced_and_missing_ones_named() -> None:
    """Only `${NAME}` in capitals counts, as for pip."""
    text, missing = expand("${ONE}-$TWO-${three}-${FOUR}-${FIVE}", {"ONE": "1", "FIVE": ""})

    assert text == "1-$TWO-${three}-${FOUR}-${FIVE}"
    assert missing == ["FOUR", "FIVE"]


@given(text=st.text(max_size=200))
def test_any_text_is_cut_into_lines_that_are_there(text: str) -> None:
    """No line is empty, and numbers grow."""
    lines = list(cut_lines(text))

    assert all(line.text for line in lines)
    assert [line.number for line in lines] == sorted({line.number for line in lines})
