"""Writing out what was counted."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from stats.nodes import rows_in
from wheelyard.catalog import Catalog, open_catalog
from wheelyard.catalog.downloads import Counted
from wheelyard.clock import FrozenClock
from wheelyard.stats.export import export_days, write_csv, write_json
from wheelyard.wire.user_agents import Client

pytestmark = pytest.mark.anyio

PIP = 'pip/24.0 {"ci":1}'
INSTALLER = Client("pip", "3.11", "Linux", is_ci=True)
MIRROR = Client("bandersnatch", is_mirror=True)
ROWS = [
    Counted(date(2026, 9, 19), "main", "demo", "demo-1.0.tar.gz", PIP, 3, INSTALLER),
    Counted(date(2026, 9, 21), "main", "demo", "demo-1.0.tar.gz", "bandersnatch", 1, MIRROR),
]
"""On a day that is over, and on the one that the tests' clock shows."""
HEADER = "day,index,project,filename,user_agent,count,version,family,python,system,mirror,ci"


def test_csv_has_a_line_that_names_the_columns() -> None:
    """Also if there is nothing else."""
    lines: list[str] = []
    nothing: list[str] = []

    write_csv(ROWS, lines.append)
    write_csv([], nothing.append)

    assert "".join(lines).splitlines() == [
        HEADER,
        '2026-09-19,main,demo,demo-1.0.tar.gz,"pip/24.0 {""ci"":1}",3,1.0,pip,3.11,Linux,0,1',
        "2026-09-21,main,demo,demo-1.0.tar.gz,bandersnatch,1,1.0,bandersnatch,,,1,0",
    ]
    assert nothing == [f"{HEADER}\n"]


def test_json_is_a_line_for_each_count() -> None:
    """A program reads as many as it likes."""
    lines: list[str] = []

    write_json(ROWS, lines.append)

    assert [json.loads(line)["count"] for line in lines] == [3, 1]
    assert json.loads(lines[0]) == {
        "day": "2026-09-19",
        "index": "main",
        "project": "demo",
        "filename": "demo-1.0.tar.gz",
        "user_agent": PIP,
        "count": 3,
        "version": "1.0",
        "family": "pip",
        "python": "3.11",
        "system": "Linux",
        "mirror": False,
        "ci": True,
    }


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


async def test_files_of_days_that_are_over_are_written(
    catalog: Catalog, tmp_path: Path, clock: FrozenClock
) -> None:
    """With the page that lists them; what is the same is not written again."""
    into = tmp_path / "out"
    await catalog.downloads.add(ROWS, most_agents=9)

    first = await export_days(catalog.downloads, "main", into, clock.now())
    again = await export_days(catalog.downloads, "main", into, clock.now())

    assert (first, again) == ((date(2026, 9, 19),), ())
    assert sorted(path.name for path in into.iterdir()) == ["2026-09-19.bz2", "index.html"]
    assert [row.user_agent for row in rows_in(into / "2026-09-19.bz2")] == [PIP]
    assert 'href="2026-09-19.bz2"' in (into / "index.html").read_text()
