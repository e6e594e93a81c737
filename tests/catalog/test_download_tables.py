"""The tables of downloads."""

from wheelyard.catalog.download_tables import download_agents, downloads
from wheelyard.catalog.schema import TABLES


def test_every_catalog_has_the_tables_and_nothing_in_them_is_about_people() -> None:
    """No address, no moment, no user: there is no column for them."""
    assert [column.name for column in downloads.columns] == [
        *("day", "index_name", "project", "filename", "agent", "count"),
    ]
    assert [column.name for column in download_agents.columns] == ["id", "day", "user_agent"]
    assert any(getattr(module, "downloads", None) is downloads for module in TABLES)
