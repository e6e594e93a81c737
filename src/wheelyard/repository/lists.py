"""Lists of projects put together of several, or with names left out.

Hundreds of thousands of names are gone through in a thread.
"""

from collections.abc import Callable, Sequence

import anyio.to_thread
import msgspec

from wheelyard.model import Knowledge, ProjectEntry, ProjectList
from wheelyard.names import ProjectName, normalise

__all__ = ["least_sure", "merge_lists", "only_names", "serials_of"]

_LEAST_SURE_FIRST = ("stale", "miss", "renewed", "hit", "own")


async def merge_lists(lists: Sequence[ProjectList]) -> ProjectList:
    """Return one list; it is no younger and no fresher than any of its parts.

    Of a name that is in several the first entry counts. Serials of several owners do not count
    together: those of the first owner who counts are told, and no others; the list itself has one
    only if nobody else's has.
    """
    if len(lists) == 1:
        return lists[0]
    return await anyio.to_thread.run_sync(_merged, lists)


async def only_names(listed: ProjectList, wanted: Callable[[ProjectName], bool]) -> ProjectList:
    """Return ``listed`` with the names that are ``wanted``, and no others."""
    return await anyio.to_thread.run_sync(_filtered, listed, wanted)


def serials_of(listed: ProjectList) -> dict[ProjectName, int]:
    """Return the serial of each project that has one."""
    return {
        ProjectName(normalise(entry.name)): entry.serial
        for entry in listed.projects
        if entry.serial is not None
    }


def least_sure(parts: Sequence[Knowledge | None]) -> Knowledge | None:
    """Return how a whole is known whose parts are known like this.

    Revisions only grow, so their sum changes if and only if one of them does; 0 is none.
    """
    known = [part for part in parts if part is not None]
    if len(known) < len(parts):
        return None
    least_sure = min(known, key=lambda part: _LEAST_SURE_FIRST.index(part.how))
    revisions = [part.revision for part in known]
    return Knowledge(
        checked_at=min(part.checked_at for part in known),
        fresh_until=min(part.fresh_until for part in known),
        revision=sum(revisions) if all(revisions) else 0,
        how=least_sure.how,
        source=least_sure.source,
    )


def _merged(lists: Sequence[ProjectList]) -> ProjectList:
    """Return one list of several."""
    entries: dict[str, ProjectEntry] = {}
    counting = next((each for each in lists if _counts(each)), None)
    for each in lists:
        for entry in each.projects:
            told = entry if each is counting or entry.serial is None else ProjectEntry(entry.name)
            entries.setdefault(normalise(entry.name), told)
    serials = [each.serial for each in lists if each.serial is not None]
    serial = serials[0] if len(serials) == 1 else None
    return ProjectList(tuple(entries.values()), serial, least_sure([each.known for each in lists]))


def _counts(listed: ProjectList) -> bool:
    """Say whether a list tells serials."""
    return listed.serial is not None or any(entry.serial is not None for entry in listed.projects)


def _filtered(listed: ProjectList, wanted: Callable[[ProjectName], bool]) -> ProjectList:
    """Return ``listed`` with what is wanted."""
    kept = tuple(entry for entry in listed.projects if wanted(ProjectName(normalise(entry.name))))
    return msgspec.structs.replace(listed, projects=kept)
