"""Nodes in memory and on disk, with files of days as mirrors publish them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from wheelyard.errors import Unavailable
from wheelyard.stats.node_days import FoundFile
from wheelyard.wire.local_stats import (
    DownloadRow,
    day_filename,
    parse_local_stats,
    render_local_stats,
)

__all__ = ["FakeNode", "day_file", "rows_in", "write_day"]


def day_file(*counts: int, agent: str = "pip/24.0", filename: str = "demo-1.0.tar.gz") -> bytes:
    """Return the file of a day on which programs took a file so often."""
    rows = [
        DownloadRow("demo", filename, f"{agent}{'' if number == 0 else number}", count)
        for number, count in enumerate(counts)
    ]
    return render_local_stats(rows)


def write_day(directory: Path, day: str, body: bytes) -> Path:
    """Write the file of a day into the directory of a node."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{day}.bz2"
    path.write_bytes(body)
    return path


def rows_in(path: Path) -> list[DownloadRow]:
    """Return the rows of a file."""
    return list(parse_local_stats(path.read_bytes(), str(path)))


@dataclass(slots=True)
class FakeNode:
    """A node whose ``files`` are by day; ``broken`` is what it says instead of any."""

    files: dict[date, bytes] = field(default_factory=dict)
    broken: Unavailable | None = None
    breaks: frozenset[date] = frozenset()
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def days(self) -> Sequence[date]:
        """Return the days that there are files of."""
        if self.broken is not None:
            raise self.broken
        return sorted({*self.files, *self.breaks})

    async def file(self, day: date, etag: str) -> FoundFile | None:
        """Return the file of a day, unless it is the one that ``etag`` names."""
        self.asked.append((day_filename(day), etag))
        if day in self.breaks:
            raise Unavailable(f"`{day}`", "it breaks")
        body = self.files.get(day)
        if body is None or etag == self._etag(body):
            return None
        return FoundFile(body, self._etag(body))

    @staticmethod
    def _etag(body: bytes) -> str:
        return f'"{hash(body)}"'
