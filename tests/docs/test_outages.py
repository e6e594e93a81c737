"""The page about outages says what the matrix says, and so what a server was seen to do."""

import pytest

from outages import PAGE, render_parts
from reference import PART, render_page

pytestmark = pytest.mark.house


def test_page_is_up_to_date() -> None:
    """Whoever changes a promise runs `just docs`."""
    text = PAGE.read_text("utf-8")

    assert render_page(text, render_parts()) == text


def test_page_has_a_place_for_every_part() -> None:
    """No class of outages is left out."""
    wanted = {match["name"] for match in PART.finditer(PAGE.read_text("utf-8"))}

    assert wanted == render_parts().keys()
