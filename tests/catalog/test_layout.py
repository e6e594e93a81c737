"""The layout: names that do not collide, and a format that has a migration."""

from wheelyard.catalog import layout


def test_names_in_a_data_directory_are_all_different() -> None:
    """No two things share a place, on file systems that ignore case neither."""
    names = [value.lower() for name, value in vars(layout).items() if name.endswith("_NAME")]

    assert len(set(names)) == len(names) == 12


def test_revision_of_a_format_has_four_digits() -> None:
    """So revisions sort as their formats do."""
    assert [layout.revision_of(number) for number in (1, 12, 345)] == ["0001", "0012", "0345"]
    assert layout.revision_of(layout.FORMAT) == layout.REVISION
