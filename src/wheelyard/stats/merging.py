"""Merging: the counts of several nodes become the counts of their site, by day and by month.

Beside the results lies a copy of every file that was ever read, by node, and the results are made
of the copies. So a second run adds nothing, a node that is missing is missed and keeps what it had,
and a file that a node publishes anew takes the place of the one before. Nothing is ever added to a
result: a day is computed whole, and takes its place in one step. A run that is killed leaves copies
of which no result was made; the next run sees that in what is written down last.

A file of which a line cannot be read is not used at all: the one before it stays.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final

import anyio.to_thread
import msgspec

from wheelyard.errors import BadInput, Unavailable, WheelyardError
from wheelyard.stats.node_days import NodeDays
from wheelyard.stats.placing import load_bytes, locked, replace_file
from wheelyard.wire.local_stats import (
    DownloadRow,
    day_filename,
    parse_day_filename,
    parse_local_stats,
    render_local_stats,
)

__all__ = ["Merged", "Merger", "sum_rows"]

_STATE: Final = "state.json"
_NODES: Final = "nodes"
_DAYS: Final = "days"
_MONTHS: Final = "months"
_MOST_FAILURES: Final = 3
"""So many files of a node that cannot be had, and the others are not asked for."""

_MAX_STATE_BYTES: Final = 64 * 1024**2

_Key = tuple[str, str, str]


class _State(msgspec.Struct):
    """What the results were made of: of each the digest of its parts, of each copy its ETag."""

    made_of: dict[str, str] = {}
    etags: dict[str, dict[str, str]] = {}


@dataclass(slots=True)
class Merged:
    """What a run did. ``problems`` are sentences: a node that is missing, a file that is bad."""

    days: list[str] = field(default_factory=list)
    months: list[str] = field(default_factory=list)
    read_files: int = 0
    problems: list[str] = field(default_factory=list)


def sum_rows(files: Iterable[Iterable[DownloadRow]]) -> list[DownloadRow]:
    """Return the rows of several files as one, in the order of mirrors."""
    counts: defaultdict[_Key, int] = defaultdict(int)
    for rows in files:
        for row in rows:
            counts[row.filename, row.user_agent, row.project] += row.count
    return [
        DownloadRow(project, filename, agent, count)
        for (filename, agent, project), count in sorted(counts.items())
    ]


class Merger:
    """Brings together what nodes publish, in one directory."""

    def __init__(self, into: Path, *, has_header: bool = True) -> None:
        """Keep copies and results below ``into``."""
        self._into = into
        self._has_header = has_header

    async def run(
        self, nodes: Mapping[str, NodeDays], tell: Callable[[str], None] | None = None
    ) -> Merged:
        """Take what is new of each node, and make the results anew that this changes.

        Raises:
            BadInput: what was written down before cannot be read.
            Unavailable: the directory cannot be written, or another run is at work in it.
        """
        lock = await anyio.to_thread.run_sync(locked, self._into)
        try:
            return await self._run(nodes, tell)
        finally:
            lock.release()

    async def _run(
        self, nodes: Mapping[str, NodeDays], tell: Callable[[str], None] | None
    ) -> Merged:
        """Do it, while nobody else does."""
        merged = Merged()
        state = await anyio.to_thread.run_sync(self._load_state)
        for name, node in nodes.items():
            if tell is not None:
                tell(name)
            try:
                await self._copy(name, node, state, merged)
            except WheelyardError as error:
                merged.problems.append(f"Node `{name}`: {error}")
        await anyio.to_thread.run_sync(self._make, state, merged)
        return merged

    async def _copy(self, name: str, node: NodeDays, state: _State, merged: Merged) -> None:
        """Copy what is new of one node."""
        etags = state.etags.setdefault(name, {})
        failures = 0
        for day in await node.days():
            path = self._into / _NODES / name / day_filename(day)
            try:
                is_new = await _copy_file(node, day, path, etags)
            except BadInput as error:
                merged.problems.append(f"Node `{name}`: {error}. The file is left out.")
            except Unavailable as error:
                failures += 1
                if failures == _MOST_FAILURES:
                    raise
                merged.problems.append(f"Node `{name}`: {error}")
            else:
                merged.read_files += is_new

    def _load_state(self) -> _State:
        body = load_bytes(self._into / _STATE, _MAX_STATE_BYTES)
        if not body:
            return _State()
        try:
            return msgspec.json.decode(body, type=_State)
        except msgspec.DecodeError as error:
            raise BadInput(
                f"`{self._into / _STATE}` cannot be read: delete it, and every day is made anew."
            ) from error

    def _make(self, state: _State, merged: Merged) -> None:
        """Make the days of which a copy changed, then the months of these days."""
        copies: defaultdict[date, list[Path]] = defaultdict(list)
        for path in sorted((self._into / _NODES).glob("*/*.bz2")):
            day = parse_day_filename(path.name)
            if day is not None:
                copies[day].append(path)
        before, state.made_of = state.made_of, {}
        for day, paths in sorted(copies.items()):
            result = self._into / _DAYS / day_filename(day)
            if self._make_one(result, paths, before, state):
                merged.days.append(day.isoformat())
        months: defaultdict[str, list[Path]] = defaultdict(list)
        for day in sorted(copies):
            months[day.isoformat()[:7]].append(self._into / _DAYS / day_filename(day))
        for month, paths in months.items():
            if self._make_one(self._into / _MONTHS / f"{month}.bz2", paths, before, state):
                merged.months.append(month)
        for name in before.keys() - state.made_of.keys():
            # The copies that it was made of were deleted: somebody took a node out.
            (self._into / name).unlink(missing_ok=True)
        replace_file(self._into / _STATE, msgspec.json.encode(state, order="deterministic"))

    def _make_one(
        self, result: Path, paths: Sequence[Path], before: Mapping[str, str], state: _State
    ) -> bool:
        """Make one result of the files at ``paths``; say if it was not made of just these."""
        name = f"{result.parent.name}/{result.name}"
        digest = self._digest_of(paths)
        state.made_of[name] = digest
        if before.get(name) == digest and result.is_file():
            return False
        parts = (parse_local_stats(load_bytes(path) or b"", f"`{path}`") for path in paths)
        body = render_local_stats(sum_rows(parts), has_header=self._has_header)
        replace_file(result, body)
        return True

    def _digest_of(self, paths: Sequence[Path]) -> str:
        """Return what tells whether a result is made of what these files contain now."""
        digest = sha256(b"header" if self._has_header else b"")
        for path in paths:
            body = load_bytes(path) or b""
            digest.update(path.parent.name.encode() + b"\0" + sha256(body).digest())
        return digest.hexdigest()


async def _copy_file(node: NodeDays, day: date, path: Path, etags: dict[str, str]) -> bool:
    """Have ``path`` be what a node publishes of a day; say whether it was something else.

    Raises:
        BadInput: what it publishes cannot be read.
        Unavailable: it cannot be had now.
    """
    held = await anyio.to_thread.run_sync(load_bytes, path)
    found = await node.file(day, etags.get(day.isoformat(), "") if held else "")
    if found is None:
        return False
    if found.body != held:
        await anyio.to_thread.run_sync(_check, found.body, f"`{day_filename(day)}`")
        await anyio.to_thread.run_sync(replace_file, path, found.body)
    etags[day.isoformat()] = found.etag
    return found.body != held


def _check(body: bytes, where: str) -> None:
    """Read every line of a file.

    Raises:
        BadInput: one cannot be read.
    """
    for _ in parse_local_stats(body, where):
        pass
