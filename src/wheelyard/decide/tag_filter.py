"""Which wheels fit: by their tags, and by the Pythons and platforms that are served.

The theory. The name of a wheel states for which Pythons, ABIs and platforms it was built, several
of each if it likes; it fits if one combination does. A *target* here may be half open: a Python on
any platform, or a platform with any Python.
Source: PEP 425 and 427; the tags of a target are those of ``wheelyard.tags``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Final, TypeAlias

from wheelyard.settings import TagPattern
from wheelyard.tags import Platform, compatible_tags, platform_tags

__all__ = ["Served", "Tag", "fits", "has_wanted_tag", "tags_of"]

Tag: TypeAlias = tuple[str, str, str]
"""Python, ABI and platform of a wheel, in lower case."""

_MOST_TAGS: Final = 1_000
_PARTS: Final = 3
_ANY: Final = "any"
_SOME_PLATFORM: Final = Platform("win_amd64")
"""Which platform stands for any: one that has a single tag of its own."""


@dataclass(frozen=True, slots=True)
class Served:
    """Somebody who is served: on a Python (`3.11`), on a platform; None stands for any."""

    python: str | None = None
    platform: Platform | None = None


def tags_of(filename: str) -> tuple[Tag, ...]:
    """Return the tags that the name of a wheel states; none if nobody can read it.

    Source: PEP 425, "Compressed Tag Sets"; a name with more than a thousand tags is no honest one.
    """
    parts = filename.lower().removesuffix(".whl").rsplit("-", _PARTS)
    if len(parts) <= _PARTS or "-" not in parts[0]:
        return ()
    pythons, abis, platforms = (part.split(".") for part in parts[1:])
    if len(pythons) * len(abis) * len(platforms) > _MOST_TAGS:
        return ()
    return tuple(product(pythons, abis, platforms))


def has_wanted_tag(
    tags: Sequence[Tag], wanted: Sequence[TagPattern], unwanted: Sequence[TagPattern]
) -> bool:
    """Say whether a tag is meant by ``wanted``, which may be empty, and not by ``unwanted``."""
    for tag in tags:
        text = "-".join(tag)
        if any(pattern.matches(text) for pattern in unwanted):
            continue
        if not wanted or any(pattern.matches(text) for pattern in wanted):
            return True
    return False


def fits(tags: Sequence[Tag], served: Served) -> bool:
    """Say whether a wheel with these tags installs there."""
    if served.python is None:
        platforms = _platforms(served.platform)
        return any(platforms is None or tag[2] in platforms for tag in tags)
    known = _tags(served.python, served.platform or _SOME_PLATFORM)
    if served.platform is not None:
        return any(tag in known for tag in tags)
    return any((python, abi, _of_some(platform)) in known for python, abi, platform in tags)


def _of_some(platform: str) -> str:
    """Return the platform to look for where any will do."""
    return platform if platform == _ANY else _SOME_PLATFORM


@lru_cache(maxsize=256)
def _tags(python: str, platform: Platform) -> frozenset[Tag]:
    """Return every tag that installs there."""
    found = (tag.split("-") for tag in compatible_tags(python, platform))
    return frozenset((python, abi, where) for python, abi, where in found)


@lru_cache(maxsize=256)
def _platforms(platform: Platform | None) -> frozenset[str] | None:
    """Return the platform tags that install there; None stands for all."""
    return None if platform is None else frozenset({*platform_tags(platform), _ANY})
