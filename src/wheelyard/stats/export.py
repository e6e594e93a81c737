"""Writing out what was counted: lines for other programs, and the files of the mirror protocol."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from wheelyard.catalog.downloads import Counted, Downloads
from wheelyard.clock import Instant
from wheelyard.names import ProjectName, filename_version
from wheelyard.stats.counting import is_finished
from wheelyard.stats.placing import replace_file
from wheelyard.wire.local_stats import day_filename, render_local_stats, render_stats_listing

__all__ = ["COLUMNS", "Exported", "export_days", "exported", "write_csv", "write_json"]

COLUMNS: Final = (
    *("day", "index", "project", "filename", "user_agent", "count"),
    *("version", "family", "python", "system", "mirror", "ci"),
)

Write = Callable[[str], object]
Exported = tuple[date, str, str, str, str, int, str, str, str, str, bool, bool]
"""What is written of one row, in the order of ``COLUMNS``."""


def exported(rows: Iterable[Counted]) -> Iterator[Exported]:
    """Yield what is written of each row; rows of one file come together."""
    last, version = ("", ""), ""
    for row in rows:
        if (row.project, row.filename) != last:
            last = (row.project, row.filename)
            version = filename_version(row.filename, ProjectName(row.project)) or ""
        client = row.client
        yield (
            *(row.day, row.index, row.project, row.filename, row.user_agent, row.count, version),
            *(client.family, client.python, client.system, client.is_mirror, client.is_ci),
        )


def write_csv(rows: Iterable[Counted], write: Write) -> None:
    """Write ``rows`` as CSV, with a line that names the columns."""
    line = io.StringIO()
    writer = csv.writer(line, lineterminator="\n")
    writer.writerow(COLUMNS)
    for *values, mirror, ci in exported(rows):
        writer.writerow([*values, int(mirror), int(ci)])
        write(line.getvalue())
        line.seek(0)
        line.truncate()
    write(line.getvalue())


def write_json(rows: Iterable[Counted], write: Write) -> None:
    """Write ``rows`` as lines of JSON."""
    for values in exported(rows):
        write(f"{msgspec.json.encode(dict(zip(COLUMNS, values, strict=True))).decode()}\n")


async def export_days(
    downloads: Downloads, index: str, into: Path, now: Instant, *, has_header: bool = True
) -> tuple[date, ...]:
    """Write the file of each day that is over into ``into``, and the page that lists them.

    Returns the days whose files are new or have changed.

    Raises:
        Unavailable: the catalog cannot be read, or the directory not be written.
    """
    days = [day for day in await downloads.days(index) if is_finished(day, now)]
    changed = []
    for day in days:
        body = await downloads.of_day(
            index, day, lambda rows: render_local_stats(rows, has_header=has_header)
        )
        if await anyio.to_thread.run_sync(replace_file, into / day_filename(day), body):
            changed.append(day)
    listing = render_stats_listing(days)
    await anyio.to_thread.run_sync(replace_file, into / "index.html", listing)
    return tuple(changed)
