"""Moments as logs write them, and back."""

import re
from datetime import UTC, date, datetime
from typing import Final

from wheelyard.clock import Instant
from wheelyard.errors import BadInput

__all__ = ["parse_clf_moment", "parse_epoch", "parse_iso_moment", "render_clf_moment"]

_EPOCH: Final = date(1970, 1, 1).toordinal()
_END: Final = 253_402_300_800
"""The year 10000, which no calendar here can write."""
_MILLISECONDS: Final = 100_000_000_000
"""A number of seconds that large would be a year after 5000: it is one of milliseconds."""
_MONTHS: Final = (
    *("Jan", "Feb", "Mar", "Apr", "May", "Jun"),
    *("Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
)
_CLF: Final = re.compile(
    r"(\d\d)/([A-Z][a-z]{2})/(\d{4}):(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?: ([+-]\d\d)(\d\d))?",
    re.ASCII,
)
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?:Z|([+-]\d\d):?(\d\d))?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", re.ASCII)


def parse_clf_moment(text: str) -> Instant:
    """Return the moment of ``10/Oct/2000:13:55:36 -0700``; without a zone it is UTC.

    Raises:
        BadInput: it is none.
    """
    found = _CLF.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        raise BadInput(f"expected a moment such as `10/Oct/2000:13:55:36 -0700`, got `{text[:40]}`")
    month = _MONTHS.index(found[2]) + 1
    return _moment((found[3], month, found[1]), found.group(4, 5, 6, 7), found.group(8, 9))


def parse_iso_moment(text: str) -> Instant:
    """Return the moment of ``2000-10-10T13:55:36Z``; without a zone it is UTC.

    Raises:
        BadInput: it is none.
    """
    found = _ISO.fullmatch(text)
    if found is None:
        raise BadInput(f"expected a moment such as `2000-10-10T13:55:36Z`, got `{text[:40]}`")
    return _moment((found[1], found[2], found[3]), found.group(4, 5, 6, 7), found.group(8, 9))


def parse_epoch(text: str) -> Instant:
    """Return the moment of a number of seconds, or of milliseconds, since 1970.

    Raises:
        BadInput: it is no number, or no moment.
    """
    if _NUMBER.fullmatch(text) is None:
        raise BadInput(f"expected a number of seconds since 1970, got `{text[:40]}`")
    number = float(text)
    number = number / 1000 if number >= _MILLISECONDS else number
    if number >= _END:
        raise BadInput(f"expected a number of seconds since 1970, got `{text[:40]}`")
    return Instant(number)


def render_clf_moment(at: Instant) -> str:
    """Return a moment as logs of web servers have it, in UTC and whole seconds."""
    moment = datetime.fromtimestamp(at // 1, UTC)
    month = _MONTHS[moment.month - 1]  # `%b` would be in the language of the machine
    return f"{moment:%d}/{month}/{moment.year:04}:{moment:%H:%M:%S} +0000"


def _moment(
    day: tuple[str, str | int, str],
    time: tuple[str | None, ...],
    zone: tuple[str | None, ...],
) -> Instant:
    """Return the moment of a day, a time of it and a zone, as they were written.

    Raises:
        BadInput: there is no such day or time.
    """
    hour, minute, second = (int(each or 0) for each in time[:3])
    try:
        number = date(int(day[0]), int(day[1]), int(day[2])).toordinal() - _EPOCH
    except ValueError:
        number = -1
    # A leap second is written as 60; it is the first of the next minute.
    if number < 0 or hour > 23 or minute > 59 or second > 60:  # noqa: PLR2004 - a clock's numbers
        raise BadInput(f"there is no day or time like {'-'.join(map(str, day))}")
    seconds: float = 86_400 * number + 3600 * hour + 60 * minute + second
    if fraction := time[3]:
        seconds += int(fraction) / 10 ** len(fraction)
    if zone[0]:
        minutes = 60 * int(zone[0]) + int(f"{zone[0][0]}{zone[1]}")
        seconds -= 60 * minutes
    return Instant(min(max(seconds, 0), _END - 1))
