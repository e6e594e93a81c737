"""The tables of what was read of logs."""

from wheelyard.catalog.ingest_tables import ingested_days, ingested_files, ingested_lines
from wheelyard.catalog.schema import TABLES


def test_nothing_of_a_line_is_kept_but_its_day_and_a_digest() -> None:
    """No address, no moment, no path: there is no column for them."""
    assert [column.name for column in ingested_lines.columns] == ["day", "digest"]
    assert [column.name for column in ingested_days.columns] == ["day", "last_at", "is_forgotten"]
    assert [column.name for column in ingested_files.columns] == [
        *("sha256", "name", "source", "ingested_at", "lines", "downloads"),
    ]
    assert any(getattr(module, "ingested_lines", None) is ingested_lines for module in TABLES)
