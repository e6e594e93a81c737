"""Whether a page takes away so much of the last one that it is not believed as it is.

An upstream that lost its files to an accident looks like one whose owner deleted them.  What looks
like an accident is asked about twice; yanks and the removal of single old files are news at once,
and so is a takedown: nothing may delay it.  A page that is older than what is held is none:
mirrors lag, and an index does not go back in time, unless it has begun its count anew.
Source: DESIGN.md, section 4 ("Losses"); PEP 792 for ``quarantined``.
"""

from typing import Final

from wheelyard.clock import Instant
from wheelyard.model import Project
from wheelyard.names import Filename, newest_version, sort_versions, stated_version, version_key

__all__ = ["has_begun_anew", "is_loss", "is_older", "is_takedown", "same_reading"]

_BEGUN_ANEW_SECONDS: Final = 7 * 86_400.0


def is_loss(before: Project, after: Project) -> bool:
    """Say whether ``after`` lacks what a healthy page seldom loses.

    That is: every file, more than half of the file names, or the newest version, with or without
    the pre-releases. Never if ``after`` is a takedown.
    """
    had, has = _filenames(before), _filenames(after)
    gone = had - has
    if not gone or is_takedown(after):
        return False
    return not has or 2 * len(gone) > len(had) or _newest_is_gone(before, after)


def is_takedown(project: Project) -> bool:
    """Say whether the owner has withdrawn the project: that wins over everything that is held."""
    return project.status.status == "quarantined"


def is_older(before: int | None, after: int | None) -> bool:
    """Say whether an answer with serial ``after`` goes back behind one with ``before``.

    Both are of one count; who stops sending serials goes on to be believed.
    """
    return before is not None and after is not None and after < before


def has_begun_anew(older_since: Instant, now: Instant) -> bool:
    """Say whether a door whose answers have all been older is believed again: after a week."""
    return now - older_since > _BEGUN_ANEW_SECONDS


def same_reading(first: Project, second: Project) -> bool:
    """Say whether two pages list the same files.

    Their addresses, serials and spellings may differ: the second may be another door's.
    """
    return _filenames(first) == _filenames(second)


def _filenames(project: Project) -> frozenset[Filename]:
    """Return the names of the files on a page."""
    return frozenset(file.filename for file in project.files)


def _newest_is_gone(before: Project, after: Project) -> bool:
    """Say whether what an installer takes by default, or with pre-releases, has no file now."""
    versions = _versions(before)
    newest = {newest_version(versions), *sort_versions(versions)[-1:]}
    left = {version_key(version) for version in _versions(after)}
    return any(version is not None and version_key(version) not in left for version in newest)


def _versions(project: Project) -> set[str]:
    """Return the versions that the names of the files state, each as it is spelled there."""
    stated = (stated_version(file.filename, project.name) for file in project.files)
    return {version for version in stated if version is not None}
