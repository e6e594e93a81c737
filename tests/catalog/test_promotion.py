"""Promotion: the same bytes in another index, all files of a release or none."""

from dataclasses import replace

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file, publish
from wheelyard.catalog import Actor, Catalog, HostedFile, Publication, hosted_owner
from wheelyard.catalog.curation import Removal, StatusChange, Yank
from wheelyard.catalog.promotion import Promotion
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Absent, Conflict, Refused
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName, Sha256

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
STAGING = hosted_owner("staging")
WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
OTHER = Sha256("b" * 64)
RELEASE = Promotion(STAGING, MAIN_OWNER, DEMO, "1.0")
BOB = Actor("bob", "command line")


@pytest.fixture
async def staged(catalog: Catalog) -> Catalog:
    """Return the catalog with two releases in the index `staging`."""
    details = {
        "requires_python": ">=3.11",
        "metadata_sha256": Sha256("c" * 64),
        "provenance_sha256": Sha256("d" * 64),
    }
    await publish(catalog, WHEEL, STAGING, **details)
    await publish(catalog, SDIST, STAGING)
    await publish(catalog, "demo-1.1.tar.gz", STAGING)
    return catalog


async def files_of(catalog: Catalog, owner: str = MAIN_OWNER) -> tuple[HostedFile, ...]:
    """Return the files of the project in an index."""
    loaded = await catalog.hosting.load(owner, DEMO)
    return loaded[1] if loaded else ()


async def test_promoted_release_is_the_same_but_for_who_and_when(
    staged: Catalog, clock: FrozenClock
) -> None:
    """Digests, metadata, provenance and yanks; the source keeps what it has."""
    await staged.curator.yank(Yank(STAGING, DEMO, "1.0", "careful"), SOMEBODY)
    before = await files_of(staged, STAGING)

    published = await staged.curator.promote(RELEASE, BOB)

    assert [each.outcome for each in published] == ["new", "new"]
    assert await files_of(staged) == tuple(
        replace(
            file,
            owner=MAIN_OWNER,
            uploaded_at=clock.now(),
            uploaded_by="bob",
            promoted_from="staging",
        )
        for file in before
        if file.version == "1.0"
    )
    assert await files_of(staged, STAGING) == before


async def test_promotion_is_told_evident_and_audited(staged: Catalog) -> None:
    """As a new file each, which every reader of the journal knows, and once as a whole."""
    since = await staged.journal.last()

    await staged.curator.promote(RELEASE, BOB)

    rows = await staged.journal.since(since)
    assert [(row.kind, row.owner) for row in rows] == [
        ("project.created", MAIN_OWNER),
        ("file.added", MAIN_OWNER),
        ("file.added", MAIN_OWNER),
    ]
    evidence = await staged.ledger.of_project(MAIN_OWNER, DEMO)
    assert [(row.filename, row.source) for row in evidence] == [
        (WHEEL, "promote"),
        (SDIST, "promote"),
    ]
    lines = [line for line in await staged.audit.since() if line.actor == "bob"]
    assert [line.action for line in lines] == [
        "project.create",
        "file.promote",
        "file.promote",
        "release.promote",
    ]
    assert lines[-1].detail == {"version": "1.0", "from": "staging", "filenames": [WHEEL, SDIST]}


async def test_other_bytes_in_the_target_refuse_the_whole_release(staged: Catalog) -> None:
    """Not one of its files is promoted then."""
    await publish(staged, SDIST, sha256=OTHER)

    with pytest.raises(Conflict, match="File already exists"):
        await staged.curator.promote(RELEASE, BOB)

    assert [(file.filename, file.sha256) for file in await files_of(staged)] == [(SDIST, OTHER)]
    assert not [line for line in await staged.audit.since() if line.actor == "bob"]


async def test_name_that_was_deleted_in_the_target_refuses_it_too(staged: Catalog) -> None:
    """Deleted there is deleted there, wherever the bytes come from."""
    await staged.curator.promote(RELEASE, BOB)
    await staged.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), BOB)

    with pytest.raises(Conflict, match="has since been deleted"):
        await staged.curator.promote(RELEASE, BOB)


async def test_volatile_target_takes_other_bytes(staged: Catalog) -> None:
    """As it does from an upload."""
    await publish(staged, SDIST, sha256=OTHER)

    published = await staged.curator.promote(replace(RELEASE, volatile=True), BOB)

    assert [(each.outcome, each.file.generation) for each in published] == [
        ("new", 1),
        ("replaced", 2),
    ]


async def test_promotion_again_changes_nothing(staged: Catalog) -> None:
    """A pipeline that runs twice succeeds twice; a new file of the release goes along."""
    await staged.curator.promote(RELEASE, BOB)
    before = (await staged.journal.last(), len(await staged.audit.since()))

    again = await staged.curator.promote(RELEASE, BOB)

    assert [each.outcome for each in again] == ["same", "same"]
    assert (await staged.journal.last(), len(await staged.audit.since())) == before
    await publish(staged, "demo-1.0-py2-none-any.whl", STAGING)
    third = await staged.curator.promote(RELEASE, BOB)
    assert [each.outcome for each in third] == ["new", "same", "same"]


async def test_promotion_further_names_where_the_file_was_uploaded(staged: Catalog) -> None:
    """Through however many indexes it went."""
    await staged.curator.promote(RELEASE, BOB)

    further = replace(RELEASE, source=MAIN_OWNER, target=hosted_owner("archive"))
    published = await staged.curator.promote(further, BOB)

    assert {each.file.promoted_from for each in published} == {"staging"}


async def test_release_that_the_source_lacks_is_absent(staged: Catalog) -> None:
    """Nothing is created in the target."""
    with pytest.raises(Absent, match=r"which has 1\.0, 1\.1"):
        await staged.curator.promote(replace(RELEASE, version="9"), BOB)

    assert await staged.hosting.load(MAIN_OWNER, DEMO) is None


async def test_quarantined_project_is_not_promoted(staged: Catalog) -> None:
    """What nobody may have does not leave by the back door."""
    status = ProjectStatus("quarantined", "malware")
    await staged.curator.set_status(StatusChange(STAGING, DEMO, status), SOMEBODY)

    with pytest.raises(Refused, match="malware"):
        await staged.curator.promote(RELEASE, BOB)


async def test_archived_target_takes_no_promotion(staged: Catalog) -> None:
    """A promotion is a new file there, too."""
    await publish(staged, "demo-0.9.tar.gz")
    status = ProjectStatus("archived", "done")
    await staged.curator.set_status(StatusChange(MAIN_OWNER, DEMO, status), SOMEBODY)

    with pytest.raises(Refused, match="archived: done"):
        await staged.curator.promote(RELEASE, BOB)


async def test_spelling_of_the_name_goes_along(catalog: Catalog) -> None:
    """The project is called in the target as it is in the source."""
    file = replace(hosted_file(WHEEL, STAGING), uploaded_at=Instant(5))
    await catalog.hosting.publish(Publication(file, "Demo"), SOMEBODY)

    await catalog.curator.promote(RELEASE, BOB)

    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    assert loaded is not None
    assert (loaded[0].name, loaded[0].created_by) == ("Demo", "bob")
