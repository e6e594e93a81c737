"""What several test modules of this room work with: a real catalog, and keepers on it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.fakes import FakeDoor
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.repository.keepers import DocumentKeeper, KeeperParts, PageKeeper, RootKeeper


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


@pytest.fixture
def parts(catalog: Catalog, clock: FrozenClock) -> KeeperParts:
    """Return what the keepers of one owner work with."""
    return KeeperParts("main", catalog, clock)


@pytest.fixture
def pages(parts: KeeperParts) -> PageKeeper:
    """Return a keeper of pages."""
    return PageKeeper(FakeDoor(), parts)


@pytest.fixture
def root(parts: KeeperParts) -> RootKeeper:
    """Return a keeper of the project list."""
    return RootKeeper(FakeDoor(), parts)


@pytest.fixture
def documents(parts: KeeperParts) -> DocumentKeeper:
    """Return a keeper of JSON API documents."""
    return DocumentKeeper(FakeDoor(), parts, "json")
