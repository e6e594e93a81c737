"""Logs of HAProxy: ``option httplog``, behind a header of syslog or not, with captured headers.

What was captured is between braces, in the order of the configuration, which the log does not
tell: name it, or it is guessed. The moment has no zone; it is taken for UTC.
Source: HAProxy, configuration manual, "HTTP log format".
"""

import re
from collections.abc import Sequence
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry
from wheelyard.wire.access_logs.memory import Memory
from wheelyard.wire.access_logs.moments import parse_clf_moment
from wheelyard.wire.access_logs.quoting import decode_hashed, split_request, split_target

__all__ = ["HaproxyReader", "is_haproxy"]

_START: Final = re.compile(
    r"(?:^| )(\S{1,255}):\d{1,5} "
    r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?:\.\d{3})?)\] ",
    re.ASCII,
)
_REST: Final = re.compile(
    r"\S++ [^ /]++/(\S++) [+\-\d]++(?:/[+\-\d]++){2,6} (-1|\d{3}) \+?(\d{1,18}) \S++ \S++ \S{4} "
    r"[+\d/]++ \d++/\d++ (?:\{([^}]*+)\} )?+(?:\{[^}]*+\} )?+"
    r'"([^"]*+)"(?: |$)',
    re.ASCII,
)
_HOST: Final = re.compile(r"[A-Za-z0-9._\[\]-]+(?::\d+|\.[A-Za-z0-9.-]+|[]:0-9]*)", re.ASCII)
_BAD: Final = "<BADREQ>"


def is_haproxy(line: str) -> bool:
    """Say whether a line is of this format."""
    return _match(line) is not None


class HaproxyReader:
    """Reads lines of ``option httplog``; ``captured`` are the names of the captured headers."""

    def __init__(self, captured: Sequence[str] = ()) -> None:
        """Read captured headers by name, in the order in which they were captured."""
        self._captured = tuple(name.casefold() for name in captured)
        self._decoded = Memory(decode_hashed)

    def read(self, line: str) -> LogEntry:
        """Return what a line says.

        Raises:
            BadInput: it cannot be read.
        """
        found = _match(line)
        if found is None:
            raise BadInput("expected a line of `option httplog`, to its end")
        (client, moment), (server, status, size, captured, request) = found
        method, target, protocol = split_request("" if request == _BAD else decode_hashed(request))
        named, path, query = split_target(target) if method else ("", target, "")
        headers = self._headers([self._decoded[each] for each in captured.split("|")])
        return LogEntry(
            at=parse_clf_moment(moment),
            method=method,
            raw_path=path,
            query=query,
            protocol=protocol,
            status=max(0, int(status)),
            bytes_sent=int(size),
            user_agent=headers.get("user-agent", ""),
            referer=headers.get("referer", ""),
            cache=_cache(server),
            cache_word=server,
            host=headers.get("host", "") or named,
            client=client,
        )

    def _headers(self, values: Sequence[str]) -> dict[str, str]:
        """Return what was captured by name; without names, by what it looks like."""
        if self._captured:
            return dict(zip(self._captured, values, strict=False))
        guessed: dict[str, str] = {}
        for value in values:
            if "://" in value:
                guessed.setdefault("referer", value)
            elif _HOST.fullmatch(value):
                guessed.setdefault("host", value)
            elif value:
                guessed.setdefault("user-agent", value)
        return guessed


def _match(line: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return what stands in the two halves of a line; None if it is no such line."""
    start = _START.search(line)
    rest = start and _REST.match(line, start.end())
    return start and rest and (start.groups(), rest.groups(""))


def _cache(server: str) -> CacheResult:
    """Return what the name of the server means: one in brackets is HAProxy itself."""
    if server == "<CACHE>":
        return CacheResult.HIT
    return CacheResult.OTHER if server.startswith("<") else CacheResult.MISS
