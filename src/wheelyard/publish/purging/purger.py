"""What a cache is told of, and who tells it."""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

__all__ = ["Changed", "Poster", "PurgeBatch", "Purged", "Purger", "address_of"]

_VARIANT = re.compile(r"(^|/)index\.(?:html|json)(?:\.gz|\.zst)?$")
_VIEW = re.compile(r"^views/[ab]/")


class Changed(Protocol):
    """Something that caches may have, and that is not what it was.

    ``path`` is where it is in the tree; ``key`` is its surrogate key.
    """

    @property
    def path(self) -> str:
        """Where it is in the tree."""

    @property
    def key(self) -> str:
        """What caches that purge by key know it by."""


@dataclass(frozen=True, slots=True)
class PurgeBatch:
    """Some of what one cache is to be told of.

    ``paths`` are addresses below that of the tree, each with a slash before it, decoded; the forms
    and codings of a page are one of them. ``keys`` are those of the paths, each once. ``owed`` is
    how many paths there are in all, with those that are not in this batch. ``identity`` is the same
    when the same is asked for again, and another one when the same has changed again.
    """

    identity: str
    instance: str
    index: str
    serial: int
    paths: tuple[str, ...]
    keys: tuple[str, ...]
    owed: int


class Purged(Enum):
    """What a cache has forgotten."""

    THESE = auto()
    """What was in the batch."""
    EVERYTHING = auto()
    """All that it had of the tree, so that nothing is owed any more."""


class Purger(Protocol):
    """Has one cache forget."""

    @property
    def name(self) -> str:
        """What the catalog calls it: the same each time, and without secrets."""

    @property
    def shown(self) -> str:
        """What people are told that it is."""

    @property
    def batch_size(self) -> int:
        """How many paths it takes at a time."""

    async def purge(self, batch: PurgeBatch) -> Purged:
        """Have the cache forget; when this returns, it will.

        Raises:
            Unavailable: it did not say that it will.
            Refused: its address is none that we may go to.
        """


class Poster(Protocol):
    """Where a purger sends to; the transport's ``WebhookClient``."""

    async def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Send a body and return the status of the answer."""


def address_of(path: str) -> str:
    """Return the address at which clients ask for what is at ``path`` of a tree.

    All forms and codings of a page have one.
    """
    return "/" + _VARIANT.sub(r"\1", _VIEW.sub("", path.lstrip("/")))
