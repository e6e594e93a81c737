"""A catalog that cannot be written: answers are given all the same, and reused for a while. F35."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from repository.kept import KEY, PAGE, document, listing, page
from support.fakes import DOOR, FakeDoor
from wheelyard.blobs import Trouble
from wheelyard.catalog.connections import Connections
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Unavailable
from wheelyard.repository.base import Kept, Unchanged, Validators
from wheelyard.repository.keepers import DocumentKeeper, KeeperParts, PageKeeper, RootKeeper
from wheelyard.repository.unkept import Unkept, is_written, written

pytestmark = pytest.mark.anyio

FULL = Unavailable("The catalog", "database or disk is full", failing="disk")
LOCKED = Unavailable("The catalog", "database is locked")


@contextmanager
def unwritable(error: Unavailable = FULL) -> Iterator[None]:
    """Have every write fail inside the block."""

    async def write(*_: object, **__: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connections, "write", write)
        yield


def kept(checked_at: float, value: str = "a") -> Kept[str]:
    """Return something that was asked for at that moment."""
    at = Instant(checked_at)
    return Kept(value, Validators(DOOR), at, at, None)


async def test_page_that_cannot_be_written_is_given_and_reused(
    parts: KeeperParts, clock: FrozenClock
) -> None:
    """Nobody is asked again for every request; who is asked later is asked for the whole."""
    keeper = PageKeeper(FakeDoor(), parts)
    with unwritable():
        saved = await keeper.save("flask", page())
        loaded = await keeper.load("flask")

    assert saved.value == PAGE
    assert loaded == saved
    assert saved.revision < 0
    assert (saved.validators.etag, saved.validators.last_modified) == (None, None)
    assert saved.checked_at == clock.now()
    assert parts.alarms.lasting.keys() == {Trouble.NOT_KEPT}


async def test_page_is_written_as_soon_as_that_works(parts: KeeperParts) -> None:
    """From then on the catalog's copy counts, with a number of the journal."""
    keeper = PageKeeper(FakeDoor(), parts)
    with unwritable():
        await keeper.save("flask", page())
    saved = await keeper.save("flask", page())

    assert saved.revision > 0
    assert await keeper.load("flask") == saved
    assert await PageKeeper(FakeDoor(), parts).load("flask") == saved


async def test_written_copy_that_is_newer_counts(parts: KeeperParts, clock: FrozenClock) -> None:
    """Another process may have had more luck meanwhile."""
    keeper = PageKeeper(FakeDoor(), parts)
    with unwritable():
        await keeper.save("flask", page())
    clock.forward(10)
    saved = await PageKeeper(FakeDoor(), parts).save("flask", page())

    assert await keeper.load("flask") == saved


async def test_confirmation_that_cannot_be_written_counts_here(
    parts: KeeperParts, clock: FrozenClock
) -> None:
    """A page that has not changed is fresh, whatever the disk says."""
    keeper = PageKeeper(FakeDoor(), parts)
    saved = await keeper.save("flask", page())
    clock.forward(100)
    with unwritable():
        confirmed = await keeper.confirm("flask", saved, Unchanged(DOOR, 60.0))
        loaded = await keeper.load("flask")

    assert loaded == confirmed
    assert confirmed.checked_at == clock.now()
    assert confirmed.validators == saved.validators


async def test_other_kinds_are_kept_in_memory_as_well(parts: KeeperParts) -> None:
    """The project list, and documents."""
    root = RootKeeper(FakeDoor(), parts)
    documents = DocumentKeeper(FakeDoor(), parts, "json")
    with unwritable():
        listed = await root.save("", listing())
        body = await documents.save(KEY, document())

        assert await root.load("") == listed
        assert await documents.load(KEY) == body
    assert await RootKeeper(FakeDoor(), parts).load("") is None


async def test_page_that_is_gone_is_forgotten_in_memory(parts: KeeperParts) -> None:
    """A believed loss wins, also where it cannot be written down."""
    keeper = PageKeeper(FakeDoor(), parts)
    with unwritable():
        await keeper.save("flask", page())
        await keeper.forget("flask")

        assert await keeper.load("flask") is None


async def test_catalog_that_is_only_busy_is_an_error(parts: KeeperParts) -> None:
    """That passes by itself; nothing is given out that could have been written."""
    with unwritable(LOCKED), pytest.raises(Unavailable, match="locked"):
        await PageKeeper(FakeDoor(), parts).save("flask", page())

    assert parts.alarms.lasting == {}


async def test_written_work_is_passed_through(parts: KeeperParts) -> None:
    """Its result, or the news that there is none."""

    async def work() -> int:
        return 7

    async def nothing() -> None:
        return None

    async def full() -> None:
        raise FULL

    assert await written(work(), parts.alarms) == 7
    assert await is_written(nothing(), parts.alarms)
    assert not await is_written(full(), parts.alarms)


def test_memory_is_bounded() -> None:
    """The one that was noted first goes first."""
    unkept: Unkept[str] = Unkept(most=2)
    for key in "abc":
        unkept.note(key, kept(1.0))

    assert unkept.newest("a", None) is None
    assert unkept.newest("b", None) is not None


def test_newest_counts() -> None:
    """By when it was asked for; what is written wins a tie."""
    unkept: Unkept[str] = Unkept()
    unkept.note("x", kept(5.0, "noted"))

    assert unkept.newest("x", kept(4.0, "written")) == kept(5.0, "noted")
    assert unkept.newest("x", kept(5.0, "written")) == kept(5.0, "written")
    unkept.drop("x")
    assert unkept.newest("x", None) is None
