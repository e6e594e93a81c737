"""Errors to answers: the one place that knows HTTP statuses of failure.

Every answer is plain text with a sentence, is not to be stored, and has a status that no
installer misreads: 404 is a claim of certainty; "try again" is 503 with a short, whole-number
``Retry-After``. pip retries no other 5xx in all its versions, poetry dies on a date, and pip
sleeps for whatever it is told.
Source: RFC 9110, 15.5 and 15.6.
"""

import math
from dataclasses import dataclass
from http import HTTPStatus

from wheelyard.errors import (
    Absent,
    BadInput,
    Conflict,
    Corrupt,
    LoginNeeded,
    Refused,
    Throttled,
    Unavailable,
    WheelyardError,
)

__all__ = [
    "Problem",
    "gone",
    "loop_detected",
    "method_not_allowed",
    "mint_status",
    "name_taken",
    "problem_of",
    "range_not_satisfiable",
]

_RETRY_SECONDS = b"1"
_MAX_REASON = 500

Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """An answer that is not what was asked for."""

    status: int
    sentence: str
    headers: Headers = ()

    @property
    def cache_status(self) -> bytes:
        """How the cache came to say so. Source: RFC 9211, 2.8 (detail)."""
        said = {HTTPStatus.NOT_FOUND: b"absent", HTTPStatus.SERVICE_UNAVAILABLE: b"unavailable"}
        return b"wheelyard; detail=" + said.get(HTTPStatus(self.status), b"refused")

    @property
    def reason(self) -> bytes:
        """The sentence as a reason phrase: one line, not too long. Source: RFC 9112, 4."""
        phrase = " ".join(self.sentence.split())[:_MAX_REASON]
        return phrase.encode("latin-1", "replace")

    @property
    def body(self) -> bytes:
        """The sentence as a line of text, with a full stop whoever wrote its end."""
        stop = "" if self.sentence.endswith((".", "!", "?")) else "."
        return f"{self.sentence}{stop}\n".encode("utf-8", "backslashreplace")


def problem_of(error: WheelyardError) -> Problem:
    """Return the answer that says ``error`` to a client."""
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), None)
    if status is None:
        return _try_again("The server cannot answer now; its log says why.")
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return _try_again(str(error))
    return Problem(status, str(error), _headers_of(error))


_STATUSES = {
    Absent: HTTPStatus.NOT_FOUND,
    LoginNeeded: HTTPStatus.UNAUTHORIZED,
    Refused: HTTPStatus.FORBIDDEN,
    Throttled: HTTPStatus.TOO_MANY_REQUESTS,
    BadInput: HTTPStatus.BAD_REQUEST,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    Corrupt: HTTPStatus.SERVICE_UNAVAILABLE,
}


def _headers_of(error: WheelyardError) -> Headers:
    """Return what goes with the answer that says ``error``."""
    match error:
        case LoginNeeded():
            # Source: RFC 7617, 2.1 (charset); the same realm for every name.
            return ((b"www-authenticate", b'Basic realm="wheelyard", charset="UTF-8"'),)
        case Throttled():
            return ((b"retry-after", b"%d" % max(1, math.ceil(error.retry_seconds))),)
        case _:
            return ()


def method_not_allowed(allowed: str, hint: str = "") -> Problem:
    """Return the answer to a method that a resource does not have, and what to do instead."""
    sentence = f"This resource answers {allowed} only.{hint}"
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, sentence, ((b"allow", allowed.encode()),))


def gone(sentence: str) -> Problem:
    """Return the answer to what was possible once. Source: RFC 9110, 15.5.11."""
    return Problem(HTTPStatus.GONE, sentence)


def name_taken(error: Conflict) -> Problem:
    """Return the answer to an upload under a name that has, or had, other bytes.

    All upload clients know this by 400 and the first words; only some know 409.
    """
    sentence = f"{error.what}. {error.reason[:1].upper()}{error.reason[1:]}"
    return Problem(HTTPStatus.BAD_REQUEST, sentence)


def mint_status(code: str) -> HTTPStatus:
    """Return the status that PyPI gives a refused exchange of trusted publishing."""
    return HTTPStatus.FORBIDDEN if code == "not-enabled" else HTTPStatus.UNPROCESSABLE_ENTITY


def loop_detected() -> Problem:
    """Return the answer to a request that we sent ourselves, through a chain of upstreams."""
    sentence = (
        "This server is its own upstream, directly or through another one. "
        "Take it out of the upstream's `urls`, or, if a hosts file leads the upstream's name here, "
        "write where it is in `[upstream.NAME] addresses`."
    )
    return Problem(HTTPStatus.LOOP_DETECTED, sentence)


def range_not_satisfiable(size: int) -> Problem:
    """Return the answer to a range that begins at or past the end. Source: RFC 9110, 15.5.17."""
    headers = ((b"content-range", b"bytes */%d" % size), (b"accept-ranges", b"bytes"))
    sentence = f"The file has {size} bytes; the range begins past its end."
    return Problem(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, sentence, headers)


def _try_again(sentence: str) -> Problem:
    """Return the answer that every installer takes as "ask me again"."""
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, sentence, ((b"retry-after", _RETRY_SECONDS),))
