"""Served files: what the files of a directory were found to be."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, ServedRow
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio

HERE = "/srv/wheels"
ROW = ServedRow(HERE, "a/x-1.0.tar.gz", "1-2-3", Sha256("a" * 64), 3, ">=3.9")


async def test_served_saved_comes_back_equal(catalog: Catalog) -> None:
    """What was read once need not be read again."""
    await catalog.served.save([ROW])

    assert await catalog.served.of_directory(HERE) == {ROW.path: ROW}
    assert await catalog.served.find(HERE, [ROW.path, "other"]) == {ROW.path: ROW}


async def test_served_saved_again_replaces_the_first(catalog: Catalog) -> None:
    """A file that was replaced is what it is now."""
    await catalog.served.save([ROW])
    now = replace(ROW, stamp="4-5-6", sha256=Sha256("b" * 64))

    await catalog.served.save([now])

    assert await catalog.served.of_directory(HERE) == {ROW.path: now}


async def test_served_of_another_directory_stays(catalog: Catalog) -> None:
    """Two directories may have files under the same path."""
    there = replace(ROW, directory="/srv/others")
    await catalog.served.save([ROW, there])

    await catalog.served.forget(HERE, [ROW.path])

    assert await catalog.served.of_directory(HERE) == {}
    assert await catalog.served.of_directory("/srv/others") == {ROW.path: there}


async def test_served_by_the_thousand_is_found_at_once(catalog: Catalog) -> None:
    """A directory may have any number of files."""
    rows = [replace(ROW, path=f"{number}.whl") for number in range(1_200)]

    await catalog.served.save(rows)

    assert len(await catalog.served.find(HERE, [row.path for row in rows])) == len(rows)
    await catalog.served.forget(HERE, [row.path for row in rows])
    assert await catalog.served.of_directory(HERE) == {}
