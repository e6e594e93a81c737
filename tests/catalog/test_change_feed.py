"""The journal in pieces: the changes of some owners, each once and in order."""

import pytest

from support.hosted_files import MAIN_OWNER, publish
from wheelyard.catalog import Catalog, Change
from wheelyard.catalog import change_feed as feeds

pytestmark = pytest.mark.anyio


async def test_changes_of_other_owners_are_left_out(catalog: Catalog) -> None:
    """Neither pages of others nor another index's projects are told."""
    await catalog.journal.append(Change("page.changed", "main", "requests"))
    await publish(catalog, "secret-1.0.tar.gz", "hosted:team")
    await publish(catalog, "demo-1.0.tar.gz")

    stretch = await catalog.change_feed.after(0, [MAIN_OWNER], 10)

    assert [row.project for row in stretch.rows] == ["demo", "demo"]
    assert stretch.is_last


async def test_reader_who_goes_on_sees_each_change_once(catalog: Catalog) -> None:
    """However small the pieces are."""
    for number in range(5):
        await publish(catalog, f"demo-{number}.0.tar.gz")
    seen, serials, is_last = 0, [], False

    while not is_last:
        stretch = await catalog.change_feed.after(seen, [MAIN_OWNER], 2)
        serials += [row.serial for row in stretch.rows]
        seen, is_last = stretch.seen, stretch.is_last

    whole = await catalog.change_feed.after(0, [MAIN_OWNER], 100)
    assert serials == [row.serial for row in whole.rows]


async def test_one_read_goes_over_a_bounded_stretch(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal full of others' changes is gone through step by step, and nothing is left out."""
    monkeypatch.setattr(feeds, "STRETCH", 3)
    for _ in range(7):
        await catalog.journal.append(Change("page.changed", "main", "requests"))
    await publish(catalog, "demo-1.0.tar.gz")

    steps = [await catalog.change_feed.after(0, [MAIN_OWNER], 10)]
    while not steps[-1].is_last:
        steps.append(await catalog.change_feed.after(steps[-1].seen, [MAIN_OWNER], 10))

    assert [len(step.rows) for step in steps] == [0, 0, 2]


async def test_serial_beyond_the_end_waits_there(catalog: Catalog) -> None:
    """Who knows more than there is does not go back."""
    stretch = await catalog.change_feed.after(40, [MAIN_OWNER], 10)

    assert (stretch.seen, stretch.is_last, stretch.rows) == (40, True, ())


async def test_newest_change_of_ours_is_read_in_place(catalog: Catalog) -> None:
    """Others' changes do not count."""
    assert not catalog.change_feed.hosted_last_now()
    published = await publish(catalog, "demo-1.0.tar.gz", "hosted:team")
    await catalog.journal.append(Change("page.changed", "main", "requests"))

    assert catalog.change_feed.hosted_last_now() == published.serial


async def test_serial_beyond_all_numbers_is_the_end(catalog: Catalog) -> None:
    """Strangers ask for it; no column has room for one so large."""
    await publish(catalog, "demo-1.0.tar.gz")

    stretch = await catalog.change_feed.after(10**39, [MAIN_OWNER], 10)

    assert (stretch.rows, stretch.is_last) == ((), True)
