"""Keepers: what a door said, as rows of a real catalog; what all kinds have in common."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from repository.kept import (
    DOCUMENT,
    KEY,
    LIST,
    PAGE,
    SHOWN,
    document,
    listing,
    page,
)
from support.fakes import DOOR, FakeDoor, opened_catalog
from wheelyard.clock import FrozenClock
from wheelyard.repository.base import Keeper, Kept, Loaded, Unchanged
from wheelyard.repository.keepers import (
    DocumentKeeper,
    KeeperParts,
    PageKeeper,
    RootKeeper,
)

pytestmark = pytest.mark.anyio

T = TypeVar("T")


async def test_nothing_is_held_of_what_was_never_kept(
    pages: PageKeeper, root: RootKeeper, documents: DocumentKeeper
) -> None:
    """A new data directory knows nothing, and says so without asking."""
    assert await pages.load("flask") is None
    assert await root.load("") is None
    assert await documents.load(KEY) is None


async def test_everything_kept_survives_the_program(tmp_path: Path, clock: FrozenClock) -> None:
    """After a restart the same is held: value, validators, times and numbers."""
    path = tmp_path / "survivor"
    path.mkdir()
    async with opened_catalog(path, clock) as catalog:
        parts = KeeperParts("main", catalog, clock)
        saved = (
            await PageKeeper(FakeDoor(), parts).save("flask", page()),
            await RootKeeper(FakeDoor(), parts).save("", listing()),
            await DocumentKeeper(FakeDoor(), parts, "json").save(KEY, document()),
        )
    at = clock.now()
    clock.forward(3_600)

    async with opened_catalog(path, clock) as catalog:
        parts = KeeperParts("main", catalog, clock)
        loaded = (
            await PageKeeper(FakeDoor(), parts).load("flask"),
            await RootKeeper(FakeDoor(), parts).load(""),
            await DocumentKeeper(FakeDoor(), parts, "json").load(KEY),
        )

    assert loaded == saved
    assert loaded[0] == Kept(PAGE, SHOWN, at, at, 60.0, saved[0].revision, serial=7)
    assert loaded[1] == Kept(LIST, SHOWN, at, at, 60.0, saved[1].revision, serial=9)
    assert loaded[2] == Kept(DOCUMENT, SHOWN, at, at, 60.0, saved[2].revision, serial=7)


async def test_confirmation_moves_the_time_and_the_lifetime_alone(
    pages: PageKeeper, root: RootKeeper, documents: DocumentKeeper, clock: FrozenClock
) -> None:
    """`Unchanged` renews what is held, in the catalog too, and changes nothing that is said."""
    await _assert_confirmed(pages, "flask", page(), clock)
    await _assert_confirmed(root, "", listing(), clock)
    await _assert_confirmed(documents, KEY, document(), clock)


async def _assert_confirmed(
    keeper: Keeper[T], key: str, answer: Loaded[T], clock: FrozenClock
) -> None:
    """Keep, wait and confirm; only the time of the check and the lifetime may be others."""
    saved = await keeper.save(key, answer)
    clock.forward(100)

    moved = await keeper.confirm(key, saved, Unchanged(DOOR, 30.0))

    assert moved == replace(saved, checked_at=clock.now(), lifetime_seconds=30.0)
    assert await keeper.load(key) == moved


async def test_what_was_forgotten_is_not_held(
    pages: PageKeeper, root: RootKeeper, documents: DocumentKeeper
) -> None:
    """What an authority says is gone is gone from the catalog."""
    await pages.save("flask", page())
    await root.save("", listing())
    await documents.save(KEY, document())

    await pages.forget("flask")
    await root.forget("")
    await documents.forget(KEY)

    assert await pages.load("flask") is None
    assert await root.load("") is None
    assert await documents.load(KEY) is None


async def test_owners_do_not_share_what_they_keep(parts: KeeperParts) -> None:
    """Two owners may both have a `flask`; neither is ever given the other's."""
    other = replace(parts, owner="other")
    await PageKeeper(FakeDoor(), parts).save("flask", page())
    await RootKeeper(FakeDoor(), parts).save("", listing())
    await DocumentKeeper(FakeDoor(), parts, "json").save(KEY, document())

    await PageKeeper(FakeDoor(), other).forget("flask")
    await RootKeeper(FakeDoor(), other).forget("")
    await DocumentKeeper(FakeDoor(), other, "json").forget(KEY)

    assert await PageKeeper(FakeDoor(), other).load("flask") is None
    assert await RootKeeper(FakeDoor(), other).load("") is None
    assert await DocumentKeeper(FakeDoor(), other, "json").load(KEY) is None
    assert await PageKeeper(FakeDoor(), parts).load("flask") is not None
    assert await RootKeeper(FakeDoor(), parts).load("") is not None
    assert await DocumentKeeper(FakeDoor(), parts, "json").load(KEY) is not None
