"""Giving up files that nobody wants any more, one reason to stay at a time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mirror.yards import NOW, OLD, Yard, open_yard
from wheelyard.catalog import HeldRow
from wheelyard.clock import Instant
from wheelyard.decide.selection import Selection
from wheelyard.mirror.gc import Collected
from wheelyard.mirror.unwanted import GivingUp, give_up
from wheelyard.mirror.wanted import Wanted
from wheelyard.settings import ProjectRule, parse_pattern

pytestmark = pytest.mark.anyio

NEWEST = Wanted(everything=True, selection=Selection(keep_versions=1))
OTHERS = Wanted(projects=(ProjectRule(parse_pattern("other")),))


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Open a data directory."""
    async with open_yard(tmp_path) as opened:
        yield opened


async def two(yard: Yard, *, used_at: float = OLD) -> tuple[HeldRow, HeldRow]:
    """Hold an older and a newer file that their page lists."""
    older = await yard.hold("demo-1.0.tar.gz", used_at=used_at)
    newer = await yard.hold("demo-2.0.tar.gz")
    await yard.list_page("demo", older, newer)
    return older, newer


async def went(yard: Yard, *wanted: Wanted, dry_run: bool = False) -> Collected:
    """Give up what nobody wants and nobody used for a day."""
    parts = GivingUp(yard.parts, {"corp": wanted}, yard.is_up, Instant(NOW - 86_400))
    return await give_up(parts, dry_run=dry_run)


async def test_file_that_nobody_wants_goes(yard: Yard) -> None:
    """With its bytes, its name, and a row of the journal; the one that is wanted stays."""
    older, newer = await two(yard)

    assert await went(yard, NEWEST) == Collected(1, older.size)

    assert not yard.has(older.sha256)
    assert yard.has(newer.sha256)
    rows = await yard.catalog.journal.since(0)
    assert [row.detail["reason"] for row in rows if row.kind == "file.removed"] == ["unwanted"]


async def test_file_that_one_of_several_wants_stays(yard: Yard) -> None:
    """Two indexes are filled from the same upstream."""
    await two(yard)

    assert await went(yard, NEWEST, Wanted(everything=True)) == Collected()
    assert (await went(yard, NEWEST, OTHERS)).files == 1


async def test_project_that_nobody_wants_goes_with_all_its_files(yard: Yard) -> None:
    """Its page stays: on demand, everything may be fetched again."""
    older, newer = await two(yard)

    assert await went(yard, OTHERS) == Collected(2, older.size + newer.size)


async def test_dry_run_changes_nothing(yard: Yard) -> None:
    """And says the same."""
    older, _ = await two(yard)
    before = yard.everything()

    assert await went(yard, NEWEST, dry_run=True) == Collected(1, older.size)
    assert yard.everything() == before


async def test_what_was_used_since_stays(yard: Yard) -> None:
    """Somebody asked for it."""
    await two(yard, used_at=NOW - 86_400)

    assert await went(yard, NEWEST) == Collected()


async def test_pinned_file_stays(yard: Yard) -> None:
    """Whatever is wanted."""
    older, _ = await two(yard)
    await yard.pin(older)

    assert await went(yard, NEWEST) == Collected()


async def test_file_that_could_not_be_fetched_again_stays(yard: Yard) -> None:
    """Nobody answers for its owner."""
    await two(yard)
    yard.down.add("corp")

    assert await went(yard, NEWEST) == Collected()


async def test_file_that_its_page_does_not_list_stays(yard: Yard) -> None:
    """It has a grace period of its own; so does one without a page, and one in quarantine."""
    lost = await yard.hold("demo-0.9.tar.gz")
    newer = await yard.hold("demo-2.0.tar.gz")
    await yard.list_page("demo", newer)
    await yard.hold("nopage-1.0.tar.gz")
    taken = await yard.hold("taken-1.0.tar.gz")
    await yard.list_page("taken", taken, status="quarantined")

    assert await went(yard, NEWEST) == Collected()
    assert yard.has(lost.sha256, taken.sha256)


async def test_same_bytes_under_another_name_stay(yard: Yard) -> None:
    """Only the name goes that nobody wants."""
    older, newer = await two(yard)
    again = await yard.hold("other-1.0.tar.gz", content=older.filename.encode() * 100)
    await yard.list_page("other", again)

    assert await went(yard, Wanted(projects=OTHERS.projects, selection=Selection())) == Collected(
        2, newer.size
    )
    assert yard.has(older.sha256)
    assert [row.filename for row in await yard.catalog.held.of_project("corp", again.project)] == [
        again.filename
    ]
