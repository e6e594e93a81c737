"""Where the workers of one server pin what they counted, so that any of them can tell the whole.

Each worker writes its own file and reads everybody's.  Rules:

- A worker pins its own snapshot before it reads the board.  So whoever is asked later has read at
  least what was told before, and a counter never seems to go back (Prometheus would take that for
  a restart and count everything twice).
- A worker that takes the place of a dead one goes on counting from where that one was.
- The board is cleared when the server starts, before its first worker.
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import get_ident

import msgspec

from wheelyard.monitor.snapshots import WorkerSnapshot, total

__all__ = ["Board", "clear_board"]

_PREFIX = "worker-"
_DECODER = msgspec.json.Decoder(WorkerSnapshot)


@dataclass(slots=True)
class Board:
    """The board as worker ``number`` sees it. Its verbs read and write files: use a thread.

    With ``directory`` None there is one worker and nothing to share.
    """

    directory: Path | None
    number: int = 1
    _before: WorkerSnapshot | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        """Take over from the worker that had this number before."""
        if self.directory is not None and (before := _load(self._path(self.directory))):
            self._before = before.without_gauges()

    def publish(self, mine: WorkerSnapshot) -> WorkerSnapshot:
        """Pin what this worker counted, and return it with what its predecessors counted."""
        known = mine if self._before is None else total([self._before, mine], mine.at)
        if self.directory is not None:
            with suppress(OSError):  # a full disk: the others go on with what they know
                _save(self._path(self.directory), known)
        return known

    def collect(self, mine: WorkerSnapshot) -> WorkerSnapshot:
        """Return the sum over all workers, after pinning what this one counted."""
        known = self.publish(mine)
        if self.directory is None:
            return known
        own = self._path(self.directory)
        others = [_load(path) for path in _files(self.directory) if path != own]
        return total([known, *(other for other in others if other is not None)], mine.at)

    def _path(self, directory: Path) -> Path:
        """Return this worker's file."""
        return directory / f"{_PREFIX}{self.number}.json"


def clear_board(directory: Path) -> None:
    """Make the board, empty. For the server's start, before there are workers."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in _files(directory):
        path.unlink(missing_ok=True)


def _files(directory: Path) -> Iterator[Path]:
    """Yield the workers' files, in a fixed order."""
    yield from sorted(directory.glob(f"{_PREFIX}*.json"))


def _load(path: Path) -> WorkerSnapshot | None:
    """Return what is pinned there; None if nothing readable is."""
    try:
        return _DECODER.decode(path.read_bytes())
    except (OSError, msgspec.DecodeError):
        return None


def _save(path: Path, snapshot: WorkerSnapshot) -> None:
    """Replace the file at once. No ``fsync``: after a crash of the machine nobody asks for it.

    Two threads of one worker may do so at the same time: each has a draft of its own.
    """
    draft = path.with_suffix(f".{os.getpid()}-{get_ident()}.new")
    draft.write_bytes(msgspec.json.encode(snapshot))
    draft.replace(path)
