"""Which blobs go, which stay, and why: collection and quotas, decided without touching anything.

A blob goes when nobody can be missing it:

1. nothing names it, and it is too old to be on its way in (a crash left it);
2. it was a file of ours that was deleted, or a file that its page does not list any more, and the
   grace period since then is over;
3. there is a quota, it is used up, and this blob was not used for the longest time;
4. no mirror wants it any more, somebody says that such files go (see ``mirror/unwanted.py``),
   and it was not used of late.

These never go, whatever the rules say:

- what is pinned;
- files of our own that are listed: nobody else has them;
- under a quota, what could not be fetched again: its page does not list it, or not with these
  bytes, or there is no page, or nobody answers there now.

The same bytes may be held under several names. A name may go by itself; the blob goes with the last
one, and with it the metadata that were read out of it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from wheelyard.clock import Instant
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = [
    "Blob",
    "Name",
    "Quota",
    "Reason",
    "Removal",
    "Rules",
    "is_evictable",
    "low_water",
    "plan_collection",
    "plan_eviction",
]

_LOW_WATER: Final = 0.95
"""Down to this part of a quota is evicted at a time, so that not every download evicts one."""


class Reason(Enum):
    """Why a blob, or one of its names, goes."""

    ORPHAN = "orphan"
    DELETED = "deleted"
    UNLISTED = "unlisted"
    QUOTA = "quota"
    UNWANTED = "unwanted"


@dataclass(frozen=True, slots=True)
class Name:
    """One name under which a blob is held.

    ``gone_at`` is since when nobody lists it; None while somebody does. ``is_ours`` says that it is
    a file of our own, which nobody else has.
    """

    owner: str
    project: ProjectName
    filename: Filename
    last_used_at: Instant
    gone_at: Instant | None = None
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Blob:
    """A blob of the store, with everything that names it.

    ``is_beside`` says that it is the metadata or provenance of something; ``written_at`` is when
    its file was written, and None if there is no file.
    """

    sha256: Sha256
    size: int
    names: tuple[Name, ...] = ()
    is_pinned: bool = False
    is_beside: bool = False
    written_at: Instant | None = None

    @property
    def last_used_at(self) -> Instant:
        """When it was last of use under any of its names."""
        return max((name.last_used_at for name in self.names), default=Instant(0.0))


@dataclass(frozen=True, slots=True)
class Rules:
    """How long what nobody lists is kept, and how old what nothing names has to be."""

    grace_seconds: float
    orphan_seconds: float


@dataclass(frozen=True, slots=True)
class Quota:
    """How much the files of some owners may take; no owners: everybody's. ``name`` is for people.

    ``used_bytes`` counts the same bytes once, under however many names they are held.
    """

    name: str
    max_bytes: int
    used_bytes: int
    owners: frozenset[str] | None = None

    @property
    def excess_bytes(self) -> int:
        """How much has to go; 0 while the quota is kept."""
        return self.used_bytes - low_water(self.max_bytes) if self.is_used_up else 0

    @property
    def is_used_up(self) -> bool:
        """Whether there is more than there may be."""
        return self.used_bytes > self.max_bytes

    def covers(self, name: Name) -> bool:
        """Say whether ``name`` counts."""
        return self.owners is None or name.owner in self.owners


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes of one blob: these of its names, and the bytes if ``takes_blob``."""

    blob: Blob
    names: tuple[Name, ...]
    reason: Reason
    takes_blob: bool

    @property
    def freed_bytes(self) -> int:
        """How much room that makes."""
        return self.blob.size if self.takes_blob and self.blob.written_at is not None else 0


def plan_collection(blob: Blob, rules: Rules, now: Instant) -> Removal | None:
    """Return what goes of ``blob`` because nobody lists it any more; None if it stays."""
    if blob.is_pinned:
        return None
    if not blob.names:
        if blob.is_beside or blob.written_at is None:
            return None
        is_old = now - blob.written_at >= rules.orphan_seconds
        return Removal(blob, (), Reason.ORPHAN, takes_blob=True) if is_old else None
    gone = tuple(name for name in blob.names if _is_over(name, rules, now))
    if not gone:
        return None
    reason = Reason.DELETED if any(name.is_ours for name in gone) else Reason.UNLISTED
    return Removal(blob, gone, reason, takes_blob=_takes_blob(blob, gone))


def is_evictable(blob: Blob, quota: Quota) -> bool:
    """Say whether ``blob`` may go for ``quota``, if it can be fetched again."""
    counted = [name for name in blob.names if quota.covers(name)]
    return (
        bool(counted)
        and not blob.is_pinned
        and not any(name.is_ours for name in blob.names)
        and all(name.gone_at is None for name in counted)
    )


def plan_eviction(
    blobs: Iterable[Blob], quota: Quota, excess_bytes: int
) -> Iterator[tuple[Removal, int]]:
    """Yield what goes for ``quota``, the longest unused first, with what it leaves to be found.

    ``blobs`` are those that can be fetched again, in the order of their last use.
    """
    for blob in blobs:
        if excess_bytes <= 0:
            return
        if not is_evictable(blob, quota):
            continue
        names = tuple(name for name in blob.names if quota.covers(name))
        excess_bytes -= blob.size
        removal = Removal(blob, names, Reason.QUOTA, takes_blob=_takes_blob(blob, names))
        yield removal, excess_bytes


def low_water(max_bytes: int) -> int:
    """Return down to how many bytes is evicted once there are more than ``max_bytes``."""
    return int(max_bytes * _LOW_WATER)


def _is_over(name: Name, rules: Rules, now: Instant) -> bool:
    """Say whether nobody has listed ``name`` for longer than the grace period."""
    return name.gone_at is not None and now - name.gone_at >= rules.grace_seconds


def _takes_blob(blob: Blob, names: tuple[Name, ...]) -> bool:
    """Say whether nothing names the bytes once ``names`` are gone."""
    return len(names) == len(blob.names) and not blob.is_beside
