"""The outage log: one row per outage, whoever sees it; nothing is lost at a restart."""

from dataclasses import replace
from pathlib import Path

import pytest

from wheelyard.catalog import Catalog, OutageRow, open_catalog
from wheelyard.clock import FrozenClock, Instant

pytestmark = pytest.mark.anyio

FIRST = OutageRow(
    "main",
    "https://index.example/simple/",
    Instant(100.0),
    cause="refused",
    last_error="refused: nobody listens at `https://index.example`.",
)
OTHER = replace(FIRST, url="https://mirror.example/simple/", started_at=Instant(50.0))


async def begun(catalog: Catalog, row: OutageRow) -> OutageRow:
    """Return the row of an outage that was not known."""
    began = await catalog.outages.begin(row)
    assert began is not None
    return began


async def test_outage_is_there_as_it_was_written(catalog: Catalog) -> None:
    """The catalog adds its number, and nothing else."""
    began = await begun(catalog, FIRST)

    assert began == replace(FIRST, id=began.id)
    assert await catalog.outages.last(FIRST.url) == began


async def test_outage_begins_once(catalog: Catalog) -> None:
    """A second worker that sees it is told that it is known; another door's is another."""
    began = await begun(catalog, FIRST)

    assert await catalog.outages.begin(replace(FIRST, started_at=Instant(101.0))) is None
    assert await catalog.outages.begin(OTHER) is not None
    assert await catalog.outages.last(FIRST.url) == began


async def test_outage_ends_once(catalog: Catalog) -> None:
    """The first who sees the end writes it; the moment stays."""
    began = await begun(catalog, FIRST)

    ended = await catalog.outages.end(began, Instant(160.0))
    again = await catalog.outages.end(began, Instant(170.0))

    assert ended == replace(began, ended_at=Instant(160.0))
    assert again is None
    assert await catalog.outages.last(FIRST.url) == ended


async def test_door_may_be_out_again(catalog: Catalog) -> None:
    """The next outage is a row of its own, and the newest."""
    await catalog.outages.end(await begun(catalog, FIRST), Instant(160.0))

    second = await begun(catalog, replace(FIRST, started_at=Instant(200.0)))

    assert await catalog.outages.last(FIRST.url) == second
    assert len(await catalog.outages.since(Instant(0.0))) == 2


async def test_answers_of_several_workers_add_up(catalog: Catalog) -> None:
    """Each adds what it gave."""
    began = await begun(catalog, FIRST)

    await catalog.outages.add(began, 3, 0)
    await catalog.outages.add(began, 2, 1)

    last = await catalog.outages.last(FIRST.url)
    assert last is not None
    assert (last.stale_answers, last.failed_answers) == (5, 1)


async def test_log_since_a_moment_has_what_reached_beyond_it(catalog: Catalog) -> None:
    """Those that were over before are left out; one that lasts never is. The oldest comes first."""
    over = await catalog.outages.end(await begun(catalog, FIRST), Instant(160.0))
    lasting = await begun(catalog, OTHER)

    assert await catalog.outages.since(Instant(159.0)) == (lasting, over)
    assert await catalog.outages.since(Instant(160.0)) == (lasting,)


async def test_door_without_an_outage_has_none(catalog: Catalog) -> None:
    """An empty log is an answer."""
    assert await catalog.outages.last("https://index.example/simple/") is None
    assert await catalog.outages.since(Instant(0.0)) == ()


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_log_is_there_after_a_restart(tmp_path: Path, clock: FrozenClock) -> None:
    """What began before the end of the program can be ended after its start."""
    with open_catalog(tmp_path, clock) as before:
        began = await begun(before, FIRST)

    with open_catalog(tmp_path, clock) as after:
        last = await after.outages.last(FIRST.url)
        ended = await after.outages.end(began, Instant(160.0))

    assert last == began
    assert ended is not None


async def test_outages_are_found_by_number(catalog: Catalog) -> None:
    """All that are newer than one, and those that are named."""
    first = await begun(catalog, FIRST)
    other = await begun(catalog, OTHER)
    third = await begun(catalog, replace(FIRST, url="https://third.example/"))

    assert await catalog.outages.among(0, ()) == (first, other, third)
    assert await catalog.outages.among(other.id, (first.id,)) == (first, third)
    assert await catalog.outages.among(third.id, ()) == ()
