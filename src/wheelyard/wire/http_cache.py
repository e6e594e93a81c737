"""What an upstream's headers say about keeping its answer.

Times of the upstream's clock are only ever compared with each other (``Expires`` with ``Date``), so
a clock that is wrong by a day makes nothing stale or eternal.
Source: RFC 9111, 4.2 and 5.2; RFC 9110, 8.8.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Final

from wheelyard.clock import Instant
from wheelyard.wire import fields

__all__ = [
    "Validators",
    "lifetime_seconds",
    "parse_cache_control",
    "parse_http_date",
    "parse_serial",
    "validators",
]

MAX_HEADER_LENGTH: Final = 4_096
MAX_LIFETIME_SECONDS: Final = 365 * 86_400.0
_MAX_DIGITS: Final = 18

_DIRECTIVE = re.compile(r'([!#$%&\'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"([^"]*)"|([^,;\s"]*)))?')
_ENTITY_TAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]{0,200}"')


@dataclass(frozen=True, slots=True)
class Validators:
    """What to ask with next time: ``If-None-Match`` and ``If-Modified-Since``."""

    etag: str | None = None
    last_modified: str | None = None


def parse_cache_control(header: str | None) -> dict[str, str]:
    """Return the directives, names in lower case; of two with one name the first.

    A directive without a value has an empty one.
    """
    found: dict[str, str] = {}
    for name, quoted, bare in _DIRECTIVE.findall((header or "")[:MAX_HEADER_LENGTH]):
        found.setdefault(name.lower(), quoted or bare)
    return found


def lifetime_seconds(headers: Mapping[str, str], now: Instant) -> float | None:
    """Return for how many seconds more an answer is fresh, by its own words.

    ``headers`` have lower-case names.  0 means: ask again each time; None: the headers do not say.
    We are a shared cache, so ``s-maxage`` comes before ``max-age``.
    """
    directives = parse_cache_control(headers.get("cache-control"))
    if "no-store" in directives or directives.get("no-cache") == "":
        return 0.0
    if not directives and "no-cache" in headers.get("pragma", "").lower():
        return 0.0
    for name in ("s-maxage", "max-age"):
        if name in directives:
            return _remaining(_seconds(directives[name]) or 0.0, headers)
    if "expires" not in headers:
        return None
    expires = parse_http_date(headers["expires"])
    if expires is None:
        return 0.0
    date = parse_http_date(headers.get("date", ""))
    return _remaining(expires - (now if date is None else date), headers)


def _remaining(lifetime: float, headers: Mapping[str, str]) -> float:
    """Return ``lifetime`` less the ``Age`` that the answer had on arrival."""
    age = _seconds(headers.get("age", "")) or 0.0
    return min(max(lifetime - age, 0.0), MAX_LIFETIME_SECONDS)


def _seconds(text: str) -> float | None:
    """Return a number of seconds, or None if ``text`` is no such number."""
    digits = text.strip()
    if not digits.isascii() or not digits.isdigit():
        return None
    return float(digits) if len(digits) <= _MAX_DIGITS else MAX_LIFETIME_SECONDS


def parse_http_date(text: str) -> Instant | None:
    """Return the moment that an HTTP date names, or None if it is none.

    Source: RFC 9110, 5.6.7.
    """
    if not text or len(text) > len("Wednesday, 09-Nov-94 08:49:37 +0000 "):
        return None
    try:
        return Instant(parsedate_to_datetime(text).timestamp())
    except (ValueError, OverflowError, TypeError):
        return None


def validators(headers: Mapping[str, str]) -> Validators:
    """Return the validators of an answer; what is malformed is not sent back."""
    etag = headers.get("etag", "").strip()
    modified = headers.get("last-modified", "").strip()
    return Validators(
        etag=etag if _ENTITY_TAG.fullmatch(etag) else None,
        last_modified=modified if parse_http_date(modified) is not None else None,
    )


def parse_serial(headers: Mapping[str, str]) -> int | None:
    """Return the serial of an index's answer; None if it has none, or one that is no number.

    Source: PyPI's ``X-PyPI-Last-Serial``.
    """
    return fields.parse_serial(headers.get("x-pypi-last-serial", "").strip())
