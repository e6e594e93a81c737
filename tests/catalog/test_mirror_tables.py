"""What is filled ahead of need has rows that can be found again."""

import pytest
import sqlalchemy as sa

from wheelyard.catalog import Catalog
from wheelyard.catalog.mirror_tables import mirrored, pins, readiness, sync_runs

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("table", [mirrored, pins, readiness, sync_runs], ids=str)
async def test_new_catalog_has_the_table_and_nothing_in_it(
    catalog: Catalog, table: sa.Table
) -> None:
    """Made at the start, or by the migration; both make the same."""
    count = sa.select(sa.func.count()).select_from(table)

    assert await catalog.read(lambda connection: connection.execute(count).scalar_one()) == 0


async def test_mirrored_projects_of_an_owner_are_found_by_their_key(catalog: Catalog) -> None:
    """A walk through all of them sorts nothing."""
    walk = sa.text("EXPLAIN QUERY PLAN SELECT * FROM mirrored WHERE owner = 'a' ORDER BY project")
    rows = await catalog.read(lambda connection: connection.execute(walk).all())

    assert "PRIMARY KEY" in rows[0].detail
    assert not any("TEMP B-TREE" in row.detail for row in rows)
