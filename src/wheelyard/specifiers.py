"""Version specifiers, such as `>=4.2,<5`: which versions they allow, and which Pythons.

Apart from ``requirements``, which parses what a release states: here specifiers are used.
Source: PEP 440, "Version specifiers"; PEP 345 and 621, "Requires-Python".
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import Version

__all__ = [
    "allows_python",
    "allows_version",
    "names_a_prerelease",
    "nothing_satisfies",
    "reaches_python",
]

_MAX_TEXT: Final = 4_096
"""Less than the 4,300 digits beyond which Python reads no number."""
_PATCHES: Final = 40
"""Patch releases that a Python is taken to have: the most so far are 24."""


@lru_cache(maxsize=4096)
def allows_version(specifiers: str, version: str) -> bool:
    """Say whether ``version``, a pre-release included, is in the range.

    What is no version is in no range, and ``specifiers`` that are none allow nothing.
    """
    parsed, readable = _parse(specifiers), _version(version)
    return parsed is not None and readable is not None and parsed.contains(readable, True)  # noqa: FBT003  # packaging's


@lru_cache(maxsize=4096)
def allows_python(requires_python: str | None, python: str) -> bool:
    """Say whether Python `3.11`, in any of its patch releases, or `3.11.4` itself is allowed.

    As with installers, what cannot be read forbids nothing.
    """
    if not requires_python or len(requires_python) > _MAX_TEXT:
        return True
    specifiers = _parse(requires_python)
    if specifiers is None:
        return True
    has_patch = python.count(".") > 1
    tried = [python] if has_patch else [f"{python}.{patch}" for patch in range(_PATCHES)]
    return any(specifiers.contains(each, prereleases=True) for each in tried)


def reaches_python(requires_python: str | None, version: str) -> bool:
    """Say whether the Python of that full version is as new as a `Requires-Python` asks for.

    Upper limits count for nothing: nobody can know which Python will be too new. So does uv; pip
    obeys them (``allows_python``). Source: uv's documentation, "Resolution", "Requires-Python".
    """
    if not requires_python or len(requires_python) > _MAX_TEXT:
        return True
    python = Version(Version(version).base_version)
    try:
        return all(_reaches(one, python) for one in _parse(requires_python) or ())
    except ValueError:  # `===` with what is no version
        return True


def names_a_prerelease(specifiers: str) -> bool:
    """Say whether the range is one version, and that a pre-release."""
    return any(version.is_prerelease for version in _named_versions(specifiers))


def nothing_satisfies(specifiers: str) -> bool:
    """Say whether there plainly is no version in the range: its start is beyond its end.

    A range that is empty for a subtler reason is not noticed.
    """
    starts, ends, named = [], [], 0
    for each in _parse(specifiers) or ():
        version = _version(each.version)
        if version is None:
            named += each.operator == "==="
            continue
        bound = Version(version.public)
        if each.operator in {">", ">=", "~=", "==", "==="}:
            starts.append((bound, each.operator == ">"))
        if each.operator in {"<", "<=", "==", "==="}:
            ends.append((bound, each.operator != "<"))
    if named:  # `===` with what is no version
        return True
    if not starts or not ends:
        return False
    (start, is_after), (end, is_included) = max(starts), min(ends)
    return start > end or (start == end and (is_after or not is_included))


def _reaches(specifier: Specifier, python: Version) -> bool:
    """Say whether a Python is not below the lower limit that a specifier sets, if it sets one."""
    if specifier.operator not in {">=", ">", "==", "===", "~="}:
        return True
    limit = Version(Version(specifier.version.removesuffix(".*")).base_version)
    return python > limit if specifier.operator == ">" else python >= limit


def _named_versions(specifiers: str) -> Iterator[Version]:
    """Yield the versions that the range has to be, each of them."""
    for each in _parse(specifiers) or ():
        version = _named(each)
        if version is not None:
            yield version


def _named(specifier: Specifier) -> Version | None:
    """Return the one version that ``specifier`` allows, or None if it allows several."""
    return _version(specifier.version) if specifier.operator in {"==", "==="} else None


@lru_cache(maxsize=1024)
def _parse(specifiers: str) -> SpecifierSet | None:
    """Return a range, or None if it is none."""
    try:
        return SpecifierSet(specifiers)
    except InvalidSpecifier:
        return None


def _version(text: str) -> Version | None:
    """Return a version, or None if it is none; `1.*` is none."""
    try:
        return Version(text)
    except ValueError:  # also a number that is too long for Python
        return None
