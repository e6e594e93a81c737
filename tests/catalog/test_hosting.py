"""Hosting: what is our own, of this moment, whichever process changed it."""

from pathlib import Path

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, publish
from wheelyard.catalog import Catalog, hosted_owner, open_catalog
from wheelyard.catalog.curation import Removal
from wheelyard.clock import FrozenClock
from wheelyard.names import ProjectName

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="one indexed look-up in place is what the `_now` methods are for"),
]

DEMO = ProjectName("demo")
STAGING = hosted_owner("staging")


async def test_project_that_is_not_ours_has_no_revision(catalog: Catalog) -> None:
    """Nor anything else."""
    assert catalog.hosting.revision_now(MAIN_OWNER, DEMO) is None
    assert catalog.hosting.owner_revision_now(MAIN_OWNER) == 0
    assert not catalog.hosting.is_hosted_now(DEMO)
    assert await catalog.hosting.load(MAIN_OWNER, DEMO) is None


async def test_revision_grows_with_every_change(catalog: Catalog) -> None:
    """That of the project, and that of its owner."""
    await publish(catalog, "demo-1.0.tar.gz")
    first = catalog.hosting.revision_now(MAIN_OWNER, DEMO)
    await publish(catalog, "other-1.0.tar.gz")

    await publish(catalog, "demo-1.1.tar.gz")

    second = catalog.hosting.revision_now(MAIN_OWNER, DEMO)
    assert first is not None
    assert second is not None
    assert second > first
    assert catalog.hosting.owner_revision_now(MAIN_OWNER) == second


async def test_change_of_another_process_is_seen_at_once(
    catalog: Catalog, tmp_path: Path, clock: FrozenClock
) -> None:
    """Nobody outside is asked for a name that became ours a moment ago, wherever."""
    assert not catalog.hosting.is_hosted_now(DEMO)

    with open_catalog(tmp_path, clock) as other:
        published = await publish(other, "demo-1.0.tar.gz")

    assert catalog.hosting.is_hosted_now(DEMO)
    assert catalog.hosting.revision_now(MAIN_OWNER, DEMO) == published.serial
    assert catalog.hosting.owner_revision_now(MAIN_OWNER) == published.serial


async def test_indexes_have_projects_of_one_name_each_for_itself(catalog: Catalog) -> None:
    """What one has, the other need not have."""
    await publish(catalog, "demo-1.0.tar.gz", STAGING)

    assert catalog.hosting.revision_now(MAIN_OWNER, DEMO) is None
    assert await catalog.hosting.owners_of(DEMO) == (STAGING,)
    assert catalog.hosting.is_hosted_now(DEMO)
    assert await catalog.hosting.names() == {DEMO}
    assert await catalog.hosting.projects(MAIN_OWNER) == ()
    assert [project.project for project in await catalog.hosting.projects(STAGING)] == [DEMO]


async def test_files_come_by_name_and_tombstones_too(catalog: Catalog) -> None:
    """What is gone is listed apart."""
    for version in ("1.1", "1.0", "1.2"):
        await publish(catalog, f"demo-{version}.tar.gz")
    for version in ("1.2", "1.1"):
        await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, version, "wrong"), SOMEBODY)

    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    gone = await catalog.hosting.tombstones(MAIN_OWNER, DEMO)

    assert loaded is not None
    assert [file.filename for file in loaded[1]] == ["demo-1.0.tar.gz"]
    assert [(each.filename, each.reason, each.deleted_by) for each in gone] == [
        ("demo-1.1.tar.gz", "wrong", "ada"),
        ("demo-1.2.tar.gz", "wrong", "ada"),
    ]
