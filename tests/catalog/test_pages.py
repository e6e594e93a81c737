"""Pages: upserts, revisions, and confirmations."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, HeldRow, PageRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")
PAGE = PageRow(
    owner="pypi",
    project=FLASK,
    url="https://index.example/simple/flask/",
    fetched_at=Instant(100.25),
    checked_at=Instant(200.5),
    lifetime_seconds=600.0,
    etag='"abc"',
    last_modified="Wed, 21 Oct 2015 07:28:00 GMT",
    serial=12_345_678_901,
    model=bytes(range(256)),
)


async def test_page_saved_with_every_field_comes_back_equal(catalog: Catalog) -> None:
    """What is saved is what is loaded, the model to the byte."""
    await catalog.pages.save(PAGE)

    assert await catalog.pages.load("pypi", FLASK) == PAGE


async def test_page_saved_with_empty_fields_comes_back_equal(catalog: Catalog) -> None:
    """Fields that an upstream did not state stay unstated."""
    page = PageRow("pypi", FLASK, PAGE.url, Instant(1), Instant(1))

    await catalog.pages.save(page)

    assert await catalog.pages.load("pypi", FLASK) == page


async def test_page_never_read_is_none(catalog: Catalog) -> None:
    """A miss is a value, not an error."""
    assert await catalog.pages.load("pypi", FLASK) is None


async def test_page_of_another_owner_is_another_page(catalog: Catalog) -> None:
    """One project name means something else with every owner."""
    await catalog.pages.save(PAGE)

    assert await catalog.pages.load("private", FLASK) is None


@pytest.mark.blocking(reason="one indexed look-up in place is what `load_now` is for")
async def test_page_loaded_in_place_is_the_newest(catalog: Catalog) -> None:
    """The connection of the hot path keeps no old snapshot."""
    await catalog.pages.save(PAGE)
    before = catalog.pages.load_now("pypi", FLASK)
    changed = replace(PAGE, model=b"changed")

    await catalog.pages.save(changed)

    assert before == PAGE
    assert catalog.pages.load_now("pypi", FLASK) == changed


async def test_changed_page_gets_the_serial_of_its_journal_row(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """The revision of a page and the journal agree."""
    saved = await catalog.pages.save(PAGE, "page.changed")

    (row,) = await catalog.journal.since(0)
    assert (row.serial, row.at, row.kind) == (saved.revision, clock.now(), "page.changed")
    assert (row.owner, row.project) == ("pypi", FLASK)
    assert await catalog.pages.load("pypi", FLASK) == saved


async def test_unchanged_page_keeps_its_revision(catalog: Catalog) -> None:
    """Reading the same page again is no change, and nobody renders it anew."""
    saved = await catalog.pages.save(PAGE, "page.changed")

    again = await catalog.pages.save(replace(PAGE, checked_at=Instant(300.5)))

    assert again.revision == saved.revision
    assert await catalog.pages.load("pypi", FLASK) == again
    assert await catalog.journal.last() == saved.revision


async def test_touched_page_changes_only_its_freshness(catalog: Catalog) -> None:
    """A 304 moves the two times and nothing else."""
    await catalog.pages.save(PAGE)

    await catalog.pages.touch("pypi", FLASK, Instant(999.5), None)

    expected = replace(PAGE, checked_at=Instant(999.5), lifetime_seconds=None)
    assert await catalog.pages.load("pypi", FLASK) == expected


async def test_touching_a_page_that_is_not_held_makes_none(catalog: Catalog) -> None:
    """A confirmation that comes too late is dropped."""
    await catalog.pages.touch("pypi", FLASK, Instant(1), 1.0)

    assert await catalog.pages.load("pypi", FLASK) is None


async def test_names_are_those_of_one_owner_in_order(catalog: Catalog) -> None:
    """The offline project list comes from here."""
    for owner, name in [("pypi", "zope"), ("pypi", "attrs"), ("private", "secret")]:
        await catalog.pages.save(replace(PAGE, owner=owner, project=ProjectName(name)))

    assert await catalog.pages.names("pypi") == ("attrs", "zope")


async def test_newest_pages_are_those_of_some_doors(catalog: Catalog) -> None:
    """The last confirmed ones first, and no more than are wanted."""
    first, second, third = "https://a.example/", "https://b.example/", "https://c.example/"
    for name, url, checked_at in [
        ("a", first, 1),
        ("b", second, 2),
        ("c", third, 9),
        ("d", first, 3),
    ]:
        page = PageRow("pypi", ProjectName(name), url, Instant(1), Instant(checked_at))
        await catalog.pages.save(page)
    await catalog.pages.save(PageRow("corp", FLASK, first, Instant(1), Instant(9)))

    found = await catalog.pages.newest("pypi", (first, second), 2)

    assert [page.project for page in found] == ["d", "b"]
    assert await catalog.pages.newest("pypi", (), 2) == ()


async def test_renewed_page_is_announced_only_when_its_model_changed(catalog: Catalog) -> None:
    """A new download of the same page renders nothing anew."""
    first = await catalog.pages.renew(PAGE, "page.changed")
    same = await catalog.pages.renew(replace(PAGE, etag='"other"'), "page.changed")

    changed = await catalog.pages.renew(replace(PAGE, model=b"other"), "page.changed")

    assert same.revision == first.revision < changed.revision
    assert len(await catalog.journal.since(0)) == 2
    assert await catalog.pages.load("pypi", FLASK) == changed


async def test_marked_page_is_announced_and_stays_as_it_is(catalog: Catalog) -> None:
    """What a page says beside its model may change while another process saves the model."""
    saved = await catalog.pages.save(PAGE, "page.changed")

    await catalog.pages.mark("pypi", FLASK, "page.changed")

    page = await catalog.pages.load("pypi", FLASK)
    assert page == replace(saved, revision=await catalog.journal.last())
    assert page.revision > saved.revision


async def test_marking_a_page_that_is_not_held_announces_nothing(catalog: Catalog) -> None:
    """There is nothing to render anew."""
    await catalog.pages.mark("pypi", FLASK, "page.changed")

    assert await catalog.journal.last() == 0


async def test_removed_page_is_gone_and_announced_once(catalog: Catalog) -> None:
    """Other processes drop it too; removing it again is no news."""
    await catalog.pages.save(PAGE)
    await catalog.pages.remove("pypi", FLASK, "page.removed")

    await catalog.pages.remove("pypi", FLASK, "page.removed")

    assert await catalog.pages.load("pypi", FLASK) is None
    assert [row.kind for row in await catalog.journal.since(0)] == ["page.removed"]


async def test_files_of_a_removed_page_are_unlisted_from_then_on(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Nobody could tell later since when they cannot be had again."""
    row = HeldRow(
        Sha256("a" * 64), "pypi", FLASK, Filename("flask-1.0.tar.gz"), 9, *[clock.now()] * 2
    )
    for each in (row, replace(row, owner="private")):
        await catalog.held.save(each)
    await catalog.pages.save(PAGE)
    clock.forward(5)

    await catalog.pages.remove("pypi", FLASK, "page.changed")

    kept, lost = await catalog.held.find(row.sha256)
    assert (kept.unlisted_at, lost.unlisted_at) == (None, clock.now())
