"""Odd paths: where a file belongs whose path does not say so."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, OddPathRow
from wheelyard.names import Filename, ProjectName

pytestmark = pytest.mark.anyio

ROW = OddPathRow("pypi", "/x/42/download", ProjectName("flask"), Filename("flask-1.0.tar.gz"))


async def test_odd_path_saved_comes_back_equal(catalog: Catalog) -> None:
    """A path leads to its project and file name."""
    await catalog.odd_paths.save(ROW)

    assert await catalog.odd_paths.load("pypi", "/x/42/download") == ROW


async def test_odd_path_of_another_owner_is_none(catalog: Catalog) -> None:
    """A path means something only with its owner."""
    await catalog.odd_paths.save(ROW)

    assert await catalog.odd_paths.load("private", "/x/42/download") is None


async def test_odd_path_saved_again_replaces_the_first(catalog: Catalog) -> None:
    """The newest page knows best where its links lead."""
    await catalog.odd_paths.save(ROW)
    moved = replace(ROW, project=ProjectName("quart"))

    await catalog.odd_paths.save(moved)

    assert await catalog.odd_paths.load("pypi", "/x/42/download") == moved
