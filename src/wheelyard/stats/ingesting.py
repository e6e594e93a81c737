"""Ingesting logs: what others sent is counted like what the server sends itself.

A file is read once: its digest is kept. A line counts once, in whichever files it comes. Lines are
counted in batches, each one transaction with what is kept of its lines: whoever kills a run loses
nothing and doubles nothing, because the next run passes over what was counted. No line is kept, and
no address: of a line that counts a digest stays, made with the secret of the data directory.
"""

import os
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, Final, Protocol

import anyio.to_thread

from wheelyard.catalog.downloads import Counted
from wheelyard.catalog.ingested import AddedLines, CountedLine, IngestedFile
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent
from wheelyard.names import Filename, ProjectName
from wheelyard.settings import StatsSettings
from wheelyard.stats.counting import KnownAgents, old_lines
from wheelyard.stats.log_buckets import BucketLogs
from wheelyard.stats.log_sources import LogFile, digest_file, open_log, read_chunks
from wheelyard.stats.logged import (
    LineNumbers,
    Place,
    Taken,
    candidates_of,
    digest_of,
    find_download,
)
from wheelyard.wire.access_logs import BadLine, LogEntry, LogFormat, read_log

__all__ = ["IngestRows", "IngestRules", "Ingester", "KnownFiles", "Report"]

_MOST_LINES: Final = 100_000
_MOST_DOWNLOADS: Final = 5_000
_MOST_FILES: Final = 100
"""So much is read in one step, so much counted, and so many files are done with in one."""

_MOST_PROJECTS: Final = 200_000
_MOST_PROBLEMS: Final = 1_000
_MOST_NAMES: Final = 1_000


class KnownFiles(Protocol):
    """The files that were read to their end, and where they were."""

    async def has_file(self, sha256: str) -> bool:
        """Say whether a file with these bytes was read to its end."""

    async def has_source(self, source: str) -> bool:
        """Say whether the file from there was read to its end."""

    async def note_source(self, sha256: str, source: str) -> None:
        """Note that a file that was read to its end is there, too."""


class IngestRows(KnownFiles, Protocol):
    """What the catalog knows of logs: its ``Ingested``."""

    async def add(
        self,
        lines: Sequence[CountedLine],
        files: Sequence[IngestedFile],
        now: Instant,
        *,
        most_agents: int,
        counts_forgotten: bool = False,
    ) -> AddedLines:
        """Count the lines that were not counted before, in one transaction.

        With them it is noted that ``files`` were read to their end.
        """

    async def forget(self, lines_before: Instant, files_before: Instant) -> None:
        """Forget what is too old."""

    async def projects_of(
        self, names: Mapping[Filename, Sequence[ProjectName]]
    ) -> dict[Filename, ProjectName]:
        """Return the project of each file of which we know it."""


@dataclass(frozen=True, slots=True)
class IngestRules:
    """How logs are read. ``key`` is a secret; ``form`` is told from the lines if it is None.

    ``counts_forgotten``: lines of days whose lines were forgotten count, too.
    """

    place: Place
    key: bytes
    settings: StatsSettings = field(default_factory=StatsSettings)
    form: LogFormat | None = None
    counts_forgotten: bool = False


@dataclass(slots=True)
class Report:
    """What a run did. ``problems`` are sentences about lines and files, the first thousand.

    ``counted`` are downloads that are new, ``mirrors`` those of them that mirrors took, ``known``
    those that were counted before. ``nobodys`` are files of which nobody knows the project,
    ``forgotten`` the lines that may have been counted before, by day; neither was counted.
    """

    files: int = 0
    known_files: int = 0
    lines: int = 0
    bad_lines: int = 0
    counted: int = 0
    mirrors: int = 0
    known: int = 0
    nobodys: Counter[str] = field(default_factory=Counter)
    forgotten: Counter[date] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def tell(self, problem: str) -> None:
        """Write down a problem; names of files may be any bytes."""
        if len(self.problems) < _MOST_PROBLEMS:
            self.problems.append(_readable(problem))


@dataclass(slots=True)
class _Batch:
    """Some lines of a file: how many, and the downloads among them."""

    lines: int = 0
    bad: list[BadLine] = field(default_factory=list)
    taken: list[tuple[Taken, bytes, str]] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        """Whether it is time to count."""
        return self.lines >= _MOST_LINES or len(self.taken) >= _MOST_DOWNLOADS


class Ingester:
    """Counts what is in logs."""

    def __init__(self, rows: IngestRows, rules: IngestRules, clock: Clock) -> None:
        """Count into ``rows``."""
        self._rows = rows
        self._rules = rules
        self._clock = clock
        self._agents = KnownAgents(is_whole=rules.settings.user_agents == "whole")
        self._projects: dict[Filename, ProjectName | None] = {}
        self._lines: list[CountedLine] = []
        self._done: list[IngestedFile] = []
        self.report = Report()

    async def run(
        self, files: Sequence[LogFile], tell: Callable[[str], None] | None = None
    ) -> Report:
        """Count what is new in ``files``, and return the report; ``tell`` hears of each file.

        Raises:
            Unavailable: the catalog cannot be written; everything before was counted.
        """
        async with self._counting():
            for file in files:
                if tell is not None:
                    tell(file.name)
                try:
                    opened = await anyio.to_thread.run_sync(open_log, file.path)
                except OSError as error:
                    self.report.tell(f"{file.name}: it cannot be read: {error.strerror}")
                    continue
                try:
                    await self._ingest(file.name, opened)
                finally:
                    opened.close()
        return self.report

    async def run_bucket(
        self, logs: BucketLogs, tell: Callable[[str], None] | None = None
    ) -> Report:
        """Count what is new in the logs of a bucket; those that were read are not even fetched.

        Raises:
            Unavailable: the store cannot be asked, or the catalog not be written; everything
                before was counted.
        """
        async with self._counting():
            async for log in logs.each():
                source = logs.source(log)
                if source and await self._rows.has_source(source):
                    self.report.files += 1
                    self.report.known_files += 1
                    continue
                if tell is not None:
                    tell(logs.name(log))
                with suppress(Absent):  # whoever cleans up there was faster
                    async with logs.opened(log) as opened:
                        await self._ingest(logs.name(log), opened, source)
        return self.report

    @asynccontextmanager
    async def _counting(self) -> AsyncIterator[None]:
        """Forget what is too old first, and count what is left in the end, however that comes."""
        await self._rows.forget(*old_lines(self._clock.now(), self._rules.settings))
        try:
            yield
        finally:
            await self._count()

    async def _ingest(self, name: str, file: BinaryIO, source: str = "") -> None:
        """Count what is new in an open file that is called ``name``."""
        report = self.report
        report.files += 1
        state = await anyio.to_thread.run_sync(_state_of, file)
        digest = await anyio.to_thread.run_sync(digest_file, file)
        if await self._rows.has_file(digest) or any(each.sha256 == digest for each in self._done):
            report.known_files += 1
            if source:
                await self._rows.note_source(digest, source)
            return
        left_out = report.bad_lines + report.forgotten.total()
        lines = downloads = 0
        batches = self._batches(file, name)
        while (batch := await anyio.to_thread.run_sync(next, batches, None)) is not None:
            lines += batch.lines
            downloads += len(batch.taken)
            await self._add(batch)
        is_whole = report.bad_lines + report.forgotten.total() == left_out
        if not is_whole or await anyio.to_thread.run_sync(_state_of, file) != state:
            return  # somebody has to look at it, or is still writing it: it is read again
        title = _readable(name.rpartition("/")[2])
        done = IngestedFile(digest, title, source, self._clock.now(), lines, downloads)
        self._done.append(done)
        if len(self._done) >= _MOST_FILES:
            await self._count()

    def _batches(self, file: BinaryIO, name: str) -> Iterator[_Batch]:
        """Yield what is in a file. Runs in a thread."""
        batch, numbers = _Batch(), LineNumbers()
        for said in read_log(read_chunks(file), self._rules.form, where=name):
            batch.lines += 1
            if isinstance(said, BadLine):
                batch.bad.append(said)
            else:
                self._note(said, numbers, batch)
            if batch.is_full:
                yield batch
                batch = _Batch()
        yield batch

    def _note(self, entry: LogEntry, numbers: LineNumbers, batch: _Batch) -> None:
        """Note a request, if it is a download."""
        numbers.note(entry)
        taken = find_download(entry, self._rules.place)
        if taken is not None:
            digest = digest_of(entry, taken, numbers.number(entry), self._rules.key)
            batch.taken.append((taken, digest, entry.user_agent))

    async def _add(self, batch: _Batch) -> None:
        """Collect the downloads of a batch, and report."""
        report = self.report
        report.lines += batch.lines
        report.bad_lines += len(batch.bad)
        for bad in batch.bad:
            report.tell(str(bad))
        await self._learn({taken.filename for taken, _, _ in batch.taken})
        self._lines += self._counted(batch)
        if len(self._lines) >= _MOST_DOWNLOADS:
            await self._count()

    async def _count(self) -> None:
        """Count what was collected, and report; what cannot be written is left to the next run."""
        lines, self._lines = self._lines, []
        done, self._done = self._done, []
        if not lines and not done:
            return
        report, rules = self.report, self._rules
        added = await self._rows.add(
            lines,
            done,
            self._clock.now(),
            most_agents=rules.settings.max_user_agents,
            counts_forgotten=rules.counts_forgotten,
        )
        report.counted += added.counted
        report.mirrors += added.mirrors
        report.known += added.known
        report.forgotten.update(added.forgotten)

    async def _learn(self, filenames: set[Filename]) -> None:
        """Find out whose the files are."""
        if len(self._projects) > _MOST_PROJECTS:
            self._projects.clear()
        found = {
            filename: candidates_of(filename)
            for filename in filenames
            if filename not in self._projects
        }
        doubtful = {name: each.names for name, each in found.items() if not each.is_certain}
        told = await self._rows.projects_of(doubtful) if doubtful else {}
        for name, each in found.items():
            self._projects[name] = told.get(name, each.likely)

    def _counted(self, batch: _Batch) -> Iterator[CountedLine]:
        """Yield the downloads whose project is known."""
        for taken, digest, text in batch.taken:
            project = self._projects[taken.filename]
            if project is None:
                nobodys = self.report.nobodys
                if taken.filename in nobodys or len(nobodys) < _MOST_NAMES:
                    nobodys[taken.filename] += 1
                continue
            agent, client = self._agents.find(text)
            place = (taken.index, project, taken.filename)
            yield CountedLine(digest, Counted(taken.day, *place, agent, 1, client))


def _readable(text: str) -> str:
    """Return a text in which bytes that are no text are written out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _state_of(file: BinaryIO) -> tuple[int, int]:
    """Return what changes when somebody writes to a file."""
    known = os.fstat(file.fileno())
    return known.st_size, known.st_mtime_ns
