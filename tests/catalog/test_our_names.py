"""A name stays ours after its project was deleted, until it is given up."""

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, publish
from wheelyard.catalog import Catalog, hosted_owner
from wheelyard.catalog.curation import Removal
from wheelyard.errors import Absent
from wheelyard.names import ProjectName

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="one indexed look-up in place is what `is_hosted_now` is for"),
]

DEMO = ProjectName("demo")
STAGING = hosted_owner("staging")


async def test_name_of_a_deleted_project_stays_ours(catalog: Catalog) -> None:
    """Who asks for it still must not get what a stranger has under it."""
    await publish(catalog, "demo-1.0.tar.gz")

    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)

    assert catalog.hosting.revision_now(MAIN_OWNER, DEMO) is None
    assert catalog.hosting.is_hosted_now(DEMO)
    assert await catalog.hosting.names() == {DEMO}
    assert await catalog.hosting.owners_of(DEMO) == ()


async def test_tombstone_of_a_project_is_no_deleted_file(catalog: Catalog) -> None:
    """Who looks for deleted files finds files."""
    await publish(catalog, "demo-1.0.tar.gz")

    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)

    gone = await catalog.hosting.tombstones(MAIN_OWNER, DEMO)
    assert [tombstone.filename for tombstone in gone] == ["demo-1.0.tar.gz"]


async def test_name_that_is_given_up_is_no_longer_ours(catalog: Catalog) -> None:
    """Also if the project had been deleted before, and was there again."""
    await publish(catalog, "demo-1.0.tar.gz")
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)
    await publish(catalog, "demo-1.1.tar.gz")

    wanted = Removal(MAIN_OWNER, DEMO, None, gives_up_name=True)
    await catalog.curator.delete(wanted, SOMEBODY)

    assert not catalog.hosting.is_hosted_now(DEMO)
    assert await catalog.hosting.names() == frozenset()


async def test_name_of_a_deleted_project_is_given_up_later(catalog: Catalog) -> None:
    """Whoever deleted without giving the name up has not lost the choice; but once is enough."""
    await publish(catalog, "demo-1.0.tar.gz")
    await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)
    wanted = Removal(MAIN_OWNER, DEMO, None, "was a mistake", gives_up_name=True)

    curated = await catalog.curator.delete(wanted, SOMEBODY)

    assert curated.files == ()
    assert not catalog.hosting.is_hosted_now(DEMO)
    with pytest.raises(Absent):
        await catalog.curator.delete(wanted, SOMEBODY)


async def test_name_that_one_index_gives_up_is_still_another_one_s(catalog: Catalog) -> None:
    """A name is ours while any index has it, or had it."""
    await publish(catalog, "demo-1.0.tar.gz")
    await publish(catalog, "demo-1.0.tar.gz", STAGING)

    await catalog.curator.delete(Removal(STAGING, DEMO, None, gives_up_name=True), SOMEBODY)

    assert catalog.hosting.is_hosted_now(DEMO)


async def test_project_is_deleted_as_often_as_it_was_made(catalog: Catalog) -> None:
    """The second time is like the first."""
    for version in ("1.0", "1.1"):
        await publish(catalog, f"demo-{version}.tar.gz")
        await catalog.curator.delete(Removal(MAIN_OWNER, DEMO, None, version), SOMEBODY)

    assert catalog.hosting.is_hosted_now(DEMO)
