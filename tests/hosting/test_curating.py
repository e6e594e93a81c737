"""Deleting and promoting, with the rules of the indexes that they happen in."""

import pytest

from support.hosted_files import SOMEBODY, publish
from wheelyard.catalog import Catalog
from wheelyard.catalog.curation import Removal
from wheelyard.errors import BadInput, Conflict
from wheelyard.hosting import Place, delete, promote
from wheelyard.names import ProjectName, Sha256
from wheelyard.settings import IndexSettings

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
STAGING, PROD, SCRATCH = (
    Place(IndexSettings(name=name, volatile=name == "scratch"), "command")
    for name in ("staging", "prod", "scratch")
)


@pytest.mark.parametrize("reason", ["", "  "])
async def test_immutable_index_wants_a_reason_for_a_deletion(catalog: Catalog, reason: str) -> None:
    """And says what is better than deleting; nothing is deleted."""
    await publish(catalog, "demo-1.0.tar.gz", STAGING.owner)
    removal = Removal(STAGING.owner, DEMO, "1.0", reason)

    with pytest.raises(BadInput, match=r"`--reason`.*`wheelyard project yank`"):
        await delete(catalog, STAGING, removal, SOMEBODY)

    assert await catalog.hosting.tombstones(STAGING.owner, DEMO) == ()


async def test_deletion_with_a_reason_is_done(catalog: Catalog) -> None:
    """Whatever the index is."""
    await publish(catalog, "demo-1.0.tar.gz", STAGING.owner)

    removal = Removal(STAGING.owner, DEMO, "1.0", "leaked")
    curated = await delete(catalog, STAGING, removal, SOMEBODY)

    assert [file.filename for file in curated.files] == ["demo-1.0.tar.gz"]


async def test_volatile_index_deletes_without_a_reason(catalog: Catalog) -> None:
    """Nobody relies on what is there."""
    await publish(catalog, "demo-1.0.tar.gz", SCRATCH.owner)

    curated = await delete(catalog, SCRATCH, Removal(SCRATCH.owner, DEMO, None), SOMEBODY)

    assert len(curated.files) == 1


async def test_promotion_obeys_the_rules_of_the_target(catalog: Catalog) -> None:
    """An immutable one refuses other bytes, a volatile one takes them."""
    await publish(catalog, "demo-1.0.tar.gz", STAGING.owner)
    for place in (PROD, SCRATCH):
        await publish(catalog, "demo-1.0.tar.gz", place.owner, sha256=Sha256("b" * 64))

    with pytest.raises(Conflict):
        await promote(catalog, (STAGING, PROD), (DEMO, "1.0"), SOMEBODY)
    [published] = await promote(catalog, (STAGING, SCRATCH), (DEMO, "1.0"), SOMEBODY)

    assert published.outcome == "replaced"


async def test_promotion_goes_somewhere_else(catalog: Catalog) -> None:
    """Not into the index where the release is."""
    with pytest.raises(BadInput, match="`--from` and `--to` are both the index `staging`"):
        await promote(catalog, (STAGING, STAGING), (DEMO, "1.0"), SOMEBODY)
