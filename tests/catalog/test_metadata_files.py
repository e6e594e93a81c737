"""Metadata files: what is known of the metadata of wheels."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog, MetadataRow
from wheelyard.clock import Instant
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio

WHEEL = Sha256("a" * 64)
ROW = MetadataRow(WHEEL, Sha256("c" * 64), 1_234, "ranged", Instant(100.25))


async def test_metadata_saved_comes_back_equal(catalog: Catalog) -> None:
    """A wheel leads to its metadata and to who gave it."""
    await catalog.metadata_files.save(ROW)

    assert await catalog.metadata_files.load(WHEEL) == ROW


async def test_metadata_of_an_unknown_wheel_is_none(catalog: Catalog) -> None:
    """A miss is a value, not an error."""
    assert await catalog.metadata_files.load(WHEEL) is None


async def test_metadata_saved_again_replaces_the_first(catalog: Catalog) -> None:
    """The held wheel itself is a better source than a range of it."""
    await catalog.metadata_files.save(ROW)
    better = replace(ROW, source="wheel", recorded_at=Instant(200))

    await catalog.metadata_files.save(better)

    assert await catalog.metadata_files.load(WHEEL) == better


async def test_metadata_of_thousands_of_wheels_is_found_at_once(catalog: Catalog) -> None:
    """A page of any size is one call; what is unknown is left out."""
    wheels = [Sha256(f"{number:064x}") for number in range(2_000)]
    for wheel in wheels[::500]:
        await catalog.metadata_files.save(replace(ROW, wheel_sha256=wheel))

    found = await catalog.metadata_files.find(wheels)

    assert sorted(found) == wheels[::500]
    assert found[wheels[0]] == replace(ROW, wheel_sha256=wheels[0])


async def test_forgotten_metadata_are_nobodys(catalog: Catalog) -> None:
    """Of none of the wheels that had them; other metadata stay."""
    rows = [
        MetadataRow(Sha256(digit * 64), Sha256(metadata * 64), 5, "wheel", Instant(1.0))
        for digit, metadata in (("a", "c"), ("b", "c"), ("d", "e"))
    ]
    for row in rows:
        await catalog.metadata_files.save(row)

    await catalog.metadata_files.forget(Sha256("c" * 64))

    found = await catalog.metadata_files.find([row.wheel_sha256 for row in rows])
    assert list(found.values()) == rows[2:]
