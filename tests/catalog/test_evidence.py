"""Whether what is held agrees with the ledger, and the ledger is guarded."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, HeldRow, LedgerRow
from wheelyard.catalog.evidence import Unproven
from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

KEY = ("corp", ProjectName("demo"), Filename("demo-1.0.tar.gz"))
ENTRY = LedgerRow(*KEY, Sha256("a" * 64), 10, Instant(1.0), "corp")
ROW = HeldRow(ENTRY.sha256, *KEY, 10, Instant(1.0), Instant(1.0))


async def test_file_that_the_ledger_has_is_proven(catalog: Catalog) -> None:
    """Of whatever generation."""
    await catalog.held.keep(ENTRY)
    second = replace(ENTRY, sha256=Sha256("b" * 64), generation=2)
    await catalog.ledger.record(second)
    await catalog.held.save(replace(ROW, sha256=second.sha256))

    assert await catalog.evidence.unproven() == ()


async def test_file_with_other_bytes_or_none_in_the_ledger_is_told(catalog: Catalog) -> None:
    """With what the ledger has."""
    await catalog.ledger.record(ENTRY)
    changed = replace(ROW, sha256=Sha256("c" * 64))
    nowhere = replace(ROW, owner="other")
    for row in (changed, nowhere):
        await catalog.held.save(row)

    assert await catalog.evidence.unproven() == (
        Unproven(changed.sha256, *KEY, 10, ENTRY.sha256),
        Unproven(ROW.sha256, "other", *KEY[1:], 10),
    )


async def test_every_guard_of_a_new_catalog_is_there(catalog: Catalog) -> None:
    """Three for each table in which rows stay as they are."""
    assert await catalog.evidence.missing_guards() == ()


async def test_guard_that_does_nothing_is_told(catalog: Catalog) -> None:
    """Its name alone keeps nobody from anything."""
    await catalog.write(
        lambda connection: [
            connection.exec_driver_sql(text)
            for text in (
                "DROP TRIGGER audit_no_update",
                "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT 1; END",
            )
        ]
    )

    assert await catalog.evidence.missing_guards() == ("audit_no_update",)
