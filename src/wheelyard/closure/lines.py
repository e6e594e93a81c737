"""The lines of a requirements file, as pip cuts them: continued, without comments, expanded.

Source: pip's documentation, "Requirements File Format".
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["Line", "cut_lines", "decode", "expand"]

MAX_LINES: Final = 200_000
MAX_LINE: Final = 64 * 1024
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_BYTE_ORDER: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One logical line, and the number of the physical one on which it starts."""

    number: int
    text: str


def decode(content: bytes) -> str:
    """Return the text of a requirements file.

    UTF-8, unless it starts with the mark of another coding or states one as Python sources do.

    Raises:
        BadInput: it is no text in that coding.
    """
    coding = next((name for mark, name in _BYTE_ORDER if content.startswith(mark)), "")
    for line in content.split(b"\n", 2)[:2]:
        if not coding and line.startswith(b"#") and (found := _CODING.search(line)):
            coding = found[1].decode("ascii")
    try:
        return content.decode(coding or "utf-8")
    except (UnicodeDecodeError, LookupError) as error:
        message = f"it is not text in {coding or 'UTF-8'}; save it as UTF-8"
        raise BadInput(message) from error


def cut_lines(text: str) -> Iterator[Line]:
    """Yield the logical lines that have something in them, without their comments.

    Raises:
        BadInput: there are too many, or one is too long.
    """
    pieces: list[str] = []
    start = 0
    physical = text.splitlines()
    if len(physical) > MAX_LINES:
        raise BadInput(f"it has more than {MAX_LINES} lines")
    for number, line in enumerate(physical, 1):
        start = start if pieces else number
        if line.endswith("\\") and not line.lstrip().startswith("#"):
            pieces.append(line[:-1])
            continue
        # A comment ends a continued line; it must not be glued to the last word before it.
        pieces.append(f" {line}" if line.lstrip().startswith("#") else line)
        yield from _finished(pieces, start)
        pieces = []
    if pieces:
        yield from _finished(pieces, start)


def expand(text: str, variables: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return ``text`` with its `${NAME}`s replaced, and the names that have no value."""
    missing = [name for name in _VARIABLE.findall(text) if not variables.get(name)]
    return _VARIABLE.sub(lambda found: variables.get(found[1]) or found[0], text), missing


def _finished(pieces: list[str], number: int) -> Iterator[Line]:
    """Yield the line that ``pieces`` make, if there is anything in it."""
    joined = "".join(pieces)
    if len(joined) > MAX_LINE:
        raise BadInput(f"line {number} is longer than {MAX_LINE} characters")
    if text := _COMMENT.sub("", joined).strip():
        yield Line(number, text)
