"""The changelog of XML-RPC: what happened to which project, under which serial.

PyPI's has an entry for each thing that happened. Of projects that others own we know one serial
each, that of the last thing; it is all that a mirror program wants to know.
Source: PyPI's XML-RPC, ``changelog_since_serial``; warehouse's journal for the words.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from wheelyard.clock import Instant
from wheelyard.model import ProjectList
from wheelyard.wire.xml_rpc_values import Value

__all__ = ["MOST", "entry_of", "last_serial", "listed_changes", "serials_of", "shortened"]

MOST: Final = 50_000
"""How many entries PyPI tells at a time."""

_ACTIONS: Final[Mapping[str, str]] = {
    "project.created": "create",
    "file.added": "add file",
    "release.yanked": "yank release",
    "release.unyanked": "unyank release",
    "release.deleted": "remove release",
    "project.deleted": "remove project",
    "project.status": "change status",
}
"""What a kind of the journal is called."""

_CHANGED: Final = "change"
"""What is said of a project of which nothing is known but its last serial."""


def serials_of(listed: ProjectList) -> dict[str, int]:
    """Return each project of a list that has a serial, with it, by its name as displayed."""
    return {entry.name: entry.serial for entry in listed.projects if entry.serial is not None}


def last_serial(listed: ProjectList) -> int:
    """Return the highest serial that a list tells of; 0 if it tells of none."""
    return max(
        [listed.serial or 0, *(entry.serial for entry in listed.projects if entry.serial)],
        default=0,
    )


def listed_changes(listed: ProjectList, since: int) -> list[list[Value]]:
    """Return an entry for each project that changed after the serial ``since``, oldest first.

    When it changed, a list does not tell: it was before the list was read.
    """
    read_at = int(listed.known.checked_at) if listed.known else 0
    changed = sorted(
        (entry.serial, entry.name)
        for entry in listed.projects
        if entry.serial is not None and entry.serial > since
    )
    return shortened([[name, None, read_at, _CHANGED, serial] for serial, name in changed])


def entry_of(
    serial: int, at: Instant, kind: str, project: str, detail: Mapping[str, object]
) -> list[Value] | None:
    """Return the entry of a change in our own journal; None of one that mirrors do not see."""
    action = _ACTIONS.get(kind)
    if action is None:
        return None
    version = detail.get("version")
    filename = detail.get("filename")
    said = f"{action} {filename}" if kind == "file.added" and filename else action
    return [project, version if isinstance(version, str) else None, int(at), said, serial]


def shortened(entries: Sequence[list[Value]]) -> list[list[Value]]:
    """Return as many of ``entries`` as are told at a time, with all or none of each serial.

    Who goes on after the last serial told must not miss another project that has the same.
    """
    if len(entries) <= MOST:
        return list(entries)
    following = entries[MOST][-1]
    kept = list(entries[:MOST])
    while kept and kept[-1][-1] == following:
        kept.pop()
    return kept or list(entries)
