"""What an upstream's status means: an answer, "not here", or no answer at all.

This is the one place that classifies a status; what follows from each verdict is the failure table
(``docs/explanation/failure-table.md``).  A 404 is a claim of certainty and only 404 and 410 make
it.  Everything else that is not an answer means that this upstream cannot answer, whatever it says.
The verdicts are values with the names of the errors they become; write ``absence.Absent``.
Source: RFC 9110, 15; 10.2.3 for ``Retry-After``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import Enum
from http import HTTPStatus
from typing import Final, Literal

from wheelyard.clock import Instant

__all__ = ["Absent", "Answer", "Kind", "NotModified", "Unavailable", "Verdict", "classify"]

MAX_RETRY_SECONDS: Final = 600.0
_MAX_DIGITS: Final = 9


class Kind(Enum):
    """What was asked for."""

    PAGE = "page"
    LIST = "list"
    FILE = "file"
    METADATA = "metadata"


@dataclass(frozen=True, slots=True)
class Answer:
    """The body is what was asked for; ``partial`` if only the asked range of it."""

    partial: bool = False


@dataclass(frozen=True, slots=True)
class NotModified:
    """What we hold is still current."""


@dataclass(frozen=True, slots=True)
class Absent:
    """The upstream says that it has no such thing."""


@dataclass(frozen=True, slots=True)
class Unavailable:
    """No answer: ``reason`` is a sentence, ``retry_seconds`` what the upstream asked for.

    ``failing`` is what is out of service: with 5xx this ``thing``, and perhaps others; with 429,
    which counts requests and not things, the whole ``door``.
    """

    reason: str
    retry_seconds: float | None = None
    failing: Literal["", "thing", "door"] = ""


Verdict = Answer | NotModified | Absent | Unavailable

_ABSENT: Final = frozenset({404, 410})
_REASONS: Final[Mapping[int, str]] = {
    401: "it wants other credentials",
    403: "it forbids the request",
    407: "the proxy wants credentials",
    408: "it gave up waiting for the request",
    416: "it does not have the range that was asked for",
    429: "it asks for fewer requests",
    500: "it failed",
    502: "what is behind it gave no proper answer",
    503: "it is out of service",
    504: "what is behind it did not answer in time",
    508: (
        "it is this server itself, directly or through another one; take it out of `urls`, or, if "
        "a hosts file leads its name here, write where it is in `[upstream.NAME] addresses`"
    ),
}


def classify(
    status: int,
    headers: Mapping[str, str],
    kind: Kind,
    *,
    now: Instant,
    forbidden_means_absent: bool = False,
) -> Verdict:
    """Say what an HTTP answer means. ``headers`` have lower-case names.

    ``forbidden_means_absent`` is for upstreams that are declared to hide what is missing behind
    403, as object stores without the right to list do.
    """
    if status == HTTPStatus.OK:
        return Answer()
    if status == HTTPStatus.PARTIAL_CONTENT and kind in {Kind.FILE, Kind.METADATA}:
        return Answer(partial=True)
    if status == HTTPStatus.NOT_MODIFIED:
        return NotModified()
    if status in _ABSENT or (status == HTTPStatus.FORBIDDEN and forbidden_means_absent):
        return Absent()
    return Unavailable(_reason(status, kind), _retry_seconds(headers, now), _failing(status))


def _failing(status: int) -> Literal["", "thing", "door"]:
    """Return what is out of service; a refusal says nothing of that kind."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "door"
    return "thing" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else ""


def _reason(status: int, kind: Kind) -> str:
    """Return why a status is no answer, as a sentence for people."""
    by_class = {
        2: f"that is no answer to a request for a {kind.value}",
        3: "it redirects without an end",
        4: "it refuses the request",
    }
    why = _REASONS.get(status) or by_class.get(status // 100, "it failed")
    return f"the upstream answered {status}: {why}."


def _retry_seconds(headers: Mapping[str, str], now: Instant) -> float | None:
    """Return the patience that the upstream asks for, at most ten minutes; None if it does not."""
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        seconds = float(text) if len(text) <= _MAX_DIGITS else MAX_RETRY_SECONDS
    else:
        try:
            moment = parsedate_to_datetime(text[:40]).timestamp()
        except (ValueError, OverflowError, TypeError):
            return None
        seconds = moment - now
    return min(max(seconds, 0.0), MAX_RETRY_SECONDS)
