"""Errors to answers: the one place that knows HTTP statuses of failure.

Every answer is plain text with a sentence, is not to be stored, and has a status that no
installer misreads: 404 is a claim of certainty; "try again" is 503 with a short, whole-number
``Retry-After``. pip retries no other 5xx in all its versions, poetry dies on a date, and pip
sleeps for whatever it is told.
Source: RFC 9110, 15.5 and 15.6.
"""

from dataclasses import dataclass
from http import HTTPStatus

from wheelyard.errors import (
    Absent,
    BadInput,
    Conflict,
    Corrupt,
    Refused,
    Unavailable,
    WheelyardError,
)

__all__ = ["Problem", "loop_detected", "method_not_allowed", "problem_of", "range_not_satisfiable"]

_RETRY_SECONDS = b"1"

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
    def body(self) -> bytes:
        """The sentence as a line of text, with a full stop whoever wrote its end."""
        stop = "" if self.sentence.endswith((".", "!", "?")) else "."
        return f"{self.sentence}{stop}\n".encode("utf-8", "backslashreplace")


def problem_of(error: WheelyardError) -> Problem:
    """Return the answer that says ``error`` to a client."""
    match error:
        case Absent():
            return Problem(HTTPStatus.NOT_FOUND, str(error))
        case Refused():
            return Problem(HTTPStatus.FORBIDDEN, str(error))
        case BadInput():
            return Problem(HTTPStatus.BAD_REQUEST, str(error))
        case Conflict():
            return Problem(HTTPStatus.CONFLICT, str(error))
        case Unavailable() | Corrupt():
            return _try_again(str(error))
        case _:
            return _try_again("The server cannot answer now; its log says why.")


def method_not_allowed(allowed: str) -> Problem:
    """Return the answer to a method that a resource does not have."""
    sentence = f"This resource answers {allowed} only."
    return Problem(HTTPStatus.METHOD_NOT_ALLOWED, sentence, ((b"allow", allowed.encode()),))


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
