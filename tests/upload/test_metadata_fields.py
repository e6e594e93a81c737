"""The fields of core metadata, and the types of description."""

import pytest
from packaging import metadata as reference

from wheelyard.upload.metadata_fields import (
    ADDED,
    REPEATED,
    check_description_type,
    parse_metadata_version,
)


def test_fields_are_those_of_the_specification() -> None:
    """The reference implementation knows the same ones, and which may repeat."""
    assert ADDED.keys() >= REPEATED
    assert ADDED.keys() == set(reference._EMAIL_TO_RAW_MAPPING)


@pytest.mark.parametrize(
    ("text", "version"),
    [("2.1", (2, 1)), ("10.0", (10, 0)), ("2", None), ("2.1.1", None), ("2.x", None), ("", None)],
)
def test_metadata_version_is_two_numbers(text: str, version: tuple[int, int] | None) -> None:
    """Anything else is none."""
    assert parse_metadata_version(text) == version


@pytest.mark.parametrize(
    "text",
    [
        "text/plain",
        "text/x-rst; charset=UTF-8",
        "Text/Markdown; variant=CommonMark; charset=utf-8",
        "text/markdown;variant=GFM",
    ],
)
def test_known_type_of_description_is_right(text: str) -> None:
    """Letters and spaces do not matter."""
    assert list(check_description_type(text)) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("text/html", "must be one of text/plain, text/x-rst, text/markdown"),
        ("nonsense", "must be one of"),
        ("text/plain; charset=latin-1", "can only specify the UTF-8 charset"),
        ("text/markdown; variant=mine", "variants are `GFM` and `CommonMark`"),
        ("text/plain\nX: y", "cannot be read"),
    ],
)
def test_other_type_of_description_is_told(text: str, words: str) -> None:
    """Nobody could show it."""
    (problem,) = check_description_type(text)

    assert problem.startswith("Description-Content-Type: ")
    assert words in problem
