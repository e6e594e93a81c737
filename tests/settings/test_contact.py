"""The contact that goes into every request: one word of visible ASCII."""

from pathlib import Path

import pytest

from wheelyard.errors import BadInput
from wheelyard.settings.contact import CONTACT
from wheelyard.settings.kinds import Place


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where a value stands that names no file."""
    return Place(tmp_path, {})


@pytest.mark.parametrize(
    "text", ["", "mailto:mirrors@index.example", "https://index.example/about?a=b#c"]
)
def test_contact_is_taken_as_it_is(text: str, place: Place) -> None:
    """A mail address, the address of a page, or nothing."""
    assert CONTACT.read(text, place) == text


@pytest.mark.parametrize(
    "text", ["two words", "a(b", "a)b", "a\\b", "a\r\nX: y", "é", "x" * 201, 7, None]
)
def test_what_would_break_the_header_is_refused(text: object, place: Place) -> None:
    """A line feed would end it, a parenthesis the comment."""
    with pytest.raises(BadInput):
        CONTACT.read(text, place)
