"""Which files of a page serve a need: wheels that fit a target, else the sdist.

Rules, in the order in which installers apply them:

1. Only files of the release. Of a lock only the files that it names; of `--hash` only files with
   one of the digests.
2. A yanked file only if its release is pinned, or the file itself is named or hashed.
3. A file whose `Requires-Python` asks for a newer Python is not there. One that is said to be for
   older ones is (uv takes it), after those that are not (pip takes no other).
4. Every wheel that the target takes, best first; an sdist only if there is no such wheel.

The digest of a file that a lock names must be the one in the lock, else it is a problem, not a gap.
Source: PEP 425, PEP 592, PEP 751.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from wheelyard.closure.base import Choice, Digest, Fit, Needed, Target
from wheelyard.errors import BadInput
from wheelyard.model import File, Project
from wheelyard.names import filename_version, is_wheel, version_key
from wheelyard.requirements import parse_wheel_name
from wheelyard.specifiers import allows_python, reaches_python

__all__ = ["best_rank", "fitting", "is_sdist", "sdist_rank", "wheel_tags"]

_SDISTS: Final = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar")
"""What installers build from, the preferred one first."""


def fitting(project: Project, needed: Needed) -> Fit:
    """Return which files of the page ``project`` serve ``needed``, target by target. Pure."""
    release = _release(project, needed)
    candidates, problems = _allowed(release, needed)
    tags: dict[str, frozenset[str]] = {
        file.filename: wheel_tags(file.filename) for file in candidates
    }
    choices = [
        _choose(target, candidates, tags, needed, bool(release))
        for target in sorted(needed.targets)
    ]
    problems += _lost(project, needed)
    return Fit(tuple(choices), tuple(problems))


def is_sdist(filename: str) -> bool:
    """Say whether installers can build a wheel from a file of that name."""
    return filename.endswith(_SDISTS)


def wheel_tags(filename: str) -> frozenset[str]:
    """Return the tags of a wheel; none if it is no wheel, or if nobody could read its name."""
    if not is_wheel(filename):
        return frozenset()
    try:
        return parse_wheel_name(filename).tags
    except BadInput:
        return frozenset()


def best_rank(tags: Iterable[str], target: Target) -> int | None:
    """Return how much ``target`` likes a wheel with those tags, 0 most; None: not at all."""
    ranks = target.tags
    return min((ranks[tag] for tag in tags if tag in ranks), default=None)


def _release(project: Project, needed: Needed) -> list[File]:
    """Return the files of the release that is needed, or those that its lock names."""
    names = needed.filenames
    if names:
        return [file for file in project.files if file.filename in names]
    wanted = version_key(needed.version)
    return [
        file
        for file in project.files
        if (stated := filename_version(file.filename, project.name)) is not None
        and version_key(stated) == wanted
    ]


def _allowed(release: Sequence[File], needed: Needed) -> tuple[list[File], list[str]]:
    """Return the files that may be used, and what contradicts the lock."""
    found: list[File] = []
    problems: list[str] = []
    locked = {file.filename: file.hashes for file in needed.files or ()}
    for file in release:
        is_named = bool(locked.get(file.filename)) or bool(needed.digests)
        if file.yanked is not False and not (needed.is_pinned or is_named):
            continue
        if needed.digests and not _agrees(file, needed.digests):
            continue
        stated = locked.get(file.filename, ())
        if stated and not _agrees(file, stated):
            problems.append(_contradiction(file, stated, needed))
            continue
        found.append(file)
    return found, problems


def _lost(project: Project, needed: Needed) -> list[str]:
    """Name the files of a lock that an installer would take and that the page does not have."""
    listed = {file.filename for file in project.files}
    gone = [file.filename for file in needed.files or () if file.filename not in listed]
    if not gone:
        return []
    tags: dict[str, frozenset[str]] = {
        file.filename: wheel_tags(file.filename) for file in needed.files or ()
    }
    wanted = {name for target in needed.targets for name in gone if _would_take(name, tags, target)}
    return [
        f"`{name}` is locked ({needed.why}), and the index does not have it any more. Lock anew, "
        "or have the file added to the index."
        for name in sorted(wanted)
    ]


def _would_take(name: str, tags: Mapping[str, frozenset[str]], target: Target) -> bool:
    """Say whether an installer might take the file of that name from those of a lock."""
    if is_sdist(name):
        return all(best_rank(each, target) is None for each in tags.values())
    return best_rank(tags[name], target) is not None


def _agrees(file: File, stated: Iterable[Digest]) -> bool:
    """Say whether the page says the same of a file, as far as they have an algorithm in common."""
    own = dict(file.hashes)
    pairs = list(stated)
    common = [pair for pair in pairs if pair[0] in own]
    return not common or any(own[name] == digest for name, digest in common)


def _contradiction(file: File, stated: Sequence[Digest], needed: Needed) -> str:
    """Say that a file is not the one that was locked, with both digests."""
    own = dict(file.hashes)
    name, locked = next(pair for pair in stated if pair[0] in own)
    return (
        f"`{file.filename}` is not the file that was locked ({needed.why}): the lock says {name} "
        f"`{locked}`, the index says `{own[name]}`. Find out which is right before you lock anew."
    )


def _choose(
    target: Target,
    candidates: Sequence[File],
    tags: Mapping[str, frozenset[str]],
    needed: Needed,
    has_release: bool,  # noqa: FBT001  # one call, beside the definition
) -> Choice:
    """Return the files for one target, or why there are none."""
    allowed = [
        file for file in candidates if reaches_python(file.requires_python, target.full_version)
    ]
    ranked = [
        (not allows_python(file.requires_python, target.full_version), rank, file)
        for file in allowed
        if not needed.no_binary and (rank := best_rank(tags[file.filename], target)) is not None
    ]
    if ranked:
        ordered = sorted(ranked, key=lambda entry: (*entry[:2], entry[2].filename))
        return Choice(target, tuple(file for *_, file in ordered))
    sdists = [file for file in allowed if is_sdist(file.filename) and not needed.only_binary]
    if sdists:
        return Choice(target, tuple(sorted(sdists, key=sdist_rank)))
    reason = _why_nothing(needed, candidates, allowed) if has_release else "the index has no file"
    return Choice(target, (), f"`{needed.name}` {needed.version} for {target}: {reason}.")


def sdist_rank(file: File) -> tuple[int, str]:
    """Return the place of an sdist among those of its release."""
    suffix = next(place for place, end in enumerate(_SDISTS) if file.filename.endswith(end))
    return (suffix, file.filename)


def _why_nothing(needed: Needed, candidates: Sequence[File], allowed: Sequence[File]) -> str:
    """Say why no file of a release that is there can be used."""
    if not candidates and (needed.files is not None or needed.digests):
        return f"no file has a digest that was locked ({needed.why})"
    if not candidates:
        return "every file was yanked, and nobody asks for exactly this version"
    if not allowed:
        python = next(file.requires_python for file in candidates if file.requires_python)
        return f"it requires Python {python}"
    if needed.only_binary and any(is_sdist(file.filename) for file in allowed):
        return "no wheel fits, and `--only-binary` forbids the sdist"
    if needed.no_binary:
        return "there is no sdist, and `--no-binary` forbids the wheels"
    return "no wheel fits, and there is no sdist"
