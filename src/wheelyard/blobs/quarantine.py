"""Where damaged files go: out of the store, and kept for a person to look at."""

import logging
import secrets
from pathlib import Path
from threading import Lock

from wheelyard.blobs.proofs import Seen, Stamp

__all__ = ["Quarantine"]

_LOG = logging.getLogger(__name__)


class Quarantine:
    """A directory beside the store, in the same file system. Nothing in it is ever deleted."""

    def __init__(self, directory: Path) -> None:
        """Keep damaged files in ``directory``; it is made when the first one comes."""
        self._directory = directory
        self._count = 0
        self._lock = Lock()

    @property
    def count(self) -> int:
        """How many files this process has put here."""
        return self._count

    def take_now(self, path: Path, seen: Seen) -> Path | None:
        """Move the damaged file ``path``, and say so once; touches the disk.

        Returns where it is now; None if it was replaced since it was ``seen``, or cannot be moved.
        What cannot be moved is fetched anew all the same.
        """
        try:
            if Stamp.of(path.stat()).inode != seen.stamp.inode:
                return None
            place = self._place(path)
            path.rename(place)
        except FileNotFoundError:
            return None
        except OSError as error:
            _LOG.warning(
                "The held file %s is damaged and cannot be moved away (%s). It is not given out.",
                path.name,
                error.strerror,
            )
            return None
        self._tell(path, place, seen)
        return place

    def put_away_now(self, path: Path) -> Path:
        """Move a file here that nobody has put into the store; touches the disk."""
        place = self._place(path)
        path.rename(place)
        return place

    def _place(self, path: Path) -> Path:
        """Return where ``path`` is to go: a name that is free."""
        self._directory.mkdir(mode=0o700, exist_ok=True)
        return self._directory / f"{path.name[:200]}-{secrets.token_hex(4)}"

    def _tell(self, path: Path, place: Path, seen: Seen) -> None:
        """Count and log one file."""
        with self._lock:
            self._count += 1
        what = f"its digest is {seen.sha256}" if seen.sha256 else "the disk cannot read it"
        _LOG.error(
            "The held file %s is damaged: it has %d bytes and %s. It was moved to `%s` and is "
            "fetched anew when it is asked for.",
            path.name,
            seen.stamp.size,
            what,
            place,
        )
