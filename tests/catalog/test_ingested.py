"""What was read of logs: each line once, for as long as it is known."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from wheelyard.catalog import Catalog, LedgerRow
from wheelyard.catalog.downloads import Counted, DownloadCounts, Selected
from wheelyard.catalog.ingested import AddedLines, CountedLine, IngestedFile
from wheelyard.clock import FrozenClock, Instant
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)
ONE = Counted(JANUARY, "main", "demo", "demo-1.0.tar.gz", "pip/24.0", 1)
NOW = Instant(1_770_000_000.0)
DAY = 86_400.0
FILE = IngestedFile("a" * 64, "access.log", "", NOW, 10, 3)


def lines(*digests: str, day: date = JANUARY) -> Sequence[CountedLine]:
    """Return a line for each of these digests."""
    return [CountedLine(digest.encode(), replace(ONE, day=day)) for digest in digests]


async def total(catalog: Catalog) -> tuple[DownloadCounts, ...]:
    """Return what was counted, by day."""
    return await catalog.downloads.sums(Selected(), "day")


async def finish(catalog: Catalog, *files: IngestedFile) -> None:
    """Note that files were read to their end."""
    await catalog.ingested.add([], files, NOW, most_agents=9)


async def add(
    catalog: Catalog, some: Sequence[CountedLine], now: float = NOW, *, forgotten: bool = False
) -> AddedLines:
    """Count what is new of some lines."""
    return await catalog.ingested.add(
        some, [], Instant(now), most_agents=9, counts_forgotten=forgotten
    )


async def test_line_counts_once(catalog: Catalog) -> None:
    """Within a batch, and in later ones; on another day it is another line."""
    first = await add(catalog, lines("one", "two", "two"))
    again = await add(catalog, [*lines("two", "three"), *lines("two", day=FEBRUARY)])

    assert (first.counted, first.known) == (2, 1)
    assert (again.counted, again.known) == (2, 1)
    assert [each.count for each in await total(catalog)] == [3, 1]


async def test_many_lines_are_looked_up_in_pieces(catalog: Catalog) -> None:
    """Databases limit what one query may hold."""
    many = lines(*(f"line {number}" for number in range(1_300)))
    await add(catalog, many)

    again = await add(catalog, [*many, *lines("new")])

    assert (again.counted, again.known) == (1, 1_300)


async def test_mirrors_are_told(catalog: Catalog) -> None:
    """Of what is new."""
    mirror = replace(ONE, client=Client("bandersnatch", is_mirror=True))

    added = await add(catalog, [CountedLine(b"1", mirror), CountedLine(b"2", ONE)])

    assert (added.counted, added.mirrors) == (2, 1)


async def test_file_is_known_by_its_bytes_and_by_where_it_came_from(catalog: Catalog) -> None:
    """Once it was read to its end."""
    assert not await catalog.ingested.has_file(FILE.sha256)

    await finish(catalog, FILE, replace(FILE, sha256="b" * 64))
    await catalog.ingested.note_source("b" * 64, "s3://bucket/log#etag")

    assert await catalog.ingested.has_file(FILE.sha256)
    assert await catalog.ingested.has_source("s3://bucket/log#etag")
    assert not await catalog.ingested.has_source("s3://bucket/log#other")


async def test_lines_of_a_day_are_forgotten_when_nothing_of_it_came_for_long(
    catalog: Catalog,
) -> None:
    """By when they were read, not by how old they are; afterwards they are left out."""
    await add(catalog, lines("old"), NOW)
    await add(catalog, lines("new", day=FEBRUARY), NOW + 10 * DAY)

    await catalog.ingested.forget(Instant(NOW + 5 * DAY), Instant(NOW))
    late = await add(catalog, lines("old", "older"), NOW + 11 * DAY)
    known = await add(catalog, lines("new", day=FEBRUARY), NOW + 11 * DAY)

    assert late == AddedLines(0, 0, 0, {JANUARY: 2})
    assert (known.counted, known.known) == (0, 1)
    assert [each.count for each in await total(catalog)] == [1, 1]


async def test_forgotten_lines_count_where_somebody_says_so(catalog: Catalog) -> None:
    """Once, and they are forgotten again later."""
    await add(catalog, lines("old"), NOW)
    await catalog.ingested.forget(Instant(NOW + 1), Instant(NOW))

    first = await add(catalog, lines("late"), NOW + DAY, forgotten=True)
    again = await add(catalog, lines("late"), NOW + DAY, forgotten=True)
    await catalog.ingested.forget(Instant(NOW + 2 * DAY), Instant(NOW))
    after = await add(catalog, lines("late"), NOW + 3 * DAY)

    assert (first.counted, again.counted, again.known) == (1, 0, 1)
    assert after.forgotten == {JANUARY: 1}


async def test_file_with_lines_that_were_left_out_is_not_noted(catalog: Catalog) -> None:
    """It is read again when somebody says that they count."""
    await add(catalog, lines("old"), NOW)
    await catalog.ingested.forget(Instant(NOW + 1), Instant(NOW))
    ingested, late = catalog.ingested, lines("late")

    await ingested.add(late, [FILE], Instant(NOW + 2), most_agents=9)
    before = await ingested.has_file(FILE.sha256)
    await ingested.add(late, [FILE], Instant(NOW + 3), most_agents=9, counts_forgotten=True)

    assert not before
    assert await ingested.has_file(FILE.sha256)


async def test_files_are_forgotten_later_than_lines(catalog: Catalog) -> None:
    """As long as counts are kept."""
    await finish(catalog, FILE)

    await catalog.ingested.forget(Instant(NOW + DAY), NOW)
    kept = await catalog.ingested.has_file(FILE.sha256)
    await catalog.ingested.forget(Instant(NOW + DAY), Instant(NOW + 1))

    assert kept
    assert not await catalog.ingested.has_file(FILE.sha256)


async def test_project_of_an_odd_name_is_the_one_that_had_the_file(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """By the ledger of any owner; else by there being a page at all; else nobody knows."""
    odd, other = Filename("foo-2-1.tar.gz"), Filename("bar-3-1.tar.gz")
    foo, foo_2 = ProjectName("foo"), ProjectName("foo-2")
    for owner, project, name in (("pypi", foo, odd), ("hosted:main", ProjectName("zoo"), other)):
        await catalog.ledger.record(
            LedgerRow(owner, project, name, Sha256("0" * 64), 1, clock.now(), "first")
        )
    names = {odd: (foo_2, foo), other: (ProjectName("bar-3"), ProjectName("bar"))}

    assert await catalog.ingested.projects_of(names) == {odd: foo}
