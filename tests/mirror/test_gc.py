"""A collection: what goes, what stays, and what a dry run leaves as it is."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mirror.yards import DAY, NOW, OLD, Yard, open_yard
from support.hosted_files import SOMEBODY, hosted_file
from wheelyard.catalog import HeldRow, Publication, hosted_owner
from wheelyard.catalog.curation import Removal as Deletion
from wheelyard.catalog.tables import metadata
from wheelyard.clock import Instant
from wheelyard.mirror import Collection, Scope, collect, gc
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Return an empty data directory."""
    async with open_yard(tmp_path / "data") as opened:
        yield opened


def went(collection: Collection) -> dict[str, tuple[int, int]]:
    """Return files and bytes by reason, of the reasons that there were."""
    return {
        reason: (each.files, each.bytes)
        for reason, each in collection.reasons.items()
        if each.files
    }


async def lost(yard: Yard, name: str = "demo-1.0.tar.gz", *, days: float = 31) -> HeldRow:
    """Hold a file that its page has not listed for so many days."""
    row = await yard.hold(name)
    await yard.list_page(row.project)
    await yard.catalog.held.note_unlisted(row.owner, row.project, [], Instant(NOW - days * DAY))
    return row


async def test_blob_that_nothing_names_goes(yard: Yard) -> None:
    """A crash left it, long ago."""
    digest = await yard.put(b"an orphan")

    collection = await yard.collect()

    assert went(collection) == {"orphan": (1, 9)}
    assert not yard.has(digest)
    assert yard.leftovers() == []


async def test_blob_that_is_on_its_way_in_stays(yard: Yard) -> None:
    """Its upload, download or import has not named it yet."""
    digest = await yard.put(b"on its way", at=NOW - DAY + 1)

    assert went(await yard.collect()) == {}
    assert yard.has(digest)


async def test_file_that_is_listed_stays(yard: Yard) -> None:
    """However long nobody asked for it."""
    row = await yard.hold("demo-1.0.tar.gz")
    await yard.list_page("demo", row)

    assert went(await yard.collect()) == {}
    assert yard.has(row.sha256)


async def test_file_without_a_page_stays(yard: Yard) -> None:
    """Nobody knows whether it could be had again."""
    row = await yard.hold("demo-1.0.tar.gz")
    yard.clock.forward(365 * DAY)

    assert went(await yard.collect()) == {}
    assert yard.has(row.sha256)


async def test_file_that_its_page_lost_goes_after_the_grace_period(yard: Yard) -> None:
    """Counted from the first collection that missed it. The evidence stays for ever."""
    row = await yard.hold("demo-1.0.tar.gz")
    await yard.list_page("demo")
    first = await yard.collect()
    yard.clock.forward(30 * DAY - 1)
    early = await yard.collect()
    yard.clock.forward(1)

    collection = await yard.collect()

    assert (first.unlisted, went(first), went(early)) == (1, {}, {})
    assert went(collection) == {"unlisted": (1, row.size)}
    assert not yard.has(row.sha256)
    assert await yard.catalog.held.find(row.sha256) == ()
    ledger = yard.catalog.ledger
    assert await ledger.load(row.owner, row.project, row.filename) is not None


async def test_file_that_is_listed_again_stays(yard: Yard) -> None:
    """A mark from before does not count against it."""
    row = await lost(yard, days=90)
    await yard.list_page("demo", row)

    assert went(await yard.collect()) == {}
    assert yard.has(row.sha256)


async def test_project_that_its_upstream_deleted_goes_after_the_grace_period(yard: Yard) -> None:
    """Its page was forgotten when that was believed; its files count from there."""
    row = await yard.hold("demo-1.0.tar.gz")
    await yard.list_page("demo", row)
    await yard.catalog.pages.remove("corp", ProjectName("demo"), "page.changed")
    yard.clock.forward(30 * DAY)

    assert went(await yard.collect()) == {"unlisted": (1, row.size)}


async def test_running_server_is_told_what_went(yard: Yard) -> None:
    """The page is rendered anew: it may have said more because the file was held."""
    row = await lost(yard)

    await yard.collect()

    last = (await yard.catalog.journal.since(0))[-1]
    assert (last.kind, last.owner, last.project) == ("file.removed", "corp", "demo")
    assert last.detail == {
        "filename": row.filename,
        "sha256": row.sha256,
        "reason": "unlisted",
    }


async def test_pinned_file_stays(yard: Yard) -> None:
    """Whatever upstream does, for ever."""
    row = await lost(yard)
    await yard.pin(row)

    assert went(await yard.collect()) == {}
    assert yard.has(row.sha256)


async def test_metadata_go_with_their_wheel(yard: Yard) -> None:
    """And not before: they are named by it."""
    wheel = await lost(yard, "demo-1.0-py3-none-any.whl")
    metadata = await yard.metadata_of(wheel)
    yard.clock.forward(-5 * DAY)
    before = await yard.collect()
    kept = yard.has(metadata)
    yard.clock.forward(5 * DAY)

    collection = await yard.collect()

    assert (went(before), kept) == ({}, True)
    assert went(collection).keys() == {"unlisted"}
    assert not yard.has(metadata)
    assert await yard.catalog.metadata_files.load(wheel.sha256) is None


async def test_metadata_that_two_wheels_share_go_with_the_last(yard: Yard) -> None:
    """Wheels for several platforms have the same."""
    one = await lost(yard, "demo-1.0-cp311-cp311-win32.whl")
    two = await yard.hold("demo-1.0-cp312-cp312-win32.whl")
    await yard.list_page("demo", two)
    metadata = await yard.metadata_of(one)
    await yard.metadata_of(two)

    await yard.collect()

    assert not yard.has(one.sha256)
    assert yard.has(two.sha256, metadata)


async def test_bytes_under_two_names_go_with_the_last(yard: Yard) -> None:
    """What one index lost another one may still list."""
    row = await lost(yard)
    other = await yard.hold("demo-1.0.tar.gz", "other")
    await yard.list_page("demo", other, owner="other")

    collection = await yard.collect()

    assert went(collection) == {"unlisted": (1, 0)}
    assert yard.has(row.sha256)
    assert await yard.catalog.held.find(row.sha256) == (other,)


async def publish(yard: Yard, name: str, owner: str = hosted_owner("main")) -> HeldRow:
    """Publish a file of our own, with its bytes."""
    file = hosted_file(name, owner)
    await yard.put(name.encode())
    publication = Publication(file, file.project)
    await yard.catalog.hosting.publish(publication, SOMEBODY)
    return next(row for row in await yard.catalog.held.find(file.sha256) if row.owner == owner)


async def test_file_of_our_own_stays(yard: Yard) -> None:
    """Nobody else has it."""
    row = await publish(yard, "ours-1.0.tar.gz")
    yard.clock.forward(1_000 * DAY)

    assert went(await yard.collect()) == {}
    assert yard.has(row.sha256)


async def test_deleted_file_of_our_own_goes_after_the_grace_period(yard: Yard) -> None:
    """Its tombstone and its evidence stay: the name is not given out again."""
    row = await publish(yard, "ours-1.0.tar.gz")
    wanted = Deletion(row.owner, row.project, None, "a mistake")
    await yard.catalog.curator.delete(wanted, SOMEBODY)
    yard.clock.forward(30 * DAY - 1)
    early = await yard.collect()
    yard.clock.forward(2)

    collection = await yard.collect()

    assert went(early) == {}
    assert went(collection) == {"deleted": (1, row.size)}
    assert not yard.has(row.sha256)
    assert await yard.catalog.ledger.load(row.owner, row.project, row.filename) is not None
    assert len(await yard.catalog.hosting.tombstones(row.owner, row.project)) >= 1


async def test_deleted_file_that_another_index_has_stays(yard: Yard) -> None:
    """It was promoted: both have the same bytes."""
    row = await publish(yard, "ours-1.0.tar.gz")
    await publish(yard, "ours-1.0.tar.gz", hosted_owner("stable"))
    await yard.catalog.curator.delete(Deletion(row.owner, row.project, None, ""), SOMEBODY)
    yard.clock.forward(31 * DAY)

    assert went(await yard.collect()) == {"deleted": (1, 0)}
    assert yard.has(row.sha256)


async def test_leftovers_in_the_spool_go(yard: Yard) -> None:
    """What a download left that was cut off days ago, and what a collection did."""
    spool = yard.path / "spool"
    names = ("a.part", "b.given", "gone-c")
    for name in names:
        (spool / name).write_bytes(b"half")
        os.utime(spool / name, (OLD, OLD))
    (spool / "young.part").write_bytes(b"half")

    collection = await yard.collect()

    assert went(collection) == {"leftover": (3, 12)}
    assert [path.name for path in spool.iterdir()] == ["young.part"]


async def everything(yard: Yard) -> tuple[Scope, ...]:
    """Have something for each reason."""
    await yard.put(b"an orphan")
    await lost(yard, "gone-1.0.tar.gz")
    row = await publish(yard, "ours-1.0.tar.gz")
    await yard.catalog.curator.delete(Deletion(row.owner, row.project, None, ""), SOMEBODY)
    yard.clock.forward(40 * DAY)
    listed = await yard.hold("demo-1.0.tar.gz")
    await yard.list_page("demo", listed)
    newly = await yard.hold("newly-1.0.tar.gz")
    await yard.list_page(newly.project)
    leftover = yard.path / "spool" / "a.part"
    leftover.write_bytes(b"half")
    os.utime(leftover, (OLD, OLD))
    return (Scope("main", 1, frozenset({"corp"})), Scope("everything", 2))


async def test_dry_run_changes_nothing_and_says_what_would_go(yard: Yard) -> None:
    """Every file and every row is as it was, and then the collection does what was said."""
    scopes = await everything(yard)
    before, rows = yard.everything(), await dump(yard)

    planned = await yard.collect(*scopes, dry_run=True)
    unchanged = (yard.everything() == before, await dump(yard) == rows)
    done = await yard.collect(*scopes)

    assert unchanged == (True, True)
    assert replace_dry(planned) == done
    assert went(done).keys() == {"orphan", "deleted", "unlisted", "quota", "leftover"}


def replace_dry(planned: Collection) -> Collection:
    """Return the collection of a dry run as if it had been carried out."""
    return Collection(
        is_dry_run=False,
        reasons=planned.reasons,
        unlisted=planned.unlisted,
        busy=planned.busy,
        quotas=planned.quotas,
    )


async def dump(yard: Yard) -> list[tuple[object, ...]]:
    """Return every row of the catalog."""
    return await yard.catalog.read(
        lambda connection: [
            (table.name, *row)
            for table in metadata.sorted_tables
            for row in connection.execute(table.select())
        ]
    )


async def test_second_collection_finds_nothing(yard: Yard) -> None:
    """Everything that was to go is gone."""
    scopes = await everything(yard)
    await yard.collect(*scopes)

    again = await yard.collect(*scopes)

    assert (went(again), again.unlisted) == ({}, 0)


async def test_blob_that_somebody_fetches_is_left_alone(yard: Yard) -> None:
    """The lock of its key is the fill's; the next collection takes it."""
    row = await lost(yard)
    lock = await yard.parts.disk.run(yard.parts.locks.try_lock, row.sha256)
    assert lock is not None

    busy = await yard.collect()
    await yard.parts.disk.run(lock.release)

    assert (went(busy), busy.busy) == ({}, 1)
    assert yard.has(row.sha256)
    assert went(await yard.collect()) == {"unlisted": (1, row.size)}


async def test_truncated_file_goes_with_its_row(yard: Yard) -> None:
    """What the disk says of its length is not what was planned on."""
    row = await lost(yard)
    yard.store.path(row.sha256).write_bytes(b"short")
    os.utime(yard.store.path(row.sha256), (OLD, OLD))

    assert went(await yard.collect()) == {"unlisted": (1, 5)}
    assert await yard.catalog.held.find(row.sha256) == ()


async def test_row_without_a_file_goes_too(yard: Yard) -> None:
    """It frees nothing."""
    row = await lost(yard)
    yard.store.path(row.sha256).unlink()

    assert went(await yard.collect()) == {"unlisted": (1, 0)}
    assert await yard.catalog.held.find(row.sha256) == ()


async def test_progress_is_told_shelf_by_shelf(yard: Yard) -> None:
    """So that a person sees how far it is."""
    told: list[int] = []

    await collect(yard.collecting(), told.append)

    assert told == [*range(1, 257)]


async def test_more_than_one_batch_goes(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not fit into one transaction follows in the next."""
    rows = [await yard.hold(f"demo-{number}.tar.gz") for number in range(5)]
    await yard.list_page("demo")
    await yard.catalog.held.note_unlisted("corp", rows[0].project, [], Instant(OLD))
    monkeypatch.setattr(gc, "BATCH", 1)

    collection = await yard.collect()

    assert went(collection) == {"unlisted": (5, sum(row.size for row in rows))}


async def test_evicted_and_quota_are_told(yard: Yard) -> None:
    """What was used before and what is now, and that the quota is kept."""
    row = await yard.hold("demo-1.0.tar.gz")
    await yard.list_page("demo", row)

    collection = await yard.collect(Scope("everything", 10))

    [quota] = collection.quotas
    assert (quota.before_bytes, quota.after_bytes, collection.is_kept) == (row.size, 0, True)
    assert went(collection) == {"quota": (1, row.size)}
