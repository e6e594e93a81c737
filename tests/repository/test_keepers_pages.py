"""Pages as they are kept: their revision is the journal's."""

from dataclasses import replace

import msgspec
import pytest

from repository.kept import (
    FLASK,
    PAGE,
    SHOWN,
    no_parts,
    page,
)
from support.fakes import DOOR, FakeDoor, make_file, make_project
from wheelyard.catalog import Catalog, LedgerRow
from wheelyard.clock import FrozenClock
from wheelyard.model import Project, ProjectStatus
from wheelyard.names import Sha256, parse_filename
from wheelyard.repository.base import Kept, Loaded, Unchanged
from wheelyard.repository.keepers import (
    PAGE_CHANGED,
    PageKeeper,
)

pytestmark = pytest.mark.anyio


async def test_new_page_is_a_change_in_the_journal(pages: PageKeeper, catalog: Catalog) -> None:
    """Whoever follows the journal hears of the page; its revision is the journal's serial."""
    before = await catalog.journal.last()

    kept = await pages.save("flask", page())

    [row] = await catalog.journal.since(before)
    assert (row.kind, row.owner, row.project) == (PAGE_CHANGED, "main", "flask")
    assert kept.revision == row.serial


async def test_same_page_read_again_is_no_change(
    pages: PageKeeper, catalog: Catalog, clock: FrozenClock
) -> None:
    """A page sent whole and equal costs nobody a rendering, but its validators are the new ones."""
    first = await pages.save("flask", page())
    last = await catalog.journal.last()
    clock.forward(100)
    shown = replace(SHOWN, etag='"another"')

    again = await pages.save("flask", Loaded(PAGE, shown, None))

    assert again == Kept(PAGE, shown, clock.now(), clock.now(), None, first.revision, serial=7)
    assert await pages.load("flask") == again
    assert await catalog.journal.last() == last


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(make_project("flask", make_file("flask-1.1.tar.gz"), serial=7), id="file"),
        pytest.param(make_project("flask", *PAGE.files, serial=8), id="serial"),
        pytest.param(
            msgspec.structs.replace(PAGE, status=ProjectStatus("quarantined", "malware")),
            id="status",
        ),
        pytest.param(make_project("flask", serial=7), id="nothing left"),
    ],
)
async def test_page_that_says_something_else_is_a_change(
    pages: PageKeeper, catalog: Catalog, changed: Project
) -> None:
    """Every difference that a page shows grows its revision, by an entry of the journal."""
    first = await pages.save("flask", page())

    second = await pages.save("flask", page(changed))

    assert second.value == changed
    assert second.revision > first.revision
    assert second.revision == await catalog.journal.last()
    assert await pages.load("flask") == second


async def test_page_changed_and_changed_back_is_two_changes(pages: PageKeeper) -> None:
    """A revision never comes back: who saw the first must see the third."""
    first = await pages.save("flask", page())
    await pages.save("flask", page(make_project("flask")))

    third = await pages.save("flask", page())

    assert third.value == first.value
    assert third.revision > first.revision


async def test_confirmed_page_is_no_change(
    pages: PageKeeper, catalog: Catalog, clock: FrozenClock
) -> None:
    """An upstream that says 304 all day long writes nothing to the journal."""
    kept = await pages.save("flask", page())
    last = await catalog.journal.last()
    clock.forward(100)

    await pages.confirm("flask", kept, Unchanged(DOOR, None))

    assert await catalog.journal.last() == last


async def test_forgotten_page_is_a_change_and_its_evidence_stays(
    pages: PageKeeper, catalog: Catalog, clock: FrozenClock
) -> None:
    """Followers hear that the page is gone; what its file names mean is settled for ever."""
    filename = parse_filename("flask-1.0.tar.gz")
    row = LedgerRow("main", FLASK, filename, Sha256("0" * 64), 7, clock.now(), "index.example")
    await catalog.ledger.record(row)
    kept = await pages.save("flask", page())

    await pages.forget("flask")

    [entry] = await catalog.journal.since(kept.revision)
    assert (entry.kind, entry.owner, entry.project) == (PAGE_CHANGED, "main", "flask")
    assert await catalog.ledger.load("main", FLASK, filename) == row


async def test_forgetting_what_is_not_held_is_no_change(
    pages: PageKeeper, catalog: Catalog
) -> None:
    """A flood of unknown names leaves nothing in the journal."""
    await pages.forget("flask")

    assert await catalog.journal.last() == 0


async def test_serial_of_a_page_is_a_column_too(pages: PageKeeper, catalog: Catalog) -> None:
    """A mirror compares serials without unpacking pages."""
    await pages.save("flask", page())

    row = await catalog.pages.load("main", FLASK)

    assert row is not None
    assert row.serial == 7


async def test_page_is_asked_for_with_what_is_held() -> None:
    """The door decides whether our copy is still good."""
    door = FakeDoor({"flask": PAGE}, etag='"etag"')
    keeper = PageKeeper(door, no_parts())

    fresh, same = await keeper.ask("flask", None), await keeper.ask("flask", SHOWN)

    assert isinstance(fresh, Loaded)
    assert (fresh.value, fresh.serial) == (PAGE, 7)
    assert same == Unchanged(DOOR)
    assert door.shown == [None, SHOWN]
    assert door.asked == ["flask", "flask"]
    assert door.asked_again == []


async def test_second_opinion_is_asked_of_the_door() -> None:
    """A loss is confirmed by whoever the door finds best."""
    door = FakeDoor({"flask": PAGE}, etag='"etag"')

    answer = await PageKeeper(door, no_parts()).ask("flask", None, again=True)

    assert isinstance(answer, Loaded)
    assert door.asked_again == ["flask"]
