"""The table of directories that are served where they are."""

from wheelyard.catalog.schema import TABLES
from wheelyard.catalog.served_tables import served_files


def test_every_catalog_has_the_table() -> None:
    """A file is known by its directory and its path; nothing here is evidence."""
    assert [column.name for column in served_files.primary_key] == ["directory", "path"]
    assert any(getattr(module, "served_files", None) is served_files for module in TABLES)
