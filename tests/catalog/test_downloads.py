"""Counts of downloads: added, read by day, forgotten."""

from dataclasses import replace
from datetime import date

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.downloads import OTHER, Counted, Selected
from wheelyard.wire.local_stats import DownloadRow
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)
ONE = Counted(JANUARY, "main", "demo", "demo-1.0.tar.gz", "pip/24.0", 3)


async def rows(catalog: Catalog, index: str = "main", day: date = JANUARY) -> list[DownloadRow]:
    """Return the rows of a day."""
    return await catalog.downloads.of_day(index, day, list)


async def test_counts_of_the_same_are_added(catalog: Catalog) -> None:
    """Within a batch, and to what is there already: workers write side by side."""
    await catalog.downloads.add([ONE, replace(ONE, count=1)], most_agents=9)
    await catalog.downloads.add([replace(ONE, count=10)], most_agents=9)

    assert await rows(catalog) == [DownloadRow("demo", "demo-1.0.tar.gz", "pip/24.0", 14)]


async def test_rows_of_a_day_come_in_the_order_of_mirrors(catalog: Catalog) -> None:
    """F-02: by file name, program and project; of one index alone."""
    others = [
        replace(ONE, filename="a-1.0.tar.gz", project="a"),
        replace(ONE, user_agent="Bandersnatch/8.0"),
        replace(ONE, index="team", project="secret"),
        replace(ONE, day=FEBRUARY),
    ]
    await catalog.downloads.add([ONE, *others], most_agents=9)

    assert [(row.filename, row.user_agent) for row in await rows(catalog)] == [
        ("a-1.0.tar.gz", "pip/24.0"),
        ("demo-1.0.tar.gz", "Bandersnatch/8.0"),
        ("demo-1.0.tar.gz", "pip/24.0"),
    ]


async def test_a_day_has_room_for_so_many_programs(catalog: Catalog) -> None:
    """Those that are known go on to be counted; the rest is one, and the next day is new."""
    agents = [f"agent/{number}" for number in range(20)]
    await catalog.downloads.add([replace(ONE, user_agent=each) for each in agents], most_agents=2)
    await catalog.downloads.add([replace(ONE, user_agent="agent/1")], most_agents=2)
    await catalog.downloads.add([replace(ONE, day=FEBRUARY, user_agent="new")], most_agents=2)

    counted = {row.user_agent: row.count for row in await rows(catalog)}
    assert counted == {"agent/0": 3, "agent/1": 6, OTHER: 54}
    assert [row.user_agent for row in await rows(catalog, day=FEBRUARY)] == ["new"]


async def test_days_are_those_of_an_index(catalog: Catalog) -> None:
    """In order."""
    await catalog.downloads.add(
        [replace(ONE, day=FEBRUARY), ONE, replace(ONE, index="team", day=date(2026, 3, 1))],
        most_agents=9,
    )

    assert await catalog.downloads.days("main") == (JANUARY, FEBRUARY)
    assert await catalog.downloads.days("team") == (date(2026, 3, 1),)
    assert await catalog.downloads.days("nothing") == ()
    assert await catalog.downloads.has("main", JANUARY)
    assert not await catalog.downloads.has("team", JANUARY)


async def test_empty_catalog_has_no_days(catalog: Catalog) -> None:
    """Nothing was counted yet."""
    assert await catalog.downloads.days("main") == ()


async def test_old_days_are_forgotten_whole(catalog: Catalog) -> None:
    """With the programs that were known on them."""
    await catalog.downloads.add([ONE, replace(ONE, day=FEBRUARY)], most_agents=9)

    await catalog.downloads.forget(FEBRUARY)

    assert await catalog.downloads.days("main") == (FEBRUARY,)
    await catalog.downloads.add([replace(ONE, user_agent="new")], most_agents=1)
    assert [row.user_agent for row in await rows(catalog)] == ["new"]


async def test_what_is_known_of_clients_stays_where_names_do_not(catalog: Catalog) -> None:
    """Beyond the room for names: as many again by family, Python and system, then by family."""
    clients = [Client("uv", f"3.{minor}", "Linux") for minor in range(9)]
    mirror = Client("bandersnatch", is_mirror=True)
    several = [replace(ONE, user_agent=f"uv/0.{n}", client=uv) for n, uv in enumerate(clients)]
    most = replace(ONE, user_agent="bandersnatch/8.0", client=mirror)
    await catalog.downloads.add([*several, most], most_agents=2)

    kept = [(row.user_agent, row.client) for row in await catalog.downloads.each(Selected(), list)]
    assert ("uv/0.1", clients[1]) in kept
    assert (OTHER, clients[3]) in kept
    assert (OTHER, Client("uv")) in kept
    assert (OTHER, mirror) in kept
    assert len(kept) == 2 * 2 + 2
    assert sum(row.count for row in await catalog.downloads.each(Selected(), list)) == 30


async def test_clients_of_one_name_are_told_apart_here_and_not_in_the_files(
    catalog: Catalog,
) -> None:
    """`user_agents = "program"` keeps little of the name; what follows from it is right."""
    linux, darwin = Client("pip", "3.11", "Linux"), Client("pip", "3.12", "Darwin", is_ci=True)
    await catalog.downloads.add(
        [replace(ONE, client=linux), replace(ONE, client=darwin, count=1)], most_agents=9
    )

    each = await catalog.downloads.each(Selected(), list)
    assert {(row.client, row.count) for row in each} == {(linux, 3), (darwin, 1)}
    assert await rows(catalog) == [DownloadRow("demo", "demo-1.0.tar.gz", "pip/24.0", 4)]


async def test_each_row_is_read_with_all_of_it(catalog: Catalog) -> None:
    """For whoever exports them."""
    later = replace(ONE, day=FEBRUARY)
    await catalog.downloads.add([later, ONE], most_agents=9)

    assert await catalog.downloads.each(Selected(), list) == [ONE, later]
    assert await catalog.downloads.each(Selected(since=FEBRUARY), list) == [later]
    assert await catalog.downloads.each(Selected(index="team"), list) == []
