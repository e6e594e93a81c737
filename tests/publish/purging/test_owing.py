"""Purges are written down before, done after, and done again until they are done."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from support.told import Reply, Told
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.publish.purging.opening import PurgerParts, open_purgers
from wheelyard.publish.purging.owing import PurgeParts, Purging
from wheelyard.publish.purging.purger import PurgeBatch, Purged, Purger
from wheelyard.settings import HookUrl, PublishSettings

pytestmark = pytest.mark.anyio

TARGET = 3


@dataclass(frozen=True, slots=True)
class Change:
    """Something that changed."""

    path: str
    key: str


def page(name: str) -> list[Change]:
    """Return a page as it is laid out: six objects with one key."""
    return [
        Change(f"simple/{name}/index.{form}{ending}", f"project/{name}")
        for form in ("html", "json")
        for ending in ("", ".gz", ".zst")
    ]


CHANGED = [*page("a"), *page("b"), Change("packages/a-1.0.whl", "file/a-1.0.whl")]
PATHS = ["/packages/a-1.0.whl", "/simple/a/", "/simple/b/"]


@dataclass(slots=True)
class FakePurger:
    """Takes batches, but for the first ``failures`` and after ``takes``. ``gate`` holds it up."""

    name: str = "fake"
    batch_size: int = 2
    failures: int = 0
    takes: int = 100
    answer: Purged = Purged.THESE
    gate: anyio.Event | None = None
    batches: list[PurgeBatch] = field(default_factory=list)

    @property
    def shown(self) -> str:
        """What people are told."""
        return f"the cache {self.name}"

    async def purge(self, batch: PurgeBatch) -> Purged:
        """Take it."""
        self.batches.append(batch)
        if self.gate is not None:
            await self.gate.wait()
        if self.failures > 0:
            self.failures -= 1
            raise Unavailable(self.shown, "it does not feel like it.")
        self.takes -= 1
        if self.takes < 0:
            raise Unavailable(self.shown, "it has had enough.")
        return self.answer

    def paths(self) -> list[str]:
        """Return what it was asked for, in order."""
        return [path for batch in self.batches for path in batch.paths]


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


def purging(catalog: Catalog, *purgers: Purger, seconds: float = 30.0) -> Purging:
    """Return what tells these caches."""
    return Purging(PurgeParts(catalog.purges, purgers, "instance", "main", seconds))


async def owed(catalog: Catalog, name: str = "fake") -> int:
    """Return how much is owed."""
    return await catalog.purges.count(TARGET, name)


async def test_caches_are_told_exactly_what_changed(catalog: Catalog) -> None:
    """Each address once, in however many objects it is laid out; then nothing is owed."""
    one, two = FakePurger("one"), FakePurger("two", batch_size=100)
    told = purging(catalog, one, two)
    await told.note(TARGET, CHANGED)

    reports = await told.purge_owed(TARGET, 9)

    assert sorted(one.paths()) == sorted(two.paths()) == PATHS
    assert [len(batch.paths) for batch in one.batches] == [2, 1]
    (batch,) = two.batches
    assert set(batch.keys) == {"project/a", "project/b", "file/a-1.0.whl"}
    assert (batch.index, batch.instance, batch.serial) == ("main", "instance", 9)
    assert [(each.purger, each.done, each.owed) for each in reports] == [
        ("the cache one", 3, 0),
        ("the cache two", 3, 0),
    ]
    assert await owed(catalog, "one") == await owed(catalog, "two") == 0


async def test_nothing_is_asked_for_while_nothing_is_owed(catalog: Catalog) -> None:
    """A publish that changes nothing tells nobody anything."""
    cache = FakePurger()

    (report,) = await purging(catalog, cache).purge_owed(TARGET, 9)

    assert (report.done, report.owed, report.problem) == (0, 0, "")
    assert cache.batches == []


async def test_cache_that_fails_is_told_by_the_next_publish(
    catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    """All of what it did not take, and nobody else twice; each failure is one warning."""
    ill, well = FakePurger("ill", failures=1), FakePurger("well")
    told = purging(catalog, ill, well)
    await told.note(TARGET, CHANGED)

    with caplog.at_level(logging.WARNING):
        first, _ = await told.purge_owed(TARGET, 9)
    second, _ = await told.purge_owed(TARGET, 10)

    assert (first.done, first.owed, first.problem) == (0, 3, "it does not feel like it")
    assert (second.done, second.owed) == (3, 0)
    assert sorted(well.paths()) == PATHS
    (record,) = caplog.records
    assert record.getMessage() == (
        "the cache ill was not told of 3 addresses that have changed: it does not feel like it. "
        "The next publish tells it."
    )


async def test_batches_that_were_taken_are_not_asked_for_again(catalog: Catalog) -> None:
    """Only what came after them is still owed."""
    cache = FakePurger(batch_size=1, takes=2)
    told = purging(catalog, cache)
    await told.note(TARGET, CHANGED)

    (first,) = await told.purge_owed(TARGET, 9)
    cache.takes = 100
    (second,) = await told.purge_owed(TARGET, 9)

    assert (first.done, first.owed) == (2, 1)
    assert (second.done, second.owed) == (1, 0)
    assert len(cache.batches) == 4
    assert cache.batches[2].paths == cache.batches[3].paths


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_publisher_that_is_killed_in_between_loses_no_purge(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """It is on the disk before anybody can see the change, and the next program does it."""
    with open_catalog(tmp_path, clock) as catalog:
        await purging(catalog, FakePurger()).note(TARGET, CHANGED)

    with open_catalog(tmp_path, clock) as catalog:
        cache = FakePurger()
        await purging(catalog, cache).purge_owed(TARGET, 9)

    assert sorted(cache.paths()) == PATHS


async def test_cache_that_hangs_holds_nobody_up(catalog: Catalog) -> None:
    """Neither the publish, beyond its deadline, nor the other caches."""
    slow, fast = FakePurger("slow", gate=anyio.Event()), FakePurger("fast")
    told = purging(catalog, slow, fast, seconds=3.0)  # long enough for a slow disk
    await told.note(TARGET, CHANGED)

    fine, late = await told.purge_owed(TARGET, 9)

    assert (fine.done, fine.owed) == (3, 0)
    assert (late.done, late.owed, late.problem) == (0, 3, "it took longer than 3 s")


async def test_what_changes_again_during_its_purge_is_purged_again(catalog: Catalog) -> None:
    """The cache may have fetched what was there in between."""
    cache = FakePurger(gate=anyio.Event(), batch_size=100)
    told = purging(catalog, cache)
    await told.note(TARGET, CHANGED)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(told.purge_owed, TARGET, 9)
        while not cache.batches:  # noqa: ASYNC110 - a fake gives no sign
            await anyio.sleep(0.001)
        await told.note(TARGET, page("a"))
        assert cache.gate is not None
        cache.gate.set()

    first, second = cache.batches
    assert second.paths == ("/simple/a/",)
    assert first.identity != second.identity
    assert await owed(catalog) == 0


async def test_cache_that_forgets_everything_is_owed_nothing(catalog: Catalog) -> None:
    """However much of it was in the batch."""
    cache = FakePurger(batch_size=1, answer=Purged.EVERYTHING)
    told = purging(catalog, cache)
    await told.note(TARGET, CHANGED)

    (report,) = await told.purge_owed(TARGET, 9)

    assert (report.done, report.owed) == (3, 0)
    assert len(cache.batches) == 1
    assert cache.batches[0].owed == 3


async def test_identity_is_that_of_what_is_asked(catalog: Catalog, clock: FrozenClock) -> None:
    """Asked again after a lost answer it is the same, so that a receiver can tell."""
    cache = FakePurger(batch_size=100, failures=1)
    told = purging(catalog, cache)
    await told.note(TARGET, CHANGED)

    await told.purge_owed(TARGET, 9)
    await told.purge_owed(TARGET, 9)
    clock.forward(1)
    await told.note(TARGET, CHANGED)
    await told.purge_owed(TARGET, 9)

    first, again, later = [batch.identity for batch in cache.batches]
    assert first == again != later


@pytest.mark.parametrize("replies", [[503, 429, "reset", 200], ["hang", 500, 200]], ids=str)
async def test_real_receiver_gets_everything_in_the_end(
    catalog: Catalog, clock: FrozenClock, replies: Sequence[Reply]
) -> None:
    """One that fails, asks for patience, breaks off and hangs, and then takes it."""
    with Told() as told:
        told.replies = list(replies)
        settings = PublishSettings(name="main", purge_hooks=(HookUrl(told.url),))
        async with AsyncExitStack() as stack:
            parts = PurgerParts(clock, total_seconds=1.0)
            purgers = await stack.enter_async_context(open_purgers(settings, parts))
            caches = purging(catalog, *purgers)
            await caches.note(TARGET, CHANGED)
            left: list[int] = []
            while not left or left[-1]:
                left += [report.owed for report in await caches.purge_owed(TARGET, 9)]

    # On a busy machine it may be too late once more, with what it has heard and with what not.
    assert len(left) >= len(replies)
    assert left == [3] * (len(left) - 1) + [0]
    assert len(told.heard) >= len(replies)
    assert all(sorted(each.json()["paths"]) == PATHS for each in told.heard)
