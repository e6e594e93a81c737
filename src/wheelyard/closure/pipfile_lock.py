"""`Pipfile.lock`: JSON, with versions and digests, and without the names of files.

Source: Pipenv's documentation, "Pipfile & Pipfile.lock".
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wheelyard.closure.asked import Reading
from wheelyard.closure.base import Target
from wheelyard.closure.entries import Entry, LockText
from wheelyard.closure.locks import Locked, refuse_source, to_reading
from wheelyard.closure.opening import display
from wheelyard.errors import BadInput

__all__ = ["read_pipfile_lock"]

_FORMAT: Final = 6
_META: Final = "_meta"
_ELSEWHERE: Final = (("git", "version control"), ("file", "a URL"), ("path", "a folder or a file"))


def read_pipfile_lock(path: Path, content: bytes, targets: Sequence[Target]) -> Reading:
    """Return what the lock needs on ``targets``: `default`, `develop` and all other categories.

    Raises:
        BadInput: with every problem of the file.
    """
    lock = LockText(path, _parse(path, content))
    if lock.top.table(_META).values.get("pipfile-spec") != _FORMAT:
        lock.top.problem("its `pipfile-spec` is not 6, the only one that can be read.")
        lock.finish()
    locked = [
        one
        for category in sorted(set(lock.table) - {_META})
        for one in _category(lock, category, targets)
    ]
    lock.finish()
    return to_reading(locked)


def _parse(path: Path, content: bytes) -> dict[str, object]:
    """Return the table that the file is."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError) as error:
        message = f"`{display(path)}` is not JSON: {error}. Write the lock anew with Pipenv."
        raise BadInput(message) from error
    if not isinstance(found, dict):
        raise BadInput(f"`{display(path)}` is not a table. Write the lock anew with Pipenv.")
    return found


def _category(lock: LockText, category: str, targets: Sequence[Target]) -> list[Locked]:
    """Return the packages of one category."""
    table = lock.top.table(category)
    found = []
    for name in sorted(table.values):
        inner = table.table(name)
        entry = Entry(lock, {**inner.values, "name": name}, f"{table.where} (`{name[:80]}`)")
        if one := _package(entry, targets):
            found.append(one)
    return found


def _package(entry: Entry, targets: Sequence[Target]) -> Locked | None:
    """Return a package, or None if there is nothing that an index could give."""
    if entry.flag("editable"):
        return None
    for key, kind in _ELSEWHERE:
        if entry.has(key):
            refuse_source(entry, kind)
            return None
    pin = entry.text("version", needed=True)
    if pin and not pin.startswith("=="):
        entry.problem(f"`{pin[:80]!a}` is not an exact version. Write the lock anew.")
        pin = ""
    version = Entry(entry.lock, {"version": pin.removeprefix("==").lstrip("=")}, entry.where)
    digests = frozenset(
        digest for text in entry.texts("hashes") if (digest := entry.digest(text)) is not None
    )
    condition = entry.condition("markers")
    needed = frozenset(
        target for target in targets if condition is None or condition.holds(target.environment)
    )
    return Locked(entry.name(), version.version(), entry.where, needed, digests=digests)
