"""Blobs leave the store in an order in which nothing is lost, wherever it is cut off."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mirror.yards import NOW, OLD, Yard, open_yard
from wheelyard.blobs import LocalBlobs, reading
from wheelyard.catalog import HeldRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.removals import Removals
from wheelyard.clock import Instant
from wheelyard.decide.evict import Reason, Removal
from wheelyard.errors import Unavailable
from wheelyard.mirror import removing
from wheelyard.mirror.removing import remove

pytestmark = pytest.mark.anyio


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Return an empty data directory."""
    async with open_yard(tmp_path / "data") as opened:
        yield opened


async def planned(yard: Yard, row: HeldRow) -> Removal:
    """Return the removal of a file as it is now."""
    blob = await yard.catalog.blob_names.of_digest(row.sha256)
    assert blob is not None
    return Removal(
        replace(blob, written_at=Instant(OLD)), blob.names, Reason.UNLISTED, takes_blob=True
    )


async def test_reader_has_the_file_to_its_end(yard: Yard) -> None:
    """Its room is free when the last reader is done."""
    content = os.urandom(1_000_000)
    row = await yard.hold("demo-1.0.tar.gz", content=content)
    blob = await yard.store.find(row.sha256)
    assert blob is not None
    removal = await planned(yard, row)

    async with reading(blob) as chunks:
        got = await anext(chunks)
        done = await remove(yard.parts, [removal])
        async for chunk in chunks:
            got += chunk

    assert got == content
    assert done.freed_bytes == len(content)
    assert await yard.store.find(row.sha256) is None


async def changed_use(yard: Yard, row: HeldRow) -> None:
    """Somebody takes the file."""
    yard.clock.forward(10_000)
    await yard.catalog.held.used([row.sha256])


async def pinned(yard: Yard, row: HeldRow) -> None:
    """Somebody pins it."""
    await yard.pin(row)


async def held_by_another(yard: Yard, row: HeldRow) -> None:
    """Another index comes to have the same bytes."""
    await yard.hold(str(row.filename), "other")


async def listed_again(yard: Yard, row: HeldRow) -> None:
    """Its page lists it, after it had not."""
    await yard.catalog.held.note_unlisted(row.owner, row.project, [row.filename], Instant(NOW))


@pytest.mark.parametrize("change", [changed_use, pinned, held_by_another, listed_again])
async def test_what_changed_since_it_was_planned_stays(
    yard: Yard, change: Callable[[Yard, HeldRow], Awaitable[None]]
) -> None:
    """It is looked at again in the transaction that would take it away."""
    row = await yard.hold("demo-1.0.tar.gz")
    await yard.catalog.held.note_unlisted(row.owner, row.project, [], Instant(OLD))
    removal = await planned(yard, row)
    await change(yard, row)

    done = await remove(yard.parts, [removal])

    assert done.removals == ()
    assert yard.has(row.sha256)
    assert await yard.catalog.held.find(row.sha256) != ()


async def test_file_that_has_just_come_again_stays(yard: Yard) -> None:
    """An upload of the same bytes is on its way to name them."""
    row = await yard.hold("demo-1.0.tar.gz")
    removal = await planned(yard, row)
    os.utime(yard.store.path(row.sha256), (NOW, NOW))

    await remove(yard.parts, [removal])

    assert yard.has(row.sha256)
    assert yard.leftovers() == []


async def test_blob_that_is_named_before_it_is_moved_stays(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two transactions somebody else may come to have the same bytes."""
    row = await yard.hold("demo-1.0.tar.gz")
    removal = await planned(yard, row)
    put_away = Removals.put_away

    async def late(self: Removals, *args: object) -> object:
        await yard.hold("demo-1.0.tar.gz", "other")
        os.utime(yard.store.path(row.sha256), (OLD, OLD))
        return await put_away(self, *args)  # type: ignore[arg-type]  # as they were

    monkeypatch.setattr(Removals, "put_away", late)

    await remove(yard.parts, [removal])

    assert yard.has(row.sha256)


class Killed(BaseException):
    """The process ends here."""


STEPS = {
    "before the names go": (Connections, "write", 1),
    "before the bytes go": (Connections, "write", 2),
    "while they are moved": (LocalBlobs, "set_aside_now", 1),
    "before they are deleted": (removing, "_delete", 1),
}


@pytest.mark.parametrize("step", STEPS)
async def test_killed_at_any_step_loses_nothing_and_the_next_run_finishes(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Never a name without bytes; bytes without a name are what the next collection takes."""
    row = await yard.hold("demo-1.0.tar.gz")
    wheel = await yard.hold("demo-1.0-py3-none-any.whl")
    metadata = await yard.metadata_of(wheel)
    await yard.list_page("demo")
    for each in (row, wheel):
        await yard.catalog.held.note_unlisted(each.owner, each.project, [], Instant(OLD))
    removals = [await planned(yard, each) for each in (row, wheel)]
    place, name, turn = STEPS[step]
    original, turns = getattr(place, name), iter(range(1, 100))

    def dies(*args: object, **kwargs: object) -> object:
        if next(turns) == turn:
            raise Killed
        return original(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(place, name, dies)
        with pytest.raises(Killed):
            await remove(yard.parts, removals)
    named = [each for each in (row, wheel) if await yard.catalog.held.find(each.sha256)]
    whole = all(yard.has(each.sha256) for each in named)
    for path in (yard.path / "spool").iterdir():
        os.utime(path, (OLD, OLD))

    await yard.collect()

    assert whole
    assert not any(yard.has(digest) for digest in (row.sha256, wheel.sha256, metadata))
    assert await yard.catalog.held.find(row.sha256) == ()
    assert yard.leftovers() == []


async def test_catalog_that_cannot_be_written_leaves_everything(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as on a full disk: no lock is left behind either."""
    row = await yard.hold("demo-1.0.tar.gz")
    removal = await planned(yard, row)

    async def fails(*_: object) -> None:
        raise Unavailable("The catalog", "the disk is full", failing="disk")

    with monkeypatch.context() as patch:
        patch.setattr(Removals, "remove_names", fails)
        with pytest.raises(Unavailable, match="the disk is full"):
            await remove(yard.parts, [removal])

    assert yard.has(row.sha256)
    assert yard.leftovers() == []


async def test_locks_that_cannot_be_had_are_a_sentence(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A directory that may only be read, say."""
    row = await yard.hold("demo-1.0.tar.gz")
    removal = await planned(yard, row)

    def refuses(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(yard.parts.locks), "try_lock", refuses)

    with pytest.raises(Unavailable, match="Permission denied"):
        await remove(yard.parts, [removal])

    assert yard.has(row.sha256)
