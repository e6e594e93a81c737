"""What a selection is, said once more and naively: with ``packaging``, step by step.

Nothing here owes anything to the code under test but the record of filters itself.
"""

import re
from datetime import datetime
from fnmatch import fnmatchcase
from functools import cache

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag, compatible_tags, cpython_tags, mac_platforms, parse_tag
from packaging.version import Version

from support.many_projects import MadeFile, MadeProject
from wheelyard.decide.selection import Selection

__all__ = ["selected_by_hand"]


def selected_by_hand(made: MadeProject, selection: Selection) -> list[str]:
    """Return the names of the files that are wanted, in the order of the page."""
    if made.project.status.status not in selection.statuses - {"quarantined"}:
        return []
    left = [each for each in made.files if _is_wanted(each, selection)]
    if selection.sdists == "if-no-wheel":
        left = [each for each in left if each.kind != "sdist" or _is_needed(each, left, selection)]
    if selection.keep_versions:
        final = {_public(each) for each in left if each.version and not _is_pre(each)}
        early = {_public(each) for each in left if each.version and _is_pre(each)}
        kept = _newest(final, left, selection) | _newest(early, left, selection)
        left = [each for each in left if each.version and _public(each) in kept]
    return [each.file.filename for each in left]


def _is_wanted(made: MadeFile, selection: Selection) -> bool:
    """Say whether a file is wanted for itself."""
    file, name = made.file, made.file.filename
    reasons_against = [
        file.yanked is not False and not selection.yanked,
        selection.max_file_bytes is not None and (file.size or 0) > selection.max_file_bytes,
        selection.uploaded_after is not None
        and file.upload_time is not None
        and datetime.fromisoformat(file.upload_time).timestamp() < selection.uploaded_after,
        bool(selection.filenames)
        and not any(re.search(each.text, name, re.IGNORECASE) for each in selection.filenames),
        any(re.search(each.text, name, re.IGNORECASE) for each in selection.without_filenames),
        not selection.prereleases and made.version is not None and _is_pre(made),
        bool(selection.versions) and not any(_is_in(made, each) for each in selection.versions),
        made.kind == "sdist" and selection.sdists == "never",
        not _fits(made, selection),
    ]
    return not any(reasons_against)


def _is_in(made: MadeFile, specifiers: str) -> bool:
    return made.version is not None and made.version in SpecifierSet(specifiers, prereleases=True)


def _is_pre(made: MadeFile) -> bool:
    return _version(made.version or "").is_prerelease


def _public(made: MadeFile) -> Version:
    return _version(_version(made.version or "").public)


@cache
def _version(text: str) -> Version:
    return Version(text)


def _newest(releases: set[Version], left: list[MadeFile], selection: Selection) -> set[Version]:
    """Return the newest releases; one that is yanked as a whole takes no place."""
    kept: set[Version] = set()
    counted = 0
    for release in sorted(releases, reverse=True):
        if counted == selection.keep_versions:
            break
        kept.add(release)
        files = [each for each in left if each.version and _public(each) == release]
        if any(each.file.yanked is False for each in files):
            counted += 1
    return kept


def _is_needed(sdist: MadeFile, left: list[MadeFile], selection: Selection) -> bool:
    """Say whether somebody who is served has no wheel instead."""
    if sdist.version is None:
        return True
    wheels = [
        each
        for each in left
        if each.kind == "wheel"
        and each.version is not None
        and _public(each) == _public(sdist)
        and (each.file.yanked is False or sdist.file.yanked is not False)
    ]
    if not selection.pythons and not selection.platforms:
        return not wheels
    for python in selection.pythons or [None]:
        for platform in selection.platforms or [None]:
            allowed = python is None or _allows(sdist.file.requires_python, python)
            if allowed and not any(_installs(each, python, platform) for each in wheels):
                return True
    return False


# --- tags -----------------------------------------------------------------------------------------


def _fits(made: MadeFile, selection: Selection) -> bool:
    """Say whether tags, Pythons and platforms let a file through."""
    pythons = selection.pythons
    if made.kind == "sdist":
        asked = made.file.requires_python
        return not pythons or any(_allows(asked, python) for python in pythons)
    if selection.tags or selection.without_tags:
        wanted = [each.text for each in selection.tags] or ["*"]
        unwanted = [each.text for each in selection.without_tags]
        if not any(
            any(fnmatchcase(str(tag), each) for each in wanted)
            and not any(fnmatchcase(str(tag), each) for each in unwanted)
            for tag in _tags(made.tags)
        ):
            return False
    if not pythons and not selection.platforms:
        return True
    return any(
        _installs(made, python, platform)
        for python in pythons or [None]
        for platform in selection.platforms or [None]
    )


def _installs(made: MadeFile, python: str | None, platform: str | None) -> bool:
    """Say whether a wheel installs there."""
    if python is not None and not _allows(made.file.requires_python, python):
        return False
    if python is None:
        assert platform is not None
        return any(tag.platform in {*_platforms(platform), "any"} for tag in _tags(made.tags))
    if platform is None:
        return any(tag in _takes(python, (tag.platform,)) for tag in _tags(made.tags))
    return any(tag in _takes(python, _platforms(platform)) for tag in _tags(made.tags))


@cache
def _tags(text: str | None) -> frozenset[Tag]:
    return frozenset() if text is None else parse_tag(text)


@cache
def _takes(python: str, platforms: tuple[str, ...]) -> frozenset[Tag]:
    """Return every tag that CPython of this version takes on these platforms."""
    version = tuple(map(int, python.split(".")[:2]))
    short = f"cp{version[0]}{version[1]}"
    abi = f"{short}m" if version < (3, 8) else short
    return frozenset(
        [
            *cpython_tags(version, [abi], platforms),
            *compatible_tags(version, short, platforms),
        ]
    )


@cache
def _platforms(platform: str) -> tuple[str, ...]:
    """Return the platforms of wheels that install on ``platform``."""
    if platform.startswith("win"):
        return (platform,)
    kind, _, minor, machine = platform.split("_", 3)
    if kind == "macosx":
        return tuple(mac_platforms((int(platform.split("_")[1]), int(minor)), machine))
    names = [
        f"{kind}_{2 if kind == 'manylinux' else 1}_{each}_{machine}"
        for each in range(int(minor) + 1)
    ]
    old = {5: "manylinux1", 12: "manylinux2010", 17: "manylinux2014"}
    old_names = [f"{name}_{machine}" for each, name in old.items() if each <= int(minor)]
    return (*names, *(old_names if kind == "manylinux" else ()), f"linux_{machine}")


@cache
def _allows(asked: str | None, python: str) -> bool:
    """Say whether a Python, in one of its patch releases, may use a file."""
    try:
        specifiers = SpecifierSet(asked or "")
    except InvalidSpecifier:
        return True
    tried = [python] if python.count(".") > 1 else [f"{python}.{patch}" for patch in range(60)]
    return any(each in specifiers for each in tried)
