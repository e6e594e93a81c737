"""Records of what was published."""

from wheelyard.catalog.published import ObjectsChange


def test_change_without_anything_is_none() -> None:
    """Nobody writes it."""
    assert not ObjectsChange()
    assert ObjectsChange(relisted=[("demo", "x")])
    assert ObjectsChange(at_once=[("demo", "x")])
