"""Moments and durations as people write them on the command line, in ISO 8601."""

import re
from datetime import UTC, datetime

from wheelyard.clock import Instant
from wheelyard.errors import BadInput

__all__ = ["parse_duration", "parse_moment", "show_moment"]

_DAY = 86_400
_UNITS = {
    "years": 365 * _DAY,
    "months": 30 * _DAY,
    "weeks": 7 * _DAY,
    "days": _DAY,
    "hours": 3_600,
    "minutes": 60,
    "seconds": 1,
}
_DURATION = re.compile(
    r"P(?:(?P<years>\d{1,4})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<weeks>\d{1,5})W)?"
    r"(?:(?P<days>\d{1,6})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,6})H)?(?:(?P<minutes>\d{1,8})M)?(?:(?P<seconds>\d{1,10})S)?)?",
    re.ASCII,
)
_MOST_SECONDS = 100 * 365 * _DAY


def parse_duration(text: str, flag: str) -> float:
    """Return the seconds of a duration such as ``P30D`` or ``PT12H``, given to ``flag``.

    A year counts 365 days and a month 30.

    Raises:
        BadInput: it is none, or nothing, or more than a century.
    """
    found = _DURATION.fullmatch(text.strip().upper())
    parts = found.groupdict("0") if found else {}
    seconds = sum(int(number) * _UNITS[unit] for unit, number in parts.items())
    if not 0 < seconds <= _MOST_SECONDS:
        raise BadInput(
            f"`{flag}`: expected a duration such as `P30D` (30 days), `P1Y` or `PT12H`, "
            f"got `{text[:40]}`."
        )
    return float(seconds)


def parse_moment(text: str, flag: str) -> Instant:
    """Return the moment of a date such as ``2026-11-01``, with or without a time; UTC if none.

    Raises:
        BadInput: it is none.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadInput(
            f"`{flag}`: expected a date such as `2026-11-01` or `2026-11-01T12:00:00Z`, "
            f"got `{text[:40]}`."
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return Instant(moment.timestamp())


def show_moment(moment: Instant) -> str:
    """Return a moment as ISO 8601 in UTC, to the second."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
