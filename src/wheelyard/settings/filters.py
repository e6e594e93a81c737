"""How the filters of a mirror are written: moments, targets, tags, names of files.

What only some of these need is slow to import, and every command reads settings: it is imported
when such a setting is read.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.expressions import Expression, parse_expression
from wheelyard.settings.kinds import Kind, Place, list_from_text
from wheelyard.settings.patterns import NamePattern, glob_matches, parse_pattern
from wheelyard.spelling import ProjectName

__all__ = [
    "EXPRESSIONS",
    "MIRRORED_STATUSES",
    "PLATFORMS",
    "PROJECT_RULES",
    "PYTHONS",
    "SINCE",
    "STATUSES",
    "TAGS",
    "ProjectRule",
    "Since",
    "TagPattern",
]

MIRRORED_STATUSES: Final = ("active", "archived", "deprecated")
"""The states of a project that may be mirrored; one in quarantine never is. Source: PEP 792."""

_DAY: Final = 86_400.0
_DAYS: Final = {"Y": 365, "M": 30, "W": 7, "D": 1}
_PERIOD = re.compile(r"P(\d{1,5})([YMWD])", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"[a-z0-9_*-]+", re.ASCII)
_RULE = re.compile(
    r"\s*(?P<pattern>[A-Z0-9*._-]+)\s*(?P<versions>[<>=!~].*)?", re.IGNORECASE | re.ASCII
)
_TAG_DASHES: Final = 2


@dataclass(frozen=True, slots=True)
class Since:
    """A moment, or so many seconds ago if ``seconds`` is given. ``text`` is how it was written."""

    text: str
    moment: Instant | None = None
    seconds: float = 0.0

    def start(self, now: Instant) -> Instant:
        """Return the moment that is meant; for one that moves, the start of its day in UTC.

        By whole days, so that what is wanted changes once a day and not at every look.
        """
        if self.moment is not None:
            return self.moment
        return Instant((now - self.seconds) // _DAY * _DAY)


@dataclass(frozen=True, slots=True)
class TagPattern:
    """A tag of wheels such as `cp311-abi3-win_amd64`, or many: ``*`` is any characters."""

    text: str

    def matches(self, tag: str) -> bool:
        """Say whether ``tag``, which is in lower case, is meant; linear in its length."""
        return glob_matches(self.text, tag)


@dataclass(frozen=True, slots=True)
class ProjectRule:
    """Projects, and which of their versions: all, unless ``specifiers`` says otherwise.

    Source: PEP 440, "Version specifiers".
    """

    pattern: NamePattern
    specifiers: str = ""

    def __str__(self) -> str:
        return f"{self.pattern.text}{self.specifiers}"

    def matches(self, name: ProjectName) -> bool:
        """Say whether the project is meant, which is normalised."""
        return self.pattern.matches(name)


def _mismatch() -> BadInput:
    return BadInput("mismatch")


def _texts(value: object) -> list[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise _mismatch()
    return list(value)


def _about(item: str, error: BadInput) -> BadInput:
    """Return the error of one entry of a list, with the entry."""
    return BadInput("explained", f"`{item[:80]}`: {str(error).rstrip('.')}")


# --- moments --------------------------------------------------------------------------------------


def _read_since(value: object, _place: Place) -> Since:
    match value:
        case datetime() as moment:
            return _since(moment)
        case date() as day:
            return _since(datetime.combine(day, time()))
        case str(text) if found := _PERIOD.fullmatch(text.strip()):
            if not int(found[1]):
                raise _mismatch()
            return Since(text.strip(), seconds=int(found[1]) * _DAYS[found[2].upper()] * _DAY)
        case str(text):
            try:
                return _since(datetime.fromisoformat(text.strip()))
            except ValueError as error:
                raise _mismatch() from error
        case _:
            raise _mismatch()


def _since(moment: datetime) -> Since:
    """Return a fixed moment; without a time zone it is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return Since(moment.isoformat(), Instant(aware.timestamp()))
    except (OverflowError, ValueError) as error:
        raise _mismatch() from error


# --- targets and tags -----------------------------------------------------------------------------


def _read_pythons(value: object, _place: Place) -> tuple[str, ...]:
    from wheelyard.tags import parse_python  # noqa: PLC0415  # slow to import

    try:
        return tuple(dict.fromkeys(parse_python(item) for item in _texts(value)))
    except BadInput as error:
        raise _explained(error) from error


def _read_platforms(value: object, _place: Place) -> tuple[str, ...]:
    from wheelyard.tags import parse_platform  # noqa: PLC0415  # slow to import

    try:
        return tuple(dict.fromkeys(parse_platform(item) for item in _texts(value)))
    except BadInput as error:
        raise _explained(error) from error


def _explained(error: BadInput) -> BadInput:
    """Return an error that says itself what is wrong, as the reader of settings takes it."""
    if error.problems[0] == "mismatch":
        return error
    return BadInput("explained", str(error).rstrip("."))


def _read_tags(value: object, _place: Place) -> tuple[TagPattern, ...]:
    return tuple(_parse_tag(item) for item in _texts(value))


def _parse_tag(text: str) -> TagPattern:
    """Return a pattern of tags; one without a star must be a whole tag."""
    spelled = text.strip().lower()
    whole = "*" in spelled or spelled.count("-") == _TAG_DASHES
    if not whole or _TAG.fullmatch(spelled) is None:
        message = (
            f"`{text[:80]!a}` is no tag of wheels: write Python, ABI and platform such as "
            "`cp311-cp311-win_amd64`, with `*` for any characters"
        )
        raise BadInput("explained", message)
    return TagPattern(spelled)


# --- names ----------------------------------------------------------------------------------------


def _read_expressions(value: object, _place: Place) -> tuple[Expression, ...]:
    found = []
    for item in _texts(value):
        try:
            found.append(parse_expression(item))
        except BadInput as error:
            raise _about(item, error) from error
    return tuple(found)


def _expressions_from_text(text: str) -> object:
    """Return a TOML array, or else the text as one expression: commas and spaces are part of it."""
    return list_from_text(text) if text.lstrip().startswith('["') else [text]


def _read_rules(value: object, _place: Place) -> tuple[ProjectRule, ...]:
    return tuple(dict.fromkeys(_parse_rule(item) for item in _texts(value)))


def _parse_rule(text: str) -> ProjectRule:
    """Return the projects, and the versions of them, that ``text`` means."""
    found = _RULE.fullmatch(text)
    if found is None:
        return ProjectRule(parse_pattern(text))  # which says what is wrong
    pattern = parse_pattern(found["pattern"])
    if found["versions"] is None:
        return ProjectRule(pattern)
    from wheelyard.requirements import parse_specifiers  # noqa: PLC0415  # slow to import

    try:
        return ProjectRule(pattern, parse_specifiers(found["versions"]))
    except BadInput as error:
        raise _about(text, error) from error


def _rules_from_text(text: str) -> object:
    """Return a TOML array, or words between spaces: a comma may stand between two versions."""
    return list_from_text(text) if text.lstrip().startswith("[") else text.split()


def _read_statuses(value: object, _place: Place) -> tuple[str, ...]:
    statuses = tuple(dict.fromkeys(_texts(value)))
    if "quarantined" in statuses:
        message = "a project in quarantine is never mirrored: nobody may get its files"
        raise BadInput("explained", message)
    if not statuses or not all(status in MIRRORED_STATUSES for status in statuses):
        raise _mismatch()
    return statuses


SINCE = Kind("a date such as `2026-01-31`, or a period such as `P90D` or `P1Y`", _read_since)
PYTHONS = Kind("a list of Python versions such as `3.11`", _read_pythons, list_from_text)
PLATFORMS = Kind(
    "a list of platforms such as `manylinux_2_28_x86_64`", _read_platforms, list_from_text
)
TAGS = Kind("a list of tags or patterns such as `cp311-*-win_amd64`", _read_tags, list_from_text)
EXPRESSIONS = Kind("a list of regular expressions", _read_expressions, _expressions_from_text)
PROJECT_RULES = Kind(
    "a list of projects such as `django`, `zope-*` or `django>=4.2`", _read_rules, _rules_from_text
)
STATUSES = Kind(
    "a list of " + ", ".join(f"`{status}`" for status in MIRRORED_STATUSES),
    _read_statuses,
    list_from_text,
)
