"""Expiry: what is planned is deleted, unless somebody depends on it meanwhile."""

import pytest

from support.fakes import make_file
from support.hosted_files import MAIN_OWNER, SOMEBODY, publish
from wheelyard.catalog import Catalog, hosted_owner
from wheelyard.catalog.curation import Yank
from wheelyard.catalog.pins import pin_of
from wheelyard.catalog.promotion import Promotion
from wheelyard.clock import Instant
from wheelyard.decide.retention import RetentionRules
from wheelyard.model import FileRef
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
RULES = RetentionRules(development_builds=1)
VERSIONS = ("1.0", "1.1.dev1", "1.1.dev2", "1.1.dev3")


@pytest.fixture
async def built(catalog: Catalog) -> Catalog:
    """Return the catalog with a release and three development builds, one of two files."""
    for number, version in enumerate(VERSIONS):
        await publish(catalog, f"demo-{version}.tar.gz", uploaded_at=Instant(1_000 + number))
    await publish(catalog, "demo-1.1.dev1-py3-none-any.whl", uploaded_at=Instant(1_000))
    return catalog


async def versions_of(catalog: Catalog) -> list[str]:
    """Return the versions that are there."""
    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    return sorted({file.version for file in loaded[1]}) if loaded else []


async def test_plan_is_of_whole_releases_and_changes_nothing(built: Catalog) -> None:
    """However many files each has."""
    planned = await built.curator.expiring(MAIN_OWNER, RULES)

    assert [(each.version, each.files) for each in planned] == [("1.1.dev1", 2), ("1.1.dev2", 1)]
    assert {each.why for each in planned} == {"not one of the last 1"}
    assert await versions_of(built) == sorted(VERSIONS)


async def test_what_is_planned_is_deleted_with_its_reason(built: Catalog) -> None:
    """As if somebody had done it: tombstones, journal and audit log."""
    planned = await built.curator.expiring(MAIN_OWNER, RULES)

    deleted = await built.curator.expire(MAIN_OWNER, planned, RULES, SOMEBODY)

    assert [each.version for each in deleted] == ["1.1.dev1", "1.1.dev2"]
    assert await versions_of(built) == ["1.0", "1.1.dev3"]
    gone = await built.hosting.tombstones(MAIN_OWNER, DEMO)
    assert {each.reason for each in gone} == {"not one of the last 1"}
    lines = [line.action for line in await built.audit.since()]
    assert lines[-2:] == ["release.deleted", "release.deleted"]


async def test_release_of_a_pinned_file_stays(built: Catalog) -> None:
    """All of it: a pin of one file keeps the release."""
    file = make_file("demo-1.1.dev1.tar.gz")
    pin = pin_of(MAIN_OWNER, FileRef(DEMO, file), "app", "ada", Instant(1))
    await built.pins.add([pin], SOMEBODY)

    planned = await built.curator.expiring(MAIN_OWNER, RULES)

    assert [each.version for each in planned] == ["1.1.dev2"]


async def test_what_was_promoted_or_yanked_since_it_was_planned_stays(built: Catalog) -> None:
    """Between the plan that a person saw and the deletion there may be minutes."""
    planned = await built.curator.expiring(MAIN_OWNER, RULES)
    target = hosted_owner("prod")
    await built.curator.promote(Promotion(MAIN_OWNER, target, DEMO, "1.1.dev1"), SOMEBODY)
    await built.curator.yank(Yank(MAIN_OWNER, DEMO, "1.1.dev2", "broken"), SOMEBODY)

    deleted = await built.curator.expire(MAIN_OWNER, planned, RULES, SOMEBODY)

    assert deleted == ()
    assert await versions_of(built) == sorted(VERSIONS)


async def test_promoted_release_stays_in_the_index_that_it_went_to(built: Catalog) -> None:
    """Also there it is somebody's choice."""
    target = hosted_owner("prod")
    for version in VERSIONS[1:]:
        await built.curator.promote(Promotion(MAIN_OWNER, target, DEMO, version), SOMEBODY)

    assert await built.curator.expiring(target, RULES) == ()


async def test_what_was_not_planned_is_not_deleted(built: Catalog) -> None:
    """Only what a person saw goes, though more would."""
    planned = await built.curator.expiring(MAIN_OWNER, RULES)

    deleted = await built.curator.expire(MAIN_OWNER, planned[:1], RULES, SOMEBODY)

    assert [each.version for each in deleted] == ["1.1.dev1"]
    assert "1.1.dev2" in await versions_of(built)
