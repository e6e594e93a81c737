"""What is in a store, whether anybody knows of it or not: a walk over its directories.

A store is laid out as ``ab/cd/abcd...``. All that begins with the same two digits is a *shelf*:
a piece of the whole that fits into memory however large the store is.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wheelyard.errors import BadInput
from wheelyard.names import Sha256, parse_sha256

__all__ = ["SHELVES", "Shelf", "list_shelf", "list_strays", "list_written"]

SHELVES = tuple(f"{number:02x}" for number in range(256))
"""The names of all shelves, also of those on which there is nothing yet."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The files of one shelf: blobs by digest, and what no store has put there."""

    digests: frozenset[Sha256]
    strays: tuple[Path, ...]


def list_shelf(store: Path, name: str) -> Shelf:
    """Return what is on the shelf ``name`` of the store in directory ``store``."""
    digests, strays = set(), []
    for path in _files(store / name):
        digest = _digest_at(path.relative_to(store))
        if digest is None:
            strays.append(path)
        else:
            digests.add(digest)
    return Shelf(frozenset(digests), tuple(sorted(strays)))


def list_written(store: Path, name: str) -> dict[Sha256, os.stat_result]:
    """Return what the blobs on the shelf ``name`` look like, without those that just went."""
    found = {}
    for digest in list_shelf(store, name).digests:
        with suppress(FileNotFoundError):
            found[digest] = Path(store, digest[:2], digest[2:4], digest).stat()
    return found


def list_strays(store: Path) -> tuple[Path, ...]:
    """Return the files in the store's directory that are on no shelf."""
    found: list[Path] = []
    with os.scandir(store) as entries:
        for entry in entries:
            if not entry.is_dir(follow_symlinks=False):
                found.append(Path(entry.path))
            elif entry.name not in SHELVES:
                found.extend(_files(Path(entry.path)))
    return tuple(sorted(found))


def _files(directory: Path) -> Iterator[Path]:
    """Yield whatever below ``directory`` is no directory."""
    for folder, _, names in os.walk(directory):
        for name in names:
            yield Path(folder, name)


def _digest_at(path: Path) -> Sha256 | None:
    """Return the digest that a store keeps at ``path``, relative to itself; None if it does not."""
    try:
        digest = parse_sha256(path.name)
    except BadInput:
        return None
    return digest if path == Path(digest[:2], digest[2:4], digest) else None
