"""Figures are taken only of the answers that were asked for."""

from collections.abc import Mapping

import pytest
from bench.asking import Answer
from bench.cases import JSON_TYPE, FileCase, PageCase
from bench.errors import CannotMeasureError
from bench.warm import check

PAGE = PageCase(files=20)
FILE = FileCase(size=4, connections=1)
GZIP = {"content-type": JSON_TYPE, "content-encoding": "gzip"}


def answer(headers: Mapping[str, str], *, status: int = 200, body: bytes = b"") -> Answer:
    """Return an answer."""
    return Answer(status=status, headers=headers, body=body, wire_bytes=len(body))


@pytest.mark.parametrize(
    ("case", "headers", "body"),
    [
        (PAGE, GZIP, b"..."),
        (PageCase(files=20, compressed=False), {"content-type": JSON_TYPE}, b"..."),
        (
            PageCase(files=20, format="html", compressed=False),
            {"content-type": "text/html; charset=utf-8"},
            b"...",
        ),
        (FILE, {}, b"1234"),
    ],
)
def test_answer_as_asked_for_is_accepted(
    case: PageCase | FileCase, headers: Mapping[str, str], body: bytes
) -> None:
    """Format and coding are those of the case, and a file is whole."""
    check(case, answer(headers, body=body))


@pytest.mark.parametrize(
    ("case", "bad", "reason"),
    [
        (PAGE, answer(GZIP, status=304), "answers 304"),
        (PAGE, answer({"content-type": JSON_TYPE}), "not offered"),
        (PAGE, answer({**GZIP, "content-type": "text/html"}), "not offered"),
        (FILE, answer({}, body=b"123"), "sends 3 bytes of 4"),
        (FILE, answer({}, status=503, body=b"1234"), "answers 503"),
    ],
)
def test_other_answer_is_refused(case: PageCase | FileCase, bad: Answer, reason: str) -> None:
    """A server that does not offer a form has no figure for it."""
    with pytest.raises(CannotMeasureError, match=reason):
        check(case, bad)
