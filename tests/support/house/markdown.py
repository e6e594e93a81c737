"""The documents: their code blocks, links and lines of prose.

Only the little of Markdown that our documents use is understood: fenced blocks, inline links,
reference definitions, headings, tables and lists.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from support.house.sources import ROOT

__all__ = ["Block", "anchors_of", "blocks_of", "links_of", "prose_lines"]

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,})(?P<language>[\w+-]*)\s*$")
MARK = re.compile(r"^\s*<!-- (?P<word>run|example)(?:: (?P<reason>.+?))? -->\s*$")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)|^\[[^\]]+\]: (?P<defined>\S+)")
IMAGE = re.compile(r"!\[[^\]]*\]\((?P<target>[^)\s]+)[^)]*\)")
CODE_SPAN = re.compile(r"`[^`]*`")


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block of a document, with the mark that stands before it.

    ``mark`` is ``run`` or ``example`` or empty, ``reason`` what the mark says after its colon.
    """

    path: Path
    line: int
    language: str
    text: str
    mark: str = ""
    reason: str = ""

    def __str__(self) -> str:
        """Return where the block starts."""
        return f"{self.path}:{self.line}"


def lines_of(path: Path) -> Iterator[tuple[int, str, bool]]:
    """Yield number, text and "is in a fenced block" for each line of the document at ``path``."""
    fence = ""
    for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1):
        opening = FENCE.match(line)
        if fence:
            yield number, line, True
            if line.strip() == fence:
                fence = ""
        elif opening:
            fence = opening["fence"]
            yield number, line, True
        else:
            yield number, line, False


def blocks_of(path: Path) -> Iterator[Block]:
    """Yield the fenced blocks of the document at ``path``, a path from the root of the clone."""
    mark: re.Match[str] | None = None
    start: tuple[int, re.Match[str]] | None = None
    body: list[str] = []
    for number, line, fenced in lines_of(path):
        if not fenced:
            mark = MARK.match(line) or (mark if not line.strip() else None)
        elif start is None:
            opening = FENCE.match(line)
            assert opening is not None
            start, body = (number, opening), []
        elif line.strip() != start[1]["fence"]:
            body.append(line.removeprefix(start[1]["indent"]))
        else:
            word, reason = (mark["word"], mark["reason"] or "") if mark else ("", "")
            text = "\n".join(body) + "\n"
            yield Block(path, start[0], start[1]["language"], text, word, reason)
            start = mark = None


def links_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and target of each link and picture in the document at ``path``."""
    for number, line, fenced in lines_of(path):
        if fenced:
            continue
        text = CODE_SPAN.sub("``", line)
        for found in LINK.finditer(text):
            yield number, found["target"] or found["defined"]
        for found in IMAGE.finditer(text):
            yield number, found["target"]


def anchors_of(path: Path) -> set[str]:
    """Return the anchors that the headings of the document at ``path`` make."""
    anchors: set[str] = set()
    for _, line, fenced in lines_of(path):
        if not fenced and line.startswith("#"):
            words = re.sub(r"[^\w\- ]", "", line.lstrip("#").strip().lower())
            anchors.add(words.replace(" ", "-"))
    return anchors


def prose_lines(path: Path) -> Iterator[tuple[int, str]]:
    """Yield number and text of each line of prose: no block, table, heading or comment."""
    for number, line, fenced in lines_of(path):
        text = line.strip()
        if not fenced and text and text[0] not in "#|<":
            yield number, CODE_SPAN.sub("``", text)
