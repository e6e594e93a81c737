"""The tables of what was published where."""

from wheelyard.catalog import publish_tables
from wheelyard.catalog.schema import TABLES


def test_every_catalog_has_the_tables() -> None:
    """Pages are known by view and project, objects by project and path."""
    pages, objects = publish_tables.publish_pages, publish_tables.publish_objects

    assert [each.name for each in pages.primary_key] == ["target", "view", "project"]
    assert [each.name for each in objects.primary_key] == ["target", "project", "path"]
    assert publish_tables in TABLES
