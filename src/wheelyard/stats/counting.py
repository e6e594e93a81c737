"""Counting downloads: in memory while requests are answered, in the catalog every few seconds.

What counts is decided by whoever sends files (``server/files.py``): one for each download, none
for a look at it. Kept are the day in UTC, the index, the file and what the program calls itself;
no address, no time and no user. Another source of downloads, such as the log of a server in front,
ends in the same table.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Protocol

import anyio
import anyio.to_thread

from wheelyard.catalog.downloads import Counted
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Unavailable
from wheelyard.settings import StatsSettings
from wheelyard.wire.local_stats import MAX_AGENT_CHARACTERS, clean_agent
from wheelyard.wire.user_agents import Client, parse_user_agent

__all__ = [
    "CountingRows",
    "DownloadWriter",
    "KnownAgents",
    "LineRows",
    "Tally",
    "day_of",
    "is_finished",
    "old_lines",
    "shown_agent",
]

_LOG = logging.getLogger(__name__)

_DAY_SECONDS = 86_400
_EPOCH = date(1970, 1, 1).toordinal()
_LATE_SECONDS = 60.0
"""How long after midnight counts of the day before may still be on their way to the catalog."""

_WRITE_EVERY_SECONDS = 5.0
_LAST_SECONDS = 5.0
"""How long the last counts may take to be written when the program ends."""

_MOST_KEYS = 20_000
"""What is told apart between two writes; beyond it programs are their families, then nothing."""

_LOOKED_AT = 2 * MAX_AGENT_CHARACTERS
_MOST_AGENTS = 4_000
"""Programs that are known without another look."""

_Key = tuple[int, str, str, str, str]


def day_of(now: Instant) -> date:
    """Return the day of a moment, in UTC."""
    return date.fromordinal(_EPOCH + int(now // _DAY_SECONDS))


def is_finished(day: date, now: Instant) -> bool:
    """Say whether everything that was taken on ``day`` has been counted."""
    return now >= (day.toordinal() - _EPOCH + 1) * _DAY_SECONDS + _LATE_SECONDS


def shown_agent(text: str, *, is_whole: bool) -> str:
    """Return what is kept of what a program calls itself.

    Its beginning is the product and its version, by which mirror programs are told from
    installers. Source: RFC 9110, 10.1.5.
    """
    cleaned = clean_agent(text)
    return cleaned if is_whole else cleaned.partition(" ")[0]


@dataclass(slots=True)
class KnownAgents:
    """What is kept of programs, and what is known of them; most come again and again."""

    is_whole: bool
    _known: dict[str, tuple[str, Client]] = field(default_factory=dict)

    def find(self, text: str) -> tuple[str, Client]:
        """Return what is kept of what a program calls itself, and what that says of it."""
        text = text[:_LOOKED_AT]
        found = self._known.get(text)
        if found is None:
            if len(self._known) >= _MOST_AGENTS:
                self._known.clear()
            plain = text.encode("utf-8", "replace").decode()
            found = (shown_agent(plain, is_whole=self.is_whole), parse_user_agent(plain))
            self._known[text] = found
        return found


class Tally:
    """What was taken since the last write: a dictionary, and one addition per download."""

    def __init__(self, clock: Clock, settings: StatsSettings | None = None) -> None:
        """Count by the days of ``clock``."""
        self._settings = settings or StatsSettings()
        self._clock = clock
        self._counts: dict[_Key, int] = {}
        self.uncounted = 0

    @property
    def settings(self) -> StatsSettings:
        """How downloads are counted."""
        return self._settings

    def count(self, index: str, project: str, filename: str, agent: str) -> None:
        """Count one download by the program that calls itself ``agent``."""
        if not self._settings.count_downloads:
            return
        day = int(self._clock.now() // _DAY_SECONDS)
        self._add((day, index, project, filename, agent[:_LOOKED_AT]), 1)

    def take(self) -> list[tuple[_Key, int]]:
        """Return what was counted since the last time, and begin anew."""
        taken, self._counts = self._counts, {}
        return list(taken.items())

    def give_back(self, taken: Sequence[tuple[_Key, int]]) -> None:
        """Count again what was taken, because it could not be written."""
        for key, count in taken:
            self._add(key, count)

    def _add(self, key: _Key, count: int) -> None:
        counts = self._counts
        if key in counts:
            counts[key] += count
        elif len(counts) < _MOST_KEYS:
            counts[key] = count
        else:
            self._add_to_others(key, count)

    def _add_to_others(self, key: _Key, count: int) -> None:
        """Count where there is little room left: the catalog cannot be written, for instance.

        What is left of a program is its family, so that mirrors stay apart from installs.
        """
        key = (*key[:4], parse_user_agent(key[4]).family)
        if key in self._counts or len(self._counts) < 2 * _MOST_KEYS:
            self._counts[key] = self._counts.get(key, 0) + count
        else:
            self.uncounted += count


class CountingRows(Protocol):
    """What the writer needs of the catalog."""

    async def add(self, counted: Sequence[Counted], *, most_agents: int) -> None:
        """Add what was counted."""

    async def forget(self, before: date) -> None:
        """Forget the days before ``before``."""


class LineRows(Protocol):
    """What knows which lines of logs were counted."""

    async def forget(self, lines_before: Instant, files_before: Instant) -> None:
        """Forget the lines and files of which nothing was read since."""


class DownloadWriter:
    """Writes what was counted into the catalog, all of it every few seconds."""

    def __init__(
        self, tally: Tally, rows: CountingRows, clock: Clock, lines: LineRows | None = None
    ) -> None:
        """Write what ``tally`` has into ``rows``; forget what is too old there and of ``lines``."""
        self._tally = tally
        self._rows = rows
        self._lines = lines
        self._agents = KnownAgents(is_whole=tally.settings.user_agents == "whole")
        self._clock = clock
        self._forgotten_on: date | None = None
        self._is_failing = False
        self._writing = anyio.Lock()

    async def run(self) -> None:
        """Write now and then, until cancelled."""
        while True:
            await anyio.sleep(_WRITE_EVERY_SECONDS)
            await self.write()

    async def end(self) -> None:
        """Write what is left, even while everything is being cancelled."""
        with anyio.move_on_after(_LAST_SECONDS, shield=True):
            await self.write()

    async def write(self) -> None:
        """Write what was counted since the last time; what cannot be written is kept.

        One write waits for another: what is on its way when the program ends is waited for.
        """
        async with self._writing:
            await self._write()

    async def _write(self) -> None:
        """Write a batch, and forget what is too old."""
        taken = self._tally.take()
        settings = self._tally.settings
        try:
            if taken:
                counted = await anyio.to_thread.run_sync(_counted, taken, self._agents)
                await self._rows.add(counted, most_agents=settings.max_user_agents)
                taken = []
            await self._forget()
        except Unavailable as error:
            self._tally.give_back(taken)
            if not self._is_failing:
                _LOG.warning("Downloads are counted, but cannot be written down: %s", error)
            self._is_failing = True
        else:
            self._is_failing = False

    async def _forget(self) -> None:
        """Forget what is too old, once a day."""
        now, settings = self._clock.now(), self._tally.settings
        today = day_of(now)
        if self._forgotten_on == today:
            return
        if days := settings.keep_days:
            await self._rows.forget(today - timedelta(days=min(days, today.toordinal() - 1)))
        if self._lines is not None:
            await self._lines.forget(*old_lines(now, settings))
        self._forgotten_on = today


def old_lines(now: Instant, settings: StatsSettings) -> tuple[Instant, Instant]:
    """Return since when nothing was read of lines, and of files, that are to be forgotten."""
    kept = settings.keep_days * _DAY_SECONDS or now
    return Instant(now - settings.remember_lines_days * _DAY_SECONDS), Instant(now - kept)


def _counted(taken: Sequence[tuple[_Key, int]], agents: KnownAgents) -> list[Counted]:
    """Return what was taken as the catalog has it."""
    counted = []
    for (number, index, project, filename, agent), count in taken:
        shown, client = agents.find(agent)
        day = date.fromordinal(_EPOCH + number)
        counted.append(Counted(day, index, project, filename, shown, count, client))
    return counted
