"""What a download is for: which bytes, how they will be recognised, who is told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import algorithms_guaranteed

from wheelyard.blobs.base import Blob
from wheelyard.blobs.held import HeldBlob
from wheelyard.names import Sha256

__all__ = ["FillRules", "OnProven", "Order", "Wanted"]

OnProven = Callable[[HeldBlob], Awaitable[None]]
"""Called with the durable blob before its last block is released; may refuse by raising."""

# Their length is the caller's choice, so no page can state one that means anything.
_WITHOUT_LENGTH = {"shake_128", "shake_256"}
_COMPUTED = algorithms_guaranteed - _WITHOUT_LENGTH


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to be had.

    ``key`` names it across processes: its digest, or something unique while none is known.
    ``hashes`` are the digests that its owner states; ``size`` is in bytes. ``what`` is for people.
    """

    key: str
    what: str
    hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None

    @property
    def sha256(self) -> Sha256 | None:
        """The SHA-256 that the bytes must have, if the owner states one."""
        return next((Sha256(digest) for name, digest in self.hashes if name == "sha256"), None)

    @property
    def checks(self) -> dict[str, str]:
        """Every stated digest that this Python can compute, by algorithm."""
        return {name: digest for name, digest in self.hashes if name in _COMPUTED}


@dataclass(frozen=True, slots=True)
class Order:
    """One file to be had, where from, and who has to agree before it is given out whole."""

    wanted: Wanted
    source: Blob
    on_proven: OnProven


@dataclass(frozen=True, slots=True)
class FillRules:
    """Limits of one download.

    ``attempts`` counts how often in a row the source may break off without having brought
    anything worth while; ``pause_seconds`` is the first wait between two of them, doubled each
    time. Those who follow another process's download look every ``poll_seconds`` how far it is,
    and every ``orphan_check_seconds`` whether that process still lives.
    """

    max_bytes: int = 20 * 1024**3
    attempts: int = 4
    pause_seconds: float = 0.25
    poll_seconds: float = 0.02
    orphan_check_seconds: float = 1.0
