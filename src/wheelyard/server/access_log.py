"""One line per request, in the form that every log tool reads.

Source: Apache's "combined" format. Queries are left out: they may carry what is nobody's business.

Lines are written in a thread, behind the requests: a full pipe or a slow disk must not hold up
those who are served.
"""

import logging
import sys
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import anyio
import anyio.to_thread

from wheelyard.clock import Clock
from wheelyard.errors import ConfigError
from wheelyard.server.exchange import Exchange
from wheelyard.wire.access_logs.quoting import escape

__all__ = ["AccessLog"]

_LOG = logging.getLogger(__name__)

_MAX_TEXT = 512
"""How much of a path or a user agent is written."""
_LINES_AT_ONCE = 4
"""What fits into the buffer of a text file, which is written with one system call."""
_MAX_WAITING = 50_000
"""How many lines wait to be written; a log that is further behind loses lines, and says so."""


@dataclass(slots=True)
class AccessLog:
    """An open access log. ``run`` writes what ``write`` takes, until ``close``."""

    stream: TextIO
    clock: Clock
    _waiting: deque[str] = field(default_factory=deque)
    _lost: int = 0
    _is_failing: bool = False
    _wake: anyio.Event = field(default_factory=anyio.Event)

    @classmethod
    def open(cls, target: str, clock: Clock) -> "AccessLog | None":
        """Return the log at ``target`` (``-``: standard output; empty: none).

        Raises:
            ConfigError: the file cannot be written.
        """
        if not target:
            return None
        if target == "-":
            return cls(sys.stdout, clock)
        try:
            return cls(Path(target).open("a", encoding="utf-8"), clock)
        except OSError as error:
            message = f"The access log `{target}` cannot be written: {error.strerror}."
            raise ConfigError(message) from error

    def write(self, exchange: Exchange, client: str) -> None:
        """Have the line of a finished request written."""
        if len(self._waiting) >= _MAX_WAITING:
            self._lost += 1
            return
        moment = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        scope = exchange.scope
        path = _plain(scope.get("raw_path", b"").partition(b"?")[0])
        request = f"{scope['method']} {path} HTTP/{scope.get('http_version', '1.1')}"
        agent = _plain((exchange.header(b"user-agent") or "").encode("latin-1"))
        line = f'{client or "-"} - - [{moment}] "{request}" {exchange.status} {exchange.sent_bytes}'
        self._waiting.append(f'{line} "-" "{agent}"\n')
        self._wake.set()

    async def run(self) -> None:
        """Write what has been taken, as it comes, until cancelled."""
        while True:
            await self._wake.wait()
            self._wake = anyio.Event()
            await self._flush()

    async def close(self) -> None:
        """Write what is left. Standard output stays open."""
        with anyio.CancelScope(shield=True):
            await self._flush()
            self._tell_losses()
            if self.stream is not sys.stdout:
                with suppress(OSError):  # what is still in its buffer cannot be written either
                    await anyio.to_thread.run_sync(self.stream.close)

    async def _flush(self) -> None:
        """Write every waiting line; what cannot be written is counted and left out."""
        lines = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            await anyio.to_thread.run_sync(self._write_now, lines)
        except (OSError, ValueError) as error:
            self._lost += len(lines)
            # Told once: a full disk is not made emptier by a line per request.
            if not self._is_failing:
                _LOG.warning("The access log cannot be written: %s.", error)
            self._is_failing = True
        else:
            self._is_failing = False
            self._tell_losses()

    def _tell_losses(self) -> None:
        """Say how many lines were lost since this was last said."""
        if self._lost:
            _LOG.warning(
                "The access log lost %d lines: it could not be written in time.", self._lost
            )
            self._lost = 0

    def _write_now(self, lines: list[str]) -> None:
        """Write whole lines at a time, so that several workers never tear one; touches the disk."""
        for start in range(0, len(lines), _LINES_AT_ONCE):
            self.stream.write("".join(lines[start : start + _LINES_AT_ONCE]))
            self.stream.flush()


def _plain(sent: bytes) -> str:
    """Return what was sent, with what could end a field or a line escaped as Apache does it.

    pip calls itself by a document of JSON, which whoever counts from the log reads again.
    """
    return escape(sent[:_MAX_TEXT].decode("utf-8", "surrogateescape"))
