"""`pdm.lock`. Source: PDM's documentation, "Lock file format"."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wheelyard.closure.asked import Reading
from wheelyard.closure.base import Digest, Target
from wheelyard.closure.entries import Entry, parse_toml
from wheelyard.closure.locks import Locked, locked_files, refuse_source, to_reading
from wheelyard.specifiers import allows_python

__all__ = ["read_pdm_lock"]

_MAJOR: Final = "4"
_ELSEWHERE: Final = (
    *(("git", "version control"), ("hg", "version control"), ("svn", "version control")),
    *(("url", "a URL"), ("revision", "version control")),
)


def read_pdm_lock(path: Path, content: bytes, targets: Sequence[Target]) -> Reading:
    """Return what the lock needs on ``targets``, with all its groups.

    Raises:
        BadInput: with every problem of the file.
    """
    lock = parse_toml(path, content, "[[package]]")
    metadata = lock.top.table("metadata")
    version = metadata.text("lock_version", needed=True)
    if version and version.partition(".")[0] != _MAJOR:
        metadata.problem(f"`lock_version` is `{version[:20]!a}`, and only 4.x can be read.")
    lock.finish()
    locked = [one for entry in lock.packages("package") if (one := _package(entry, targets))]
    lock.finish()
    return to_reading(locked)


def _package(entry: Entry, targets: Sequence[Target]) -> Locked | None:
    """Return a package, or None if there is nothing that an index could give."""
    for key, kind in _ELSEWHERE:
        if entry.has(key):
            refuse_source(entry, kind)
            return None
    if entry.has("path"):
        if not entry.flag("editable"):
            refuse_source(entry, "a folder or a file")
        return None
    condition = entry.condition("marker")
    needed = frozenset(
        target
        for target in targets
        if allows_python(entry.text("requires_python"), target.full_version)
        and (condition is None or condition.holds(target.environment))
    )
    files = locked_files(entry.tables("files"), _hashes)
    return Locked(entry.name(), entry.version(), entry.where, needed, files or None)


def _hashes(entry: Entry) -> list[Digest]:
    """Return the digest of a file."""
    digest = entry.digest(text) if (text := entry.text("hash")) else None
    return [digest] if digest else []
