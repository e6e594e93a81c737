"""Indexes that were added by command: written down, told to everybody, in the audit log."""

from pathlib import Path

import pytest

from support.hosted_files import SOMEBODY
from wheelyard.catalog import INDEX_CHANGED, Catalog, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Conflict
from wheelyard.names import IndexName

pytestmark = pytest.mark.anyio

STAGING = IndexName("staging")
RULES = {"bases": ["main"], "volatile": True}


async def test_added_index_is_there_with_its_settings(catalog: Catalog, clock: FrozenClock) -> None:
    """In the order of names."""
    await catalog.indexes.add(STAGING, RULES, SOMEBODY)
    await catalog.indexes.add(IndexName("prod"), {}, SOMEBODY)

    rows = await catalog.indexes.load()

    assert [(row.name, row.settings) for row in rows] == [("prod", {}), ("staging", RULES)]
    assert {(row.created_at, row.created_by) for row in rows} == {(clock.now(), "ada")}


async def test_index_is_added_once(catalog: Catalog) -> None:
    """The second time changes nothing of the first."""
    await catalog.indexes.add(STAGING, RULES, SOMEBODY)

    with pytest.raises(Conflict, match="there is one of that name already"):
        await catalog.indexes.add(STAGING, {}, SOMEBODY)

    assert [row.settings for row in await catalog.indexes.load()] == [RULES]
    assert len(await catalog.audit.since()) == 1


async def test_removed_index_is_gone(catalog: Catalog) -> None:
    """And cannot be removed again."""
    await catalog.indexes.add(STAGING, RULES, SOMEBODY)

    await catalog.indexes.remove(STAGING, SOMEBODY)

    assert await catalog.indexes.load() == ()
    with pytest.raises(Absent, match=r"`staging` does not exist at .* `wheelyard index list`"):
        await catalog.indexes.remove(STAGING, SOMEBODY)


@pytest.mark.blocking(reason="the other program opens its catalog here")
async def test_each_change_is_told_and_audited(
    catalog: Catalog, tmp_path: Path, clock: FrozenClock
) -> None:
    """A running server learns of it from the journal, people from the log."""
    watcher = catalog.changes()
    await watcher.poll()

    with open_catalog(tmp_path, clock) as other:
        await other.indexes.add(STAGING, RULES, SOMEBODY)
        await other.indexes.remove(STAGING, SOMEBODY)

    told = [(row.kind, row.detail) for row in await watcher.poll()]
    assert told == [(INDEX_CHANGED, {"index": "staging"})] * 2
    lines = await catalog.audit.since()
    assert [(line.action, line.index_name, line.detail) for line in lines] == [
        ("index.add", "staging", RULES),
        ("index.remove", "staging", {}),
    ]
