"""Sums of downloads: by what, of what, and mirrors apart."""

from dataclasses import replace
from datetime import date

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.download_sums import Aspect, DownloadSeries
from wheelyard.catalog.downloads import Counted, DownloadCounts, Selected
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

JANUARY, FEBRUARY = date(2026, 1, 31), date(2026, 2, 1)
PIP, UV = Client("pip", "3.11", "Linux"), Client("uv", "3.12", "Darwin")
MIRROR = Client("bandersnatch", is_mirror=True)
ONE = Counted(JANUARY, "main", "demo", "demo-1.0.tar.gz", "pip/24.0", 3, PIP)
WHEEL = replace(ONE, filename="demo-1.0-py3-none-any.whl", user_agent="uv/1", client=UV, count=2)
EVERYTHING = (
    ONE,
    WHEEL,
    replace(WHEEL, filename="demo-2.0-py3-none-any.whl", count=1),
    replace(ONE, user_agent="bandersnatch/8", client=MIRROR, count=50),
    replace(ONE, project="other", filename="other-1.0.tar.gz", count=7),
    replace(ONE, day=FEBRUARY, index="team", count=100),
)


@pytest.fixture(autouse=True)
async def counted(catalog: Catalog) -> None:
    """Count something, also by a mirror, and in another index."""
    await catalog.downloads.add(EVERYTHING, most_agents=9)


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        ("day", [("2026-01-31", 63, 50)]),
        ("project", [("demo", 56, 50), ("other", 7, 0)]),
        ("version", [("demo 1.0", 55, 50), ("other 1.0", 7, 0), ("demo 2.0", 1, 0)]),
        ("family", [("bandersnatch", 50, 50), ("pip", 10, 0), ("uv", 3, 0)]),
        ("python", [("", 50, 50), ("3.11", 10, 0), ("3.12", 3, 0)]),
        ("system", [("", 50, 50), ("Linux", 10, 0), ("Darwin", 3, 0)]),
    ],
)
async def test_sums_are_by_any_aspect(
    catalog: Catalog, aspect: Aspect, expected: list[tuple[str, int, int]]
) -> None:
    """Of an index; what was taken most comes first, and what mirrors took stands apart."""
    found = await catalog.downloads.sums(Selected(index="main"), aspect)

    assert [(each.what, each.count, each.mirrors) for each in found] == expected


async def test_sums_are_of_what_is_meant(catalog: Catalog) -> None:
    """A project, some days, mirrors or not; all indexes, unless one is named."""
    sums = catalog.downloads.sums
    of_project = await sums(Selected(project="demo", mirrors=False), "version")
    files = await sums(Selected(project="demo", until=JANUARY, mirrors=False), "file")
    days = await sums(Selected(since=FEBRUARY), "day")

    assert of_project == (DownloadCounts("1.0", 105), DownloadCounts("2.0", 1))
    assert [each.what for each in files] == [
        "demo-1.0.tar.gz",
        "demo-1.0-py3-none-any.whl",
        "demo-2.0-py3-none-any.whl",
    ]
    assert days == (DownloadCounts("2026-02-01", 100),)


async def test_days_come_in_order(catalog: Catalog) -> None:
    """However much was taken."""
    found = await catalog.downloads.sums(Selected(), "day")

    assert [each.what for each in found] == ["2026-01-31", "2026-02-01"]


async def test_series_has_each_day_by_kind_of_client(catalog: Catalog) -> None:
    """In order, for one project of one index."""
    found = await catalog.downloads.series(Selected(index="main", project="demo"))

    assert found == [
        DownloadSeries(JANUARY, "", "", is_mirror=True, count=50),
        DownloadSeries(JANUARY, "3.11", "Linux", is_mirror=False, count=3),
        DownloadSeries(JANUARY, "3.12", "Darwin", is_mirror=False, count=3),
    ]
