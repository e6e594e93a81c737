"""Names of a room that are loaded when they are first asked for."""

import json

import pytest

from wheelyard.late import late


def test_late_name_is_loaded_from_its_place() -> None:
    """As if it stood in the room."""
    load = late("wheelyard.room", {"loads": "json"})

    assert load("loads") is json.loads


def test_name_that_nobody_has_is_an_attribute_error() -> None:
    """In Python's own words, so that `hasattr` and imports say what they always do."""
    load = late("wheelyard.room", {"loads": "json"})

    with pytest.raises(AttributeError, match=r"^module 'wheelyard.room' has no attribute 'dumps'$"):
        load("dumps")
