"""Logs of Fastly: JSON as the format in its guides writes it, behind a header of syslog or not.

Everybody writes the format themselves, and most begin with the one in the guides; the names that
others use for the same are read too. A request that one of Fastly's own machines sent to another
one, its shield, is passed over: the client's is a line of its own.
Source: Fastly, "Custom log formats" and the default JSON format of its logging endpoints.
"""

import re
from collections.abc import Mapping
from typing import Final

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.wire.access_logs.documents import parse_document
from wheelyard.wire.access_logs.entry import CacheResult, LogEntry
from wheelyard.wire.access_logs.memory import Memory
from wheelyard.wire.access_logs.moments import parse_epoch, parse_iso_moment
from wheelyard.wire.access_logs.quoting import split_target
from wheelyard.wire.access_logs.values import parse_method, parse_number, parse_status

__all__ = ["FastlyReader", "is_fastly"]

_NAMES: Final = {
    "at": ("timestamp", "time_start", "time", "start_time", "@timestamp"),
    "method": ("request_method", "method", "request"),
    "target": ("url", "request_url", "path"),
    "protocol": ("request_protocol", "protocol", "proto"),
    "status": ("response_status", "status", "resp_status"),
    "size": ("response_body_size", "body_size", "resp_body_size", "bytes_sent", "bytes"),
    "agent": ("request_user_agent", "user_agent"),
    "referer": ("request_referer", "referer", "referrer"),
    "state": ("response_state", "state", "cache_status", "fastly_info_state"),
    "host": ("host", "request_host"),
    "client": ("client_ip", "remote_addr", "ip"),
    "id": ("request_id", "req_id"),
    "range": ("request_range", "range"),
}
_NONE: Final = frozenset({"", "-", "(null)", "null"})
_RANGE: Final = re.compile(r"bytes=([0-9]{1,18})-([0-9]{1,18})?", re.ASCII)
_STATES: Final = {
    "HIT": CacheResult.HIT,
    "HITPASS": CacheResult.PASSED,
    "MISS": CacheResult.MISS,
    "PASS": CacheResult.PASSED,
    "PIPE": CacheResult.PASSED,
    "ERROR": CacheResult.ERROR,
    "HIT-SYNTH": CacheResult.OTHER,
}


def is_fastly(document: Mapping[str, str]) -> bool:
    """Say whether an object has what a request needs, by the names that are known here."""
    row = {what: _value(document, what) for what in ("at", "method", "target", "status")}
    return all(row.values())


class FastlyReader:
    """Reads lines of JSON, an object each."""

    def __init__(self) -> None:
        self._moments = Memory(_moment)

    def read(self, line: str) -> LogEntry | None:
        """Return what a line says; None for a request between two machines of Fastly.

        Raises:
            BadInput: it cannot be read.
        """
        document = parse_document(line)
        if document.get("fastly_is_edge") == "false":
            return None
        for what in ("method", "target", "status"):
            if not _value(document, what):
                raise BadInput(f"there is no `{_NAMES[what][0]}`")
        named, path, query = split_target(_value(document, "target"))
        size, state = _number(document, "size"), _value(document, "state")
        first, last = _range(_value(document, "range"))
        return LogEntry(
            at=self._moments[_value(document, "at")],
            method=parse_method(_value(document, "method")),
            raw_path=path,
            query=query,
            protocol=_value(document, "protocol"),
            status=parse_status(_value(document, "status")),
            bytes_sent=size or 0,
            body_bytes=size,
            user_agent=_value(document, "agent"),
            referer=_value(document, "referer"),
            request_id=_value(document, "id"),
            range_start=first,
            range_end=last,
            cache=_cache(state),
            cache_word=state,
            host=_value(document, "host") or named,
            client=_value(document, "client"),
        )


def _value(document: Mapping[str, str], what: str) -> str:
    """Return a value by the first of its names; empty if there is none."""
    for name in _NAMES[what]:
        text = document.get(name, "")
        if text not in _NONE:
            return text
    return ""


def _moment(text: str) -> Instant:
    """Return a moment that is written as a number or as text.

    Raises:
        BadInput: it is none.
    """
    return parse_epoch(text) if text.replace(".", "", 1).isdigit() else parse_iso_moment(text)


def _number(document: Mapping[str, str], what: str) -> int | None:
    """Return a number; None if there is none.

    Raises:
        BadInput: something else is there.
    """
    text = _value(document, what)
    return parse_number(text, _NAMES[what][0]) if text else None


def _range(text: str) -> tuple[int | None, int | None]:
    """Return the first and the last byte of ``bytes=0-499``; None for what is not said.

    Source: RFC 9110, 14.1.2.
    """
    found = _RANGE.fullmatch(text)
    if found is None:
        return None, None
    return int(found[1]), int(found[2]) if found[2] else None


def _cache(state: str) -> CacheResult:
    """Return what a state means: ``HIT-STALE-CLUSTER`` is a kind of ``HIT``."""
    if not state:
        return CacheResult.UNKNOWN
    kinds = (state, "-".join(state.split("-")[:2]), state.partition("-")[0])
    return next((_STATES[kind] for kind in kinds if kind in _STATES), CacheResult.OTHER)
