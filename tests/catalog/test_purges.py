"""Purges that are owed: none is lost, whoever is told of it when."""

import pytest

from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock

pytestmark = pytest.mark.anyio

TARGET = 7
PAGES = [("/simple/a/", "project/a"), ("/simple/b/", "project/b"), ("/simple/", "root")]


async def paths(catalog: Catalog, purger: str = "one", target: int = TARGET) -> list[str]:
    """Return what is owed."""
    return [each.path for each in await catalog.purges.owed(target, purger, 100)]


async def test_each_purger_is_owed_everything(catalog: Catalog) -> None:
    """For its target; and nothing for another."""
    await catalog.purges.owe(TARGET, ["one", "two"], PAGES)

    assert await paths(catalog) == await paths(catalog, "two") == [each[0] for each in PAGES]
    assert await catalog.purges.count(TARGET, "one") == 3
    assert await paths(catalog, target=8) == []


async def test_what_changes_twice_is_owed_once(catalog: Catalog) -> None:
    """By its path."""
    await catalog.purges.owe(TARGET, ["one"], [*PAGES, *PAGES])
    await catalog.purges.owe(TARGET, ["one"], PAGES[:1])

    assert await catalog.purges.count(TARGET, "one") == 3


async def test_what_was_told_is_owed_no_more(catalog: Catalog) -> None:
    """To the one who was told."""
    await catalog.purges.owe(TARGET, ["one", "two"], PAGES)
    first = await catalog.purges.owed(TARGET, "one", 2)

    await catalog.purges.settle(TARGET, "one", first)

    assert await paths(catalog) == ["/simple/"]
    assert await catalog.purges.count(TARGET, "two") == 3


@pytest.mark.parametrize("seconds", [0.0, 5.0, -5.0])
async def test_what_changed_again_meanwhile_stays_owed(
    catalog: Catalog, clock: FrozenClock, seconds: float
) -> None:
    """Whatever the clock did: the purge under way was of what was there before."""
    await catalog.purges.owe(TARGET, ["one"], PAGES)
    under_way = await catalog.purges.owed(TARGET, "one", 100)
    newest = await catalog.purges.newest(TARGET, "one")
    clock.forward(seconds)
    await catalog.purges.owe(TARGET, ["one"], PAGES[:1])

    await catalog.purges.settle(TARGET, "one", under_way)
    assert newest is not None
    await catalog.purges.settle_until(TARGET, "one", newest)

    assert await paths(catalog) == ["/simple/a/"]


async def test_everything_is_settled_up_to_a_moment(catalog: Catalog, clock: FrozenClock) -> None:
    """What came later is still owed."""
    await catalog.purges.owe(TARGET, ["one"], PAGES[:2])
    newest = await catalog.purges.newest(TARGET, "one")
    clock.forward(1)
    await catalog.purges.owe(TARGET, ["one"], PAGES[2:])

    assert newest is not None
    await catalog.purges.settle_until(TARGET, "one", newest)

    assert await paths(catalog) == ["/simple/"]


async def test_purger_that_is_gone_is_owed_nothing(catalog: Catalog) -> None:
    """Nobody would ever tell it, and its rows would stay for ever."""
    await catalog.purges.owe(TARGET, ["one", "two"], PAGES)

    await catalog.purges.owe(TARGET, ["two"], PAGES[:1])

    assert await catalog.purges.newest(TARGET, "one") is None
    assert await catalog.purges.count(TARGET, "two") == 3


async def test_what_has_one_key_comes_together(catalog: Catalog) -> None:
    """So that a batch names as few keys as it can."""
    mixed = [("/1", "b"), ("/2", "a"), ("/3", "b"), ("/4", "a")]
    await catalog.purges.owe(TARGET, ["one"], mixed)

    assert await paths(catalog) == ["/2", "/4", "/1", "/3"]
