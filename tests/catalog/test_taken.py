"""Bytes of what was taken: counts, and sizes out of the ledger."""

from dataclasses import replace
from datetime import date

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.base import LedgerRow
from wheelyard.catalog.downloads import Counted
from wheelyard.catalog.taken import TakenDay
from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)
ONE = Counted(JANUARY, "main", "demo", "demo-1.0.tar.gz", "pip/24.0", 3)
ENTRY = LedgerRow(
    "corp",
    ProjectName("demo"),
    Filename("demo-1.0.tar.gz"),
    Sha256("a" * 64),
    10,
    Instant(5.0),
    "index.example",
)


async def test_bytes_are_counts_times_sizes(catalog: Catalog) -> None:
    """By day, over all indexes and programs; a file that nobody knows adds none."""
    await catalog.ledger.record(ENTRY)
    await catalog.ledger.record(replace(ENTRY, owner="pypi", project=ProjectName("other"), size=7))
    counted = [
        ONE,
        replace(ONE, index="team", user_agent="uv/0.8", count=2),
        replace(ONE, project="other", count=1),
        replace(ONE, filename="demo-2.0.tar.gz", count=4),
        replace(ONE, day=FEBRUARY, filename="demo-2.0.tar.gz", count=9),
    ]
    await catalog.downloads.add(counted, most_agents=9)

    assert await catalog.taken.by_day() == (
        TakenDay(JANUARY, 10, 5 * 10 + 7, 4),
        TakenDay(FEBRUARY, 9, 0, 9),
    )


async def test_file_of_several_owners_is_counted_once(catalog: Catalog) -> None:
    """With the most bytes that it ever had."""
    await catalog.ledger.record(ENTRY)
    await catalog.ledger.record(replace(ENTRY, owner="pypi", sha256=Sha256("b" * 64), size=30))
    await catalog.downloads.add([ONE], most_agents=9)

    assert await catalog.taken.by_day() == (TakenDay(JANUARY, 3, 90, 0),)


async def test_nothing_was_taken_of_nothing(catalog: Catalog) -> None:
    """Nor is anything known of it."""
    assert await catalog.taken.by_day() == ()
