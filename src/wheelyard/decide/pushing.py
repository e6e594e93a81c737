"""What another index's answer to an upload means, and when it is worth asking again.

An upload that is sent twice is safe: the name of a file keeps its bytes, so an index either takes
the same bytes again or says that it has the file. So what may pass is tried again, whether or not
the first attempt arrived. What the index says of the file itself, it will say again.
Source: PyPI's answers, and those that twine looks for with ``--skip-existing``.
"""

import re
from enum import Enum
from http import HTTPStatus

__all__ = ["MOST_ATTEMPTS", "Meaning", "judge_answer", "retry_after_seconds", "sentence_of"]

MOST_ATTEMPTS = 5
_LONGEST_SECONDS = 120.0

_EXISTS = re.compile(
    "already exist|updating asset|cannot be updated|already been taken|overwrite artifact"
)
_PASSES = frozenset(
    {
        HTTPStatus.REQUEST_TIMEOUT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_MARKUP = re.compile(r"<(?:script|style|title)\b.*?</[^>]*>|<[^>]*>", re.IGNORECASE | re.DOTALL)
_LONGEST_SENTENCE = 300
_LONGEST_TEXT = 4_096


class Meaning(Enum):
    """What an answer means."""

    TAKEN = "taken"
    EXISTS = "exists"
    PASSES = "passes"
    MOVED = "moved"
    REFUSED = "refused"


def judge_answer(status: int, reason: str, text: str) -> Meaning:
    """Return what an answer with this status, reason phrase and body means."""
    said = f"{reason}\n{text}".lower()
    if 200 <= status < 300:  # noqa: PLR2004 - RFC 9110, 15.3
        return Meaning.TAKEN
    if 300 <= status < 400:  # noqa: PLR2004 - RFC 9110, 15.4
        return Meaning.MOVED
    if status == HTTPStatus.CONFLICT:
        return Meaning.EXISTS
    if status in {HTTPStatus.BAD_REQUEST, HTTPStatus.FORBIDDEN} and _EXISTS.search(said):
        return Meaning.EXISTS
    return Meaning.PASSES if status in _PASSES else Meaning.REFUSED


def retry_after_seconds(attempts: int, stated: str = "") -> float | None:
    """Return how long to wait after ``attempts`` failed; None if that was the last.

    ``stated`` is the answer's ``Retry-After``; a date in it is passed over.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    usual = float(2 ** max(0, attempts - 1))
    asked = float(stated) if stated.isascii() and stated.isdigit() and len(stated) < 7 else 0.0  # noqa: PLR2004 - eleven days
    return min(max(usual, asked), _LONGEST_SECONDS)


def sentence_of(status: int, reason: str, text: str) -> str:
    """Return what an answer says, in one line: its reason phrase, else its text.

    The usual phrase of a status says nothing of the file, so the text counts then.
    """
    usual = next((each.phrase for each in HTTPStatus if each == status), "")
    words = " ".join(_MARKUP.sub(" ", text[:_LONGEST_TEXT]).split())
    said = reason if reason and reason.lower() != usual.lower() else words or reason or usual
    printable = "".join(mark if mark.isprintable() else "?" for mark in said)
    return f"{status} {printable[:_LONGEST_SENTENCE]}".strip()
