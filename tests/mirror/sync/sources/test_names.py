"""Names as upstreams tell them."""

import pytest

from wheelyard.mirror.sync.sources.names import name_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Foo.Bar", "foo-bar"), ("foo", "foo"), ("", None), ("../x", None), (7, None), (None, None)],
)
def test_name_is_ours_or_none(text: object, expected: str | None) -> None:
    """What is no name cannot be asked for, and is no reason to fail."""
    assert name_of(text) == expected
