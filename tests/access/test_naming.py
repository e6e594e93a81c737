"""Names of people and groups."""

import pytest

from wheelyard.access.naming import fold_name, parse_person_name
from wheelyard.errors import BadInput


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("alice", "alice"),
        (" Alice ", "alice"),
        ("Alice.B_c-d+e@Example.org", "alice.b_c-d+e@example.org"),
        ("7", "7"),
    ],
)
def test_name_is_written_in_one_way(text: str, name: str) -> None:
    """People type either case; there is one of them."""
    assert parse_person_name(text) == name
    assert fold_name(text) == name


@pytest.mark.parametrize(
    "text",
    ["", " ", "__token__", "a:b", "publisher:1", "a b", "-a", "a-", "ä", "a\n\nb", "a" * 101],
)
def test_what_cannot_be_a_name_is_refused(text: str) -> None:
    """Above all what a header could not carry, and the names that mean something else."""
    with pytest.raises(BadInput, match="is not a name for a user or a group: use ASCII letters"):
        parse_person_name(text)
