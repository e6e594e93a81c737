"""`pylock.toml`, the lock file that all tools may write. Source: PEP 751."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wheelyard.closure.asked import Reading
from wheelyard.closure.base import Digest, LockedFile, Target
from wheelyard.closure.entries import Entry, LockText, parse_toml
from wheelyard.closure.locks import (
    Locked,
    allowed_targets,
    locked_files,
    refuse_source,
    to_reading,
)
from wheelyard.closure.opening import display
from wheelyard.markers import Condition
from wheelyard.names import ProjectName, filename_version
from wheelyard.specifiers import allows_python

__all__ = ["is_pylock_name", "read_pylock"]

_NAME = re.compile(r"pylock(?:\.[^.]+)?\.toml")
_MAJOR: Final = "1"


def is_pylock_name(name: str) -> bool:
    """Say whether a file of that name is such a lock."""
    return _NAME.fullmatch(name) is not None


def read_pylock(path: Path, content: bytes, targets: Sequence[Target]) -> Reading:
    """Return what the lock needs on ``targets``, with all its extras and dependency groups.

    Raises:
        BadInput: with every problem of the file.
    """
    lock = parse_toml(path, content, "[[packages]]")
    _check_version(lock)
    problems: list[str] = []
    allowed = allowed_targets(path, lock.top.text("requires-python"), targets, problems)
    allowed = _in_environments(lock, allowed, problems)
    remarks: list[str] = []
    locked = [
        one
        for entry in lock.packages("packages")
        if (one := _package(entry, lock.top, allowed, remarks))
    ]
    lock.finish()
    return to_reading(locked, problems, remarks)


def _check_version(lock: LockText) -> None:
    """Refuse what is written in a later version of the format."""
    version = lock.top.text("lock-version", needed=True)
    if version and version.partition(".")[0] != _MAJOR:
        lock.top.problem(
            f"its version is `{version[:20]!a}`, and only 1.x can be read: lock with an older tool."
        )
    lock.finish()


def _in_environments(
    lock: LockText, targets: tuple[Target, ...], problems: list[str]
) -> tuple[Target, ...]:
    """Return the targets that the lock was made for; the others are problems."""
    texts = lock.top.texts("environments")
    conditions = [
        one for text in texts if (one := lock.top.parse_marker(text, "environments")) is not None
    ]
    if not texts:
        return targets
    found = []
    for target in targets:
        if any(condition.holds(target.environment) for condition in conditions):
            found.append(target)
        else:
            problems.append(
                f"`{display(lock.path)}` is not for {target}: its `environments` leave it out. "
                "Lock for it too, or leave it out."
            )
    return tuple(found)


def _package(
    entry: Entry, top: Entry, targets: Sequence[Target], remarks: list[str]
) -> Locked | None:
    """Return a package, or None if there is nothing that an index could give."""
    name = entry.name()
    if entry.has("directory"):
        remarks.append(f"{entry.where} is a folder of your own and is left out of account.")
        return None
    for key, kind in (("vcs", "version control"), ("archive", "a URL")):
        if entry.has(key):
            refuse_source(entry, kind)
            return None
    parts = entry.tables("wheels")
    if entry.has("sdist"):
        parts.append(entry.table("sdist"))
    if not parts:
        entry.problem("it has neither wheels nor an sdist. Write the lock anew.")
    files = locked_files(parts, _hashes)
    condition = entry.condition("marker")
    needed = frozenset(target for target in targets if _is_needed(condition, entry, top, target))
    version = entry.version() or _stated_version(files, name)
    return Locked(name, version, entry.where, needed, files)


def _is_needed(condition: Condition | None, entry: Entry, top: Entry, target: Target) -> bool:
    """Say whether a package is needed on a target for any choice of extras and groups."""
    if not allows_python(entry.text("requires-python"), target.full_version):
        return False
    extras = top.texts("extras")
    groups = [*top.texts("dependency-groups"), *top.texts("default-groups")]
    return condition is None or condition.holds_in_lock(target.environment, extras, groups)


def _hashes(entry: Entry) -> list[Digest]:
    """Return the digests of a file, which are a table by algorithm."""
    table = entry.table("hashes")
    found = [table.digest(f"{name}:{table.text(name)}") for name in table.values]
    return [digest for digest in found if digest]


def _stated_version(files: Sequence[LockedFile], name: ProjectName) -> str:
    """Return the version that the names of the files state: a package need not repeat it."""
    found = (filename_version(file.filename, name) for file in files)
    return next((version for version in found if version), "")
