"""The change feed: what happened to projects of our own, as JSON, and the questions about it.

Readers go on from ``next``, the serial up to which they have seen everything. Kinds are only ever
added, so a reader passes over those that it does not know.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from urllib.parse import parse_qsl

import msgspec

from wheelyard.errors import BadInput

__all__ = [
    "KINDS",
    "ChangeNote",
    "FeedNote",
    "FeedPage",
    "FeedQuestion",
    "parse_change_feed",
    "parse_feed_question",
    "render_change_feed",
]

KINDS: Final[Mapping[str, str]] = {
    "project.created": "the first file of a project is about to be there",
    "file.added": "a file was uploaded, imported or promoted",
    "file.accepted": "the name of a deleted file may be given to other bytes",
    "release.yanked": "every file of a release was yanked",
    "release.unyanked": "the files of a release are no longer yanked",
    "release.deleted": "every file of a release was deleted",
    "project.deleted": "a project and all of its files were deleted",
    "project.status": "a project has another status",
}
"""What is told, and what it means."""

MOST: Final = 1_000
LONGEST_WAIT_SECONDS: Final = 30.0
_LARGEST: Final = 2**63 - 1
_USUAL: Final = 500

_TOLD: Final = (
    "version",
    "filename",
    "filenames",
    "sha256",
    "status",
    "before",
    "reason",
)
"""The details that are told. Others, such as names of other indexes, are not for every reader."""


class ChangeNote(msgspec.Struct, frozen=True):
    """One change: its number in the journal, when it was, what happened, and to what."""

    serial: int
    at: datetime
    kind: str
    index: str
    project: str
    detail: Mapping[str, object]

    @classmethod
    def of(
        cls, serial: int, at: float, kind: str, place: tuple[str, str], detail: Mapping[str, object]
    ) -> "ChangeNote":
        """Return the note of a row of the journal; ``place`` is index and project."""
        told = {key: detail[key] for key in _TOLD if key in detail}
        return cls(serial, datetime.fromtimestamp(at, UTC), kind, *place, told)


class FeedQuestion(msgspec.Struct, frozen=True):
    """What somebody wants to know: what came after ``since``, and how long they wait for it."""

    since: int = 0
    limit: int = _USUAL
    wait_seconds: float = 0.0


class _Feed(msgspec.Struct, frozen=True):
    """The answer."""

    changes: Sequence[ChangeNote]
    next: int
    more: bool


def render_change_feed(changes: Sequence[ChangeNote], following: int, *, more: bool) -> bytes:
    """Return the answer: changes, where to go on, and whether there is something already."""
    return msgspec.json.encode(_Feed(changes, following, more)) + b"\n"


_Serial = Annotated[int, msgspec.Meta(ge=0, le=_LARGEST)]


class FeedNote(msgspec.Struct, frozen=True):
    """What a reader needs of a change."""

    serial: _Serial
    kind: str
    index: str
    project: str


class FeedPage(msgspec.Struct, frozen=True):
    """A part of another Wheelyard's feed. ``more`` says that the next one begins at ``next``."""

    changes: tuple[FeedNote, ...]
    next: _Serial
    more: bool


def parse_change_feed(body: bytes) -> FeedPage:
    """Return a part of a feed.

    Raises:
        BadInput: it is none.
    """
    try:
        return msgspec.json.decode(body, type=FeedPage)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"body: not a change feed: {str(error)[:200]}") from error


def parse_feed_question(query: str) -> FeedQuestion:
    """Return what ``query`` asks; parameters that nobody knows are passed over.

    Raises:
        BadInput: with everything that is wrong with it.
    """
    given = dict(parse_qsl(query, keep_blank_values=True))
    problems: list[str] = []

    def number(name: str, usual: int, most: int) -> int:
        text = given.get(name, str(usual))
        if text.isascii() and text.isdigit() and len(text) <= len(str(_LARGEST)):
            value = int(text)
            if value <= most:
                return value
        problems.append(f"{name}: a number from 0 to {most} is needed, got `{text[:40]!a}`.")
        return usual

    question = FeedQuestion(
        number("since", 0, _LARGEST),
        max(1, number("limit", _USUAL, MOST)),
        float(number("wait", 0, int(LONGEST_WAIT_SECONDS))),
    )
    if problems:
        raise BadInput(*problems)
    return question
