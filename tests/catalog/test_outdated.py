"""Outdated pages: asked for again, by whoever has them ready, and still there."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, PageRow
from wheelyard.catalog.outdated import PAGE_OUTDATED
from wheelyard.clock import Instant
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

FOO, BAR, PLAIN = ProjectName("foo"), ProjectName("bar"), ProjectName("plain")
PAGE = PageRow(
    owner="corp",
    project=FOO,
    url="https://index.example/simple/",
    fetched_at=Instant(100.0),
    checked_at=Instant(200.0),
    lifetime_seconds=600.0,
    serial=5,
    model=b"page",
)


async def lifetimes(catalog: Catalog) -> dict[str, float | None]:
    """Return for how long each page is good."""
    found = [await catalog.pages.load("corp", name) for name in (FOO, BAR, PLAIN)]
    return {row.project: row.lifetime_seconds for row in found if row is not None}


async def test_page_of_which_a_later_serial_is_told_is_asked_for_again(catalog: Catalog) -> None:
    """It stays what it is and when it was checked; those that are as new stay good."""
    await catalog.pages.save(PAGE)
    await catalog.pages.save(replace(PAGE, project=BAR, lifetime_seconds=None))
    await catalog.pages.save(replace(PAGE, project=PLAIN, serial=None))

    await catalog.outdated.mark("corp", {FOO: 6, BAR: 5, PLAIN: 9})

    assert await lifetimes(catalog) == {"foo": 0.0, "bar": None, "plain": 600.0}
    kept = await catalog.pages.load("corp", FOO)
    assert kept is not None
    assert (kept.checked_at, kept.model, kept.serial) == (200.0, b"page", 5)


async def test_other_processes_learn_of_it_once(catalog: Catalog) -> None:
    """Through the journal; marking again tells nothing new."""
    await catalog.pages.save(PAGE)

    for _ in range(2):
        await catalog.outdated.mark("corp", {FOO: 6})

    assert [(row.kind, row.owner, row.project) for row in await catalog.journal.since(0)] == [
        (PAGE_OUTDATED, "corp", "foo")
    ]


async def test_page_of_another_owner_is_not_concerned(catalog: Catalog) -> None:
    """Its serials are another count."""
    await catalog.pages.save(PAGE)

    await catalog.outdated.mark("other", {FOO: 6})

    assert (await lifetimes(catalog))["foo"] == 600.0


async def test_many_are_marked_in_parts(catalog: Catalog) -> None:
    """Nobody who writes waits for all of them."""
    names = [ProjectName(f"p{number}") for number in range(501)]
    for name in names:
        await catalog.pages.save(replace(PAGE, project=name))

    await catalog.outdated.mark("corp", dict.fromkeys(names, 6))

    assert len(await catalog.journal.since(0)) == 501
