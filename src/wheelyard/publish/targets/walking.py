"""Walking through a published directory, a bounded number of names at a time."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol

from wheelyard.publish.targets.paths import HIDDEN
from wheelyard.publish.targets.target import StoredObject

__all__ = ["Walk"]

_AT_ONCE: Final = 1000


class Entries(Iterator[os.DirEntry[str]], Protocol):
    """What ``os.scandir`` returns."""

    def close(self) -> None:
        """Close the folder."""


class Walk:
    """A walk through all files below a folder. Its methods touch the disk.

    Only the folders on the way to where it is are open. Links are not followed and not listed: a
    page in whose place somebody put a link is missing.
    """

    def __init__(self, root: str, prefix: str) -> None:
        """Begin at the folder of ``prefix``; yield what begins with it."""
        self._root = root
        self._prefix = prefix
        self._open: list[tuple[str, Entries]] = []
        self._begun = False

    def next_objects(self) -> list[StoredObject]:
        """Return some more objects; an empty list is the end."""
        found: list[StoredObject] = []
        if not self._begun:
            self._begun = True
            folder = self._prefix.rpartition("/")[0]
            if not self._leads_through_link(folder):
                self._enter(f"{folder}/" if folder else "")
        while self._open and len(found) < _AT_ONCE:
            folder, entries = self._open[-1]
            entry = next(entries, None)
            if entry is None:
                self._leave()
                continue
            path = f"{folder}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                if path != HIDDEN and (path.startswith(self._prefix) or self._is_on_way(path)):
                    self._enter(f"{path}/")
            elif path.startswith(self._prefix) and (size := _size(entry)) is not None:
                found.append(StoredObject(path, size))
        return found

    def close(self) -> None:
        """Close what is still open."""
        while self._open:
            self._leave()

    def _leads_through_link(self, folder: str) -> bool:
        """Say whether a part of ``folder`` is a link: what is behind it is listed where it is."""
        parts = folder.split("/") if folder else []
        ways = ["/".join(parts[: number + 1]) for number in range(len(parts))]
        return any(Path(self._root, way).is_symlink() for way in ways)

    def _is_on_way(self, folder: str) -> bool:
        """Say whether what begins with the prefix may be in ``folder``."""
        return self._prefix.startswith(f"{folder}/")

    def _enter(self, folder: str) -> None:
        """Look into a folder; one that has just gone has nothing."""
        try:
            entries = os.scandir(f"{self._root}/{folder}")
        except (FileNotFoundError, NotADirectoryError):
            return
        self._open.append((folder, entries))

    def _leave(self) -> None:
        """Look no longer into the innermost folder."""
        self._open.pop()[1].close()


def _size(entry: os.DirEntry[str]) -> int | None:
    """Return the length of a plain file; None for anything else, and for what has just gone."""
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
