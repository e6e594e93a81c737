"""The group of changes: each at the time of the catalog's clock."""

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, publish
from wheelyard.catalog import Catalog
from wheelyard.catalog.curation import Removal, Yank
from wheelyard.clock import FrozenClock
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio


async def test_changes_are_of_the_moment_in_which_they_are_made(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """In every trace that they leave."""
    await publish(catalog, "demo-1.0.tar.gz")
    clock.forward(60)
    name, now = ProjectName("demo"), clock.now()

    await catalog.curator.yank(Yank(MAIN_OWNER, name, "1.0", ""), SOMEBODY)
    await catalog.curator.delete(Removal(MAIN_OWNER, name, "1.0"), SOMEBODY)

    [tombstone] = await catalog.hosting.tombstones(MAIN_OWNER, name)
    assert tombstone.deleted_at == now
    assert [row.at for row in (await catalog.journal.since(0))[-2:]] == [now, now]
    assert [line.at for line in (await catalog.audit.since())[-2:]] == [now, now]
