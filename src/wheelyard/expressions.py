r"""Regular expressions over file names: those of the standard library that end soon.

The theory. ``re`` tries one way through an expression after the other, and names come from
strangers: for ``(a+)+$`` there are names of 60 characters that take for ever. So the ways are
bounded before a name is seen. Only a character or a class is repeated, never a group; a name is
gone through in three nested rounds at most (a repetition without a number is one, and so is looking
for the beginning); and what may be one thing or another multiplies to few ways. For a name of 255
characters that comes to milliseconds. Letters match in upper and lower case.
"""

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["Expression", "parse_expression"]

MAX_LENGTH: Final = 200
MAX_ROUNDS: Final = 3
MAX_CHOICES: Final = 256

_FLAGS: Final = re.IGNORECASE | re.ASCII | re.DOTALL
_PIECE: Final = re.compile(
    r"""
    (?P<count> \{\d+\} )
    | (?P<round> [*+] | \{\d*,\d*\} )
    | (?P<refers> \\[0-9] )
    | (?P<one> \\. | \[ \^? \]? (?: \\. | [^]\\] )* \] | \(\?: )
    | (?P<looks> \(\? )
    | (?P<char> . )
    """,
    re.VERBOSE | re.DOTALL,
)


@dataclass(frozen=True)
class Expression:
    """A regular expression over file names; ``text`` is how it was written."""

    text: str

    def matches(self, text: str) -> bool:
        """Say whether the expression matches somewhere in ``text``."""
        return self._compiled.search(text) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.text, _FLAGS)


def parse_expression(text: str) -> Expression:
    """Return the expression that ``text`` spells.

    Raises:
        BadInput: it is none, or one of a kind that is not supported; the message says what to do.
    """
    if not text:
        raise BadInput("it is empty, and would match every name")
    if len(text) > MAX_LENGTH:
        raise BadInput(f"it is longer than {MAX_LENGTH} characters")
    compiled = _compile(text)
    _require_short_work(text)
    if compiled.search(""):
        raise BadInput("it matches every name, or none")
    return Expression(text)


def _compile(text: str) -> re.Pattern[str]:
    """Return the compiled expression, if it means something, and the same in every Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(text, _FLAGS)
    except (re.error, Warning, OverflowError, RecursionError) as error:
        raise BadInput(f"it is no regular expression: {error}") from error


def _require_short_work(text: str) -> None:
    """Return if ``text``, which compiles, can be followed in few ways; see above."""
    found = _Count()
    for piece in _PIECE.finditer(text):
        found.take(piece)
    rounds = found.rounds + (not text.startswith("^") or found.options[0] > 1)
    if rounds > MAX_ROUNDS:
        message = (
            "it has too many `*`, `+` and `{2,4}`: two may be in it, or three if it begins with `^`"
        )
        raise BadInput(message)
    if found.choices > MAX_CHOICES:
        raise BadInput(f"its `|` and `?` allow more than {MAX_CHOICES} ways: write several")


class _Count:
    """How often an expression repeats, and how many ways its choices allow."""

    def __init__(self) -> None:
        self.rounds = 0
        self.options = [1]
        self._closed = 1
        self._before = ""

    @property
    def choices(self) -> int:
        """The ways through all choices, if each were free of the others."""
        return self._closed * self.options[0]

    def take(self, piece: re.Match[str]) -> None:
        """Count the next piece.

        Raises:
            BadInput: it is not one for us.
        """
        kind, text = piece.lastgroup, piece[0]
        if kind in {"looks", "refers"}:
            raise BadInput("groups that look around or refer back are not supported")
        if kind in {"round", "count"} and self._before == ")":
            message = (
                f"a group is followed by `{text}`: only one character, or a class such as "
                "`[0-9]`, can be repeated"
            )
            raise BadInput(message)
        if kind == "round":
            self.rounds += 1
        elif text in {"(", "(?:"}:
            self.options.append(1)
        elif kind == "char":
            self._choose(text)
        self._before = "*" if kind in {"round", "count"} else text

    def _choose(self, char: str) -> None:
        """Count what a plain character adds to the choices."""
        if char == "|":
            self.options[-1] += 1
        elif char == ")":
            self._closed *= self.options.pop()
        elif char == "?" and self._before != "*":  # else: as few as possible
            self._closed *= 2
