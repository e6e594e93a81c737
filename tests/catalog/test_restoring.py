"""Restoring: what was published becomes rows again, as often as one likes."""

from dataclasses import replace

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file, publish
from wheelyard.catalog import Catalog, HostedProject
from wheelyard.catalog.restoring import RESTORED, HostedAgain
from wheelyard.clock import Instant
from wheelyard.names import ProjectName, Sha256

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
PROJECT = HostedProject(
    owner=MAIN_OWNER,
    project=DEMO,
    name="Demo",
    status="deprecated",
    status_reason="old",
    created_at=Instant(5.0),
    created_by="ada",
    revision=0,
)
WHEEL, SDIST = hosted_file("demo-1.0-py3-none-any.whl"), hosted_file("demo-1.0.tar.gz")
AGAIN = HostedAgain(PROJECT, (WHEEL, SDIST))


async def test_restored_project_is_what_it_was(catalog: Catalog) -> None:
    """Its files are held, with evidence, and its name is spelled as it was."""
    conflicts = await catalog.restoring.restore(AGAIN)

    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    assert loaded is not None
    assert conflicts == []
    assert replace(loaded[0], revision=0) == PROJECT
    assert loaded[1] == (WHEEL, SDIST)
    bound = await catalog.ledger.load(MAIN_OWNER, DEMO, WHEEL.filename)
    assert bound is not None
    assert (bound.sha256, bound.source) == (WHEEL.sha256, RESTORED)
    assert await catalog.held.has(bound)


async def test_what_is_there_already_is_not_told_again(catalog: Catalog) -> None:
    """Who runs a restore twice does not fill the journal."""
    await catalog.restoring.restore(AGAIN)
    before = await catalog.journal.last()

    await catalog.restoring.restore(AGAIN)

    assert await catalog.journal.last() == before


async def test_files_and_status_follow_what_is_wanted_now(catalog: Catalog) -> None:
    """A tree that was published anew in between is what counts."""
    await catalog.restoring.restore(AGAIN)
    changed = replace(PROJECT, status="active", status_reason=None)

    await catalog.restoring.restore(HostedAgain(changed, (replace(WHEEL, yanked="bad"),)))

    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    assert loaded is not None
    assert loaded[0].status == "active"
    assert [(file.filename, file.yanked) for file in loaded[1]] == [(WHEEL.filename, "bad")]


async def test_name_with_other_bytes_is_left_out(catalog: Catalog) -> None:
    """The ledger has a say in it, as in everything."""
    await catalog.restoring.restore(HostedAgain(PROJECT, (WHEEL,)))
    await catalog.restoring.restore(HostedAgain(PROJECT))
    other = replace(WHEEL, sha256=Sha256("aa" * 32))

    conflicts = await catalog.restoring.restore(HostedAgain(PROJECT, (other, SDIST)))

    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    assert loaded is not None
    assert len(conflicts) == 1
    assert loaded[1] == (SDIST,)


async def test_reserved_names_are_ours_without_a_project(catalog: Catalog) -> None:
    """From the first moment on nobody outside is asked for them."""
    await catalog.restoring.reserve(MAIN_OWNER, [DEMO], SOMEBODY)

    assert catalog.hosting.is_hosted_now(DEMO)
    assert await catalog.hosting.load(MAIN_OWNER, DEMO) is None


async def test_restored_project_needs_no_reservation_any_more(catalog: Catalog) -> None:
    """Who deletes it later decides anew whose the name is."""
    await catalog.restoring.reserve(MAIN_OWNER, [DEMO], SOMEBODY)
    await catalog.restoring.restore(AGAIN)
    await catalog.restoring.reserve(MAIN_OWNER, [DEMO], SOMEBODY)

    assert await catalog.hosting.tombstones(MAIN_OWNER, DEMO) == ()
    assert await catalog.hosting.names() == {DEMO}


async def test_catalog_with_anything_in_it_is_not_empty(catalog: Catalog) -> None:
    """Two truths about the same names are not mixed."""
    before = catalog.restoring.is_empty_now()
    await publish(catalog, "ours-1.0-py3-none-any.whl")

    assert before
    assert not catalog.restoring.is_empty_now()
