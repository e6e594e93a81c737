"""One line per request, in the form that every log tool reads.

Source: Apache's "combined" format. Queries are left out: they may carry what is nobody's business.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from wheelyard.clock import Clock
from wheelyard.errors import ConfigError
from wheelyard.server.exchange import Exchange

__all__ = ["AccessLog"]


_MAX_TEXT = 512
"""How much of a path or a user agent is written."""


@dataclass(frozen=True, slots=True)
class AccessLog:
    """An open access log."""

    stream: TextIO
    clock: Clock

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
            # Line-buffered, so several workers appending to one file never tear a line.
            return cls(Path(target).open("a", encoding="utf-8", buffering=1), clock)
        except OSError as error:
            message = f"The access log `{target}` cannot be written: {error.strerror}."
            raise ConfigError(message) from error

    def write(self, exchange: Exchange, client: str) -> None:
        """Write the line of a finished request."""
        moment = datetime.fromtimestamp(self.clock.now(), UTC).strftime("%d/%b/%Y:%H:%M:%S +0000")
        scope = exchange.scope
        path = _plain(scope.get("raw_path", b"").partition(b"?")[0].decode("latin-1"))
        request = f"{scope['method']} {path} HTTP/{scope.get('http_version', '1.1')}"
        agent = _plain(exchange.header(b"user-agent") or "-")
        line = f'{client or "-"} - - [{moment}] "{request}" {exchange.status} {exchange.sent_bytes}'
        self.stream.write(f'{line} "-" "{agent}"\n')


def _plain(text: str) -> str:
    """Return ``text`` without what could end a field or a line."""
    return "".join(
        mark if mark.isprintable() and mark not in '"\\' else "?" for mark in text[:_MAX_TEXT]
    )
