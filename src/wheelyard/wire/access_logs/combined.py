r"""Logs of web servers: Apache's combined, with and without the virtual host, nginx's, our own.

``host ident user [moment] "request" status bytes "referer" "user agent"``, and whatever else a
site adds at the end. Without the last two it is the common format. pip calls itself by a JSON
document, so quotation marks are escaped (``\"``, ``\x22``), or not by writers that know no better:
a mark ends a text only if a space or nothing follows.
Source: Apache httpd, "Log Files"; nginx, ``ngx_http_log_module``.
"""

import re
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry
from wheelyard.wire.access_logs.memory import Memory
from wheelyard.wire.access_logs.moments import parse_clf_moment, render_clf_moment
from wheelyard.wire.access_logs.quoting import (
    escape,
    is_protocol,
    split_request,
    split_target,
    unescape,
)

__all__ = ["CombinedReader", "render_combined"]

# Possessive throughout: a line is read once, from the left to the right, whatever it contains.
_TEXT: Final = r'"((?:[^"\\]++|\\.|"(?![ ]|$)|\\$)*+)"'
_START: Final = re.compile(r"\[(\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4})\] ", re.ASCII)
_REST: Final = re.compile(
    rf'{_TEXT} (\d{{3}}|-) (\d{{1,18}}|-)(?: {_TEXT} {_TEXT}(?: (.*+))?+| [^"].*+)?+$',
    re.ASCII | re.DOTALL,
)
_CLIENT: Final = re.compile(r"[0-9A-Za-z.:%_-]{1,255}", re.ASCII)
_OK: Final = 200
_NGINX: Final = {
    "HIT": CacheResult.HIT,
    "REVALIDATED": CacheResult.REFRESHED,
    "STALE": CacheResult.HIT,
    "UPDATING": CacheResult.HIT,
    "MISS": CacheResult.MISS,
    "EXPIRED": CacheResult.MISS,
    "BYPASS": CacheResult.PASSED,
}
"""nginx's ``$upstream_cache_status``, which many add at the end of a line."""


class CombinedReader:
    """Reads lines of the combined format."""

    def __init__(self, *, has_host: bool) -> None:
        """Read ``vhost_combined`` if each line begins with the host."""
        self._has_host = has_host
        self._has_agents = False
        self._headers = Memory(_header)
        self._moments = Memory(parse_clf_moment)

    def read(self, line: str) -> LogEntry:
        """Return what a line says.

        Raises:
            BadInput: it cannot be read.
        """
        start = _START.search(line)
        rest = start and _REST.match(line, start.end())
        if start is None or rest is None:
            raise BadInput(_what_is_wrong(line, is_after_moment=start is not None))
        if self._has_agents and rest[5] is None:
            raise BadInput("it ends before the user agent, which other lines have")
        self._has_agents = rest[5] is not None
        host, client = self._who(line[: start.start()])
        # Apart first: what stands for a space in a text that is no request does not part it.
        request = split_request("" if rest[1] == "-" else rest[1])
        method, target, protocol = map(unescape, request)
        named, path, query = split_target(target) if method else ("", target, "")
        word, cache = _cache(rest[6] or "")
        size = 0 if rest[3] == "-" else int(rest[3])
        return LogEntry(
            at=self._moments[start[1]],
            method=method,
            raw_path=path,
            query=query,
            protocol=protocol,
            status=0 if rest[2] == "-" else int(rest[2]),
            bytes_sent=size,
            body_bytes=size,
            referer=self._headers[rest[4] or ""],
            user_agent=self._headers[rest[5] or ""],
            cache=cache,
            cache_word=word,
            host=host or named,
            client=client,
        )

    def _who(self, text: str) -> tuple[str, str]:
        """Return the host and the client at the beginning of a line.

        Raises:
            BadInput: there are too few words, or too many.
        """
        words = text.split(" ")
        host = words.pop(0) if self._has_host else ""
        # The last word but one is the user, who may have spaces in the name: not looked at.
        if len(words) < 4 or not words[0]:  # noqa: PLR2004 - client, ident, user, and a space
            raise BadInput("expected an address, an identity and a user before the moment")
        client = words[0]
        return "" if host == "-" else host, "" if client == "-" else client


def render_combined(entry: LogEntry, *, has_host: bool = False) -> str:
    """Return a request as a line of the combined format, without the end of the line.

    Bytes are those of the body where that is certain: an answer that was cut short has a length
    that it did not reach. Source: history, F-14.
    """
    is_whole = entry.body_bytes is not None and entry.status == _OK
    size = entry.body_bytes if is_whole else entry.bytes_sent
    client = entry.client if _CLIENT.fullmatch(entry.client) else "-"
    host = entry.host if _CLIENT.fullmatch(entry.host) else "-"
    return (
        f"{f'{host} ' if has_host else ''}{client} - - [{render_clf_moment(entry.at)}] "
        f'"{_request(entry)}" {entry.status:03} {size or "-"} '
        f'"{escape(entry.referer)}" "{escape(entry.user_agent)}"'
    )


def _request(entry: LogEntry) -> str:
    """Return the request line of an entry, escaped."""
    if not entry.method:
        return escape(entry.raw_path).replace(" ", "\\x20")
    target = f"{entry.raw_path}?{entry.query}" if entry.query else entry.raw_path
    protocol = entry.protocol if is_protocol(entry.protocol) else "HTTP/1.1"
    return escape(f"{entry.method} {target} {protocol}")


def _header(text: str) -> str:
    """Return a header as it was sent; empty if there was none."""
    return "" if text == "-" else unescape(text)


def _cache(rest: str) -> tuple[str, CacheResult]:
    """Return what the words at the end of a line say of a cache."""
    for word in rest.split(" ", 8)[:8]:
        bare = word.strip('"')
        if bare in _NGINX:
            return bare, _NGINX[bare]
    return "", CacheResult.UNKNOWN


def _what_is_wrong(line: str, *, is_after_moment: bool) -> str:
    """Return why a line is none of this format."""
    if not is_after_moment:
        return "expected a moment in brackets, such as `[10/Oct/2000:13:55:36 -0700]`"
    if not line.endswith('"') and line.count('"') % 2:
        return "it ends in the middle of a text in quotation marks"
    return 'expected `"request" status bytes` after the moment'
