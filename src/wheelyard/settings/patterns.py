"""Patterns of project names, and what a configuration says with them."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from wheelyard.errors import BadInput
from wheelyard.settings.kinds import PATH, Kind, Place, list_from_text
from wheelyard.spelling import ProjectName, normalise

__all__ = [
    "NAME_PATTERNS",
    "PATHS",
    "PROJECTS",
    "ROUTES",
    "TEXTS",
    "WORDS",
    "NamePattern",
    "Route",
    "glob_matches",
    "parse_pattern",
]

_PATTERN = re.compile(r"[A-Z0-9*](?:[A-Z0-9*._-]*[A-Z0-9*])?", re.IGNORECASE | re.ASCII)
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?", re.ASCII)
_MAX_LENGTH = 200


@dataclass(frozen=True, slots=True)
class NamePattern:
    """A project name, or many: ``*`` stands for any characters. ``text`` is normalised."""

    text: str

    @property
    def is_exact(self) -> bool:
        """Whether it means one name."""
        return "*" not in self.text

    @property
    def specificity(self) -> tuple[bool, int]:
        """How closely it says what it means: a name before any pattern, then by its letters."""
        return self.is_exact, len(self.text) - self.text.count("*")

    def covers(self, other: "NamePattern") -> bool:
        """Say whether every name that ``other`` means is meant by this one as well.

        What stands for any characters here stands for those of ``other``, stars included.
        """
        return self.matches(ProjectName(other.text))

    def matches(self, name: ProjectName) -> bool:
        """Say whether ``name``, which is normalised, is meant; linear in its length."""
        return glob_matches(self.text, name)


@dataclass(frozen=True, slots=True)
class Route:
    """Which upstream has the projects that a pattern means."""

    pattern: NamePattern
    upstream: str


def glob_matches(pattern: str, text: str) -> bool:
    """Say whether ``text`` is what ``pattern`` says, where ``*`` is any characters; linear."""
    first, *others = pattern.split("*")
    if not others:
        return text == pattern
    *middle, last = others
    end = len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last) or end < len(first):
        return False
    at = len(first)
    for part in middle:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def parse_pattern(text: str) -> NamePattern:
    """Return the pattern that ``text`` spells, in whatever spelling of the names it means.

    Raises:
        BadInput: no project name can match it.
    """
    if len(text) > _MAX_LENGTH or _PATTERN.fullmatch(text) is None:
        message = (
            f"`{text[:80]!a}` is no pattern of project names: use letters, digits, `-`, `_` and "
            "`.`, and `*` for any characters"
        )
        raise BadInput("explained", message)
    return NamePattern(normalise(text))


def _list_of(value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise BadInput("mismatch")
    return list(value)


def _read_patterns(value: object, _place: Place) -> tuple[NamePattern, ...]:
    return tuple(parse_pattern(item) for item in _list_of(value))


def _read_projects(value: object, _place: Place) -> tuple[ProjectName, ...]:
    patterns = [parse_pattern(item) for item in _list_of(value)]
    if any("*" in pattern.text for pattern in patterns):
        message = "each project is named by itself: a pattern would merge names nobody thought of"
        raise BadInput("explained", message)
    return tuple(ProjectName(pattern.text) for pattern in patterns)


def _read_words(value: object, _place: Place) -> tuple[str, ...]:
    words = tuple(_list_of(value))
    if not all(_NAME.fullmatch(word) for word in words):
        raise BadInput("mismatch")
    return words


def _read_routes(value: object, _place: Place) -> tuple[Route, ...]:
    if not isinstance(value, Mapping):
        raise BadInput("mismatch")
    routes: dict[NamePattern, Route] = {}
    for text, upstream in value.items():
        if not isinstance(upstream, str) or _NAME.fullmatch(upstream) is None:
            raise BadInput("mismatch")
        route = Route(parse_pattern(str(text)), upstream)
        if routes.setdefault(route.pattern, route) != route:
            message = f"`{route.pattern.text}` has two upstreams: a name has one owner"
            raise BadInput("explained", message)
    return tuple(routes.values())


def _routes_from_text(text: str) -> object:
    """Return the inline table in ``text``; else pairs ``PATTERN=UPSTREAM``."""
    if text.lstrip().startswith("{"):
        try:
            return tomllib.loads(f"table = {text}")["table"]
        except tomllib.TOMLDecodeError:
            return text
    pairs = [word.partition("=") for word in re.split(r"[\s,]+", text) if word]
    if len({pattern for pattern, _, _ in pairs}) < len(pairs):
        return text  # a pattern is there twice, and a table would keep one of them
    return {pattern: upstream for pattern, _, upstream in pairs}


NAME_PATTERNS = Kind(
    "a list of project names or patterns such as `acme-*`", _read_patterns, list_from_text
)
PROJECTS = Kind("a list of project names, without patterns", _read_projects, list_from_text)
WORDS = Kind("a list of names of indexes or upstreams", _read_words, list_from_text)
PATHS = Kind(
    "a list of paths",
    lambda value, place: tuple(PATH.read(item, place) for item in _list_of(value)),
    list_from_text,
)
TEXTS = Kind("a list of texts", lambda value, _place: tuple(_list_of(value)), list_from_text)
ROUTES = Kind(
    'a table of patterns and names of upstreams such as `{ "torch*" = "pytorch" }`',
    _read_routes,
    _routes_from_text,
)
