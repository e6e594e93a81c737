"""Quotas: who goes first, who never goes, and what a server does about it by itself."""

import errno
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest
from anyio.lowlevel import checkpoint

from mirror.yards import NOW, Yard, open_yard
from support.hosted_files import publish
from wheelyard.blobs import KeyLock, KeyLocks
from wheelyard.catalog import HeldRow
from wheelyard.clock import Instant
from wheelyard.decide.evict import Name
from wheelyard.mirror import QuotaKeeper, Scope
from wheelyard.mirror.quotas import Evicted, Fetchable, evict, measure
from wheelyard.names import ProjectName, Sha256

pytestmark = pytest.mark.anyio


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Return an empty data directory."""
    async with open_yard(tmp_path / "data") as opened:
        yield opened


async def fill(yard: Yard, *names: str, owner: str = "corp") -> list[HeldRow]:
    """Hold files of 1,000 bytes that their pages list, each used a second after the one before."""
    rows = [
        await yard.hold(
            f"{name}-1.0.tar.gz",
            owner,
            used_at=NOW + number,
            content=name.encode().ljust(1_000, b"."),
        )
        for number, name in enumerate(names)
    ]
    for row in rows:
        await yard.list_page(row.project, row, owner=owner)
    return rows


async def evicted(yard: Yard, max_bytes: int, *owners: str) -> Evicted:
    """Keep a quota."""
    scope = Scope("a quota", max_bytes, frozenset(owners) or None)
    return await evict(yard.parts, scope, Fetchable(yard.catalog, yard.is_up))


def gone(yard: Yard, rows: list[HeldRow]) -> list[str]:
    """Return the projects of which the file is not in the store any more."""
    return [str(row.project) for row in rows if not yard.has(row.sha256)]


async def test_longest_unused_goes_first(yard: Yard) -> None:
    """Down to a little less than the quota, so that there is room for the next file."""
    rows = await fill(yard, "a", "b", "c", "d")

    done = await evicted(yard, 3_000)

    assert gone(yard, rows) == ["a", "b"]
    assert (done.before_bytes, done.after_bytes, done.freed_bytes) == (4_000, 2_000, 2_000)
    assert done.is_kept


async def test_use_moves_a_file_back(yard: Yard) -> None:
    """Somebody took it a moment ago."""
    rows = await fill(yard, "a", "b", "c")
    yard.clock.forward(7_200)
    await yard.catalog.held.used([rows[0].sha256])

    await evicted(yard, 2_200)

    assert gone(yard, rows) == ["b"]


async def test_quota_that_is_kept_costs_nothing(yard: Yard) -> None:
    """Nobody is asked, and nothing goes."""
    rows = await fill(yard, "a", "b")

    done = await evicted(yard, 2_000)

    assert (gone(yard, rows), done.removals, yard.asked) == ([], (), [])


async def test_pinned_and_our_own_stay(yard: Yard) -> None:
    """A-14: neither pinned nor private files are evicted, however little room there is."""
    rows = await fill(yard, "a", "b")
    await yard.pin(rows[0])
    await publish(yard.catalog, "ours-1.0.tar.gz")
    await yard.put(b"ours-1.0.tar.gz")

    done = await evicted(yard, 10)

    assert gone(yard, rows) == ["b"]
    assert done.after_bytes == 1_000 + len("ours-1.0.tar.gz")
    assert not done.is_kept


async def test_what_could_not_be_fetched_again_stays(yard: Yard) -> None:
    """A-14: off the page, without a page, with other bytes on the page, or taken down."""
    rows = await fill(yard, "lost", "pageless", "changed", "quarantined", "listed")
    lost, _, changed, quarantined, _ = rows
    await yard.list_page("lost")
    await yard.catalog.pages.remove("corp", ProjectName("pageless"), "page.changed")
    other = await yard.hold("changed-1.0.tar.gz", "elsewhere", content=b"other bytes")
    await yard.list_page("changed", other)
    await yard.list_page("quarantined", quarantined, status="quarantined")

    done = await evicted(yard, 1, "corp")

    assert gone(yard, rows) == ["listed"]
    assert done.spared == 4
    assert yard.has(lost.sha256, changed.sha256)


async def test_nothing_goes_while_its_upstream_is_down(yard: Yard) -> None:
    """A-14: it could not be fetched again now. What another upstream has may go."""
    rows = await fill(yard, "a", "b")
    others = await fill(yard, "c", owner="other")
    yard.down.add("corp")

    done = await evicted(yard, 10)

    assert gone(yard, rows + others) == ["c"]
    assert (done.down, done.spared, done.is_kept) == (frozenset({"corp"}), 2, False)


async def test_upstream_is_asked_once_per_run(yard: Yard) -> None:
    """However many of its files go."""
    await fill(yard, *"abcdefgh")

    await evicted(yard, 10)

    assert yard.asked == ["corp"]


async def test_quota_of_an_index_concerns_its_owners(yard: Yard) -> None:
    """What other indexes hold is neither counted nor evicted."""
    rows = await fill(yard, "a", "b")
    others = await fill(yard, "c", "d", owner="other")

    done = await evicted(yard, 1_000, "corp", "hosted:main")

    assert (gone(yard, rows), gone(yard, others)) == (["a", "b"], [])
    assert done.before_bytes == 2_000


async def test_bytes_that_another_index_has_stay_with_it(yard: Yard) -> None:
    """They count there, and here no longer."""
    [row] = await fill(yard, "a")
    [other] = await fill(yard, "a", owner="other")

    done = await evicted(yard, 10, "corp")

    assert (row.sha256, done.freed_bytes, done.after_bytes) == (other.sha256, 0, 0)
    assert yard.has(row.sha256)
    assert await yard.catalog.held.find(row.sha256) == (other,)


async def test_same_bytes_count_once(yard: Yard) -> None:
    """A quota is about the disk."""
    await fill(yard, "a")
    await fill(yard, "a", owner="other")

    quota = await measure(yard.catalog, Scope("everything", 10))

    assert quota.used_bytes == 1_000


async def test_bytes_of_two_owners_go_by_their_last_use(yard: Yard) -> None:
    """Each is used as lately as the latest of its names."""
    [row] = await fill(yard, "a")
    rows = await fill(yard, "b", "c")
    later = await yard.hold(
        "a-1.0.tar.gz", "other", used_at=NOW + 50, content=b"a".ljust(1_000, b".")
    )
    await yard.list_page("a", later, owner="other")

    await evicted(yard, 2_000)

    assert gone(yard, [row, *rows]) == ["b", "c"]


async def test_more_than_a_batch_goes(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Page after page of what was not used, until enough is gone."""
    monkeypatch.setattr("wheelyard.mirror.quotas.BATCH", 2)
    rows = await fill(yard, *"abcdefg")

    await evicted(yard, 2_000)

    assert gone(yard, rows) == [*"abcdef"]


async def test_evicted_file_leaves_the_order_of_the_rest(yard: Yard) -> None:
    """A second run finds the quota kept."""
    rows = await fill(yard, *"abcd")
    await evicted(yard, 3_000)

    again = await evicted(yard, 3_000)

    assert (again.removals, gone(yard, rows)) == ((), ["a", "b"])


def keeper(yard: Yard, *scopes: Scope) -> QuotaKeeper:
    """Return what keeps these quotas in a server."""
    return QuotaKeeper(yard.parts, lambda: scopes, yard.is_up)


async def test_keeper_keeps_every_quota(yard: Yard, caplog: pytest.LogCaptureFixture) -> None:
    """And says what went."""
    rows = await fill(yard, "a", "b", "c")
    caplog.set_level(logging.INFO)

    await keeper(yard, Scope("everything", 2_200)).once()

    assert gone(yard, rows) == ["a"]
    assert "Evicted for everything: 1 files, 1000 bytes." in caplog.text


async def test_keeper_rests_long_after_looks_in_vain_alone(yard: Yard) -> None:
    """Who has just made room looks again soon, however long that took on a busy disk."""
    keeping = keeper(yard)

    assert keeping.rest_seconds(2.0, has_gone=True) == keeping.look_seconds
    assert keeping.rest_seconds(2.0, has_gone=False) == 40.0
    assert keeping.rest_seconds(0.0, has_gone=False) == keeping.look_seconds


async def test_one_process_at_a_time_keeps_quotas(yard: Yard) -> None:
    """The others have nothing to do meanwhile."""
    rows = await fill(yard, "a")
    lock = await yard.parts.disk.run(yard.parts.locks.try_lock, "quotas")
    assert lock is not None

    done = await keeper(yard, Scope("everything", 1)).once()
    await yard.parts.disk.run(lock.release)

    assert (done, gone(yard, rows)) == ((), [])


async def test_quota_that_cannot_be_kept_is_said_once(
    yard: Yard, caplog: pytest.LogCaptureFixture
) -> None:
    """Not every five seconds; again after it was kept in between."""
    await fill(yard, "a")
    yard.down.add("corp")
    keeping = keeper(yard, Scope("everything", 1))

    for _ in range(3):
        await keeping.once()

    assert caplog.text.count("everything has 1000 bytes, and 1 are allowed") == 1


async def test_keeper_without_quotas_does_nothing(yard: Yard) -> None:
    """No index is counted for it."""
    assert await keeper(yard).once() == ()
    assert yard.leftovers() == []


async def test_name_that_no_page_knows_is_not_fetchable(yard: Yard) -> None:
    """Without a page nobody knows where it would come from."""
    name = Name("corp", ProjectName("demo"), "demo-1.0.tar.gz", Instant(1.0))  # type: ignore[arg-type]  # a name

    assert not await Fetchable(yard.catalog, yard.is_up).covers(name, Sha256("a" * 64))


async def test_keeper_goes_on_after_a_disk_that_takes_no_lock(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is when quotas matter; who gives up then never makes room."""
    rows = await fill(yard, "a", "b", "c")
    keeping = keeper(yard, Scope("everything", 2_200))
    keeping.look_seconds = 0.0
    try_lock, failures = KeyLocks.try_lock, iter([OSError(errno.ENOSPC, "No space left")])

    def full_at_first(self: KeyLocks, key: str) -> KeyLock | None:
        for failure in failures:
            raise failure
        return try_lock(self, key)

    monkeypatch.setattr(KeyLocks, "try_lock", full_at_first)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(keeping.run)
        with anyio.fail_after(180):
            while not gone(yard, rows):
                await checkpoint()
        tasks.cancel_scope.cancel()

    assert gone(yard, rows) == ["a"]
    assert "cannot be seen to for now" in caplog.text
