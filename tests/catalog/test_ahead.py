"""Read ahead: rows of many projects at once, and everything else as ever."""

import pytest

from wheelyard.catalog import Catalog, LedgerRow, MetadataRow, PageRow
from wheelyard.catalog.ahead import ReadAhead
from wheelyard.clock import FrozenClock, Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

FLASK, OTHER, NEVER = ProjectName("flask"), ProjectName("other"), ProjectName("never")
WHEEL, METADATA = Sha256("a" * 64), Sha256("b" * 64)


def _page(name: ProjectName) -> PageRow:
    return PageRow(
        owner="pypi",
        project=name,
        url="",
        fetched_at=Instant(1.0),
        checked_at=Instant(1.0),
        lifetime_seconds=60.0,
        model=b"model",
    )


@pytest.fixture
async def filled(catalog: Catalog) -> Catalog:
    """Write a page, a held wheel and its metadata for each of two projects."""
    for name in (FLASK, OTHER):
        await catalog.pages.save(_page(name), "page.changed")
        wheel = Filename(f"{name}-1.0-py3-none-any.whl")
        await catalog.held.keep(LedgerRow("pypi", name, wheel, WHEEL, 5, Instant(2.0), "pypi"))
    await catalog.metadata_files.save(MetadataRow(WHEEL, METADATA, 3, "wheel", Instant(2.0)))
    return catalog


async def test_rows_that_were_read_ahead_are_those_of_the_catalog(
    filled: Catalog, clock: FrozenClock
) -> None:
    """Each question has the same answer, but a page counts as confirmed at that moment."""
    ahead = ReadAhead(filled, clock)

    rows = await ahead.load(["pypi"], [FLASK, NEVER])

    page = await ahead.catalog.pages.load("pypi", FLASK)
    assert page is not None
    assert (page.model, page.checked_at, page.lifetime_seconds) == (b"model", clock.now(), None)
    assert await ahead.catalog.pages.load("pypi", NEVER) is None
    assert [row.sha256 for row in rows[0].held] == [WHEEL]
    for name in (FLASK, NEVER):
        ours, theirs = ahead.catalog, filled
        assert await ours.held.of_project("pypi", name) == await theirs.held.of_project(
            "pypi", name
        )
        assert await ours.ledger.of_project("pypi", name) == await theirs.ledger.of_project(
            "pypi", name
        )
        assert ours.ledger.knows_now("pypi", name) == theirs.ledger.knows_now("pypi", name)
        assert ours.pins.of_project_now("pypi", name) == ()
    assert await ahead.catalog.metadata_files.find([WHEEL, METADATA]) == (
        await filled.metadata_files.find([WHEEL, METADATA])
    )


async def test_what_was_not_read_ahead_is_looked_up(filled: Catalog, clock: FrozenClock) -> None:
    """Of other projects, of other owners, and of those that were loaded before the last ones."""
    ahead = ReadAhead(filled, clock)
    await ahead.load(["pypi"], [OTHER])
    await ahead.load(["pypi"], [FLASK])

    assert await ahead.catalog.pages.load("pypi", OTHER) == await filled.pages.load("pypi", OTHER)
    assert len(await ahead.catalog.held.of_project("pypi", OTHER)) == 1
    assert len(await ahead.catalog.ledger.of_project("pypi", OTHER)) == 1
    assert ahead.catalog.ledger.knows_now("pypi", OTHER)
    assert await ahead.catalog.held.of_project("other", FLASK) == ()
    assert ahead.catalog.pins.of_project_now("other", FLASK) == ()


async def test_catalog_of_everybody_else_is_as_it_was(filled: Catalog, clock: FrozenClock) -> None:
    """Who does not walk sees each change at once."""
    ahead = ReadAhead(filled, clock)
    await ahead.load(["pypi"], [FLASK])

    await filled.pages.remove("pypi", FLASK, "page.changed")

    assert await filled.pages.load("pypi", FLASK) is None
    assert await ahead.catalog.pages.load("pypi", FLASK) is not None
