"""What a release needs and allows, parsed once: requirements, Python versions, licences, tags.

Kept apart from ``names``, which every command imports: the grammar behind this takes 25 ms to load.
Source: PEP 508 (requirements), PEP 440 (specifiers), PEP 639 (licences), PEP 427 (wheel names).
"""

from dataclasses import dataclass
from typing import Final

from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from wheelyard.errors import BadInput
from wheelyard.names import ProjectName, normalise

__all__ = [
    "RequirementParts",
    "StatedRequirement",
    "WheelName",
    "parse_licence",
    "parse_requirement",
    "parse_specifiers",
    "parse_wheel_name",
    "split_requirement",
]

MAX_TEXT: Final = 8_192
MAX_SETS: Final = 3
MAX_TAGS: Final = 1_000


@dataclass(frozen=True, slots=True)
class StatedRequirement:
    """One requirement. Two that mean the same have the same ``canonical`` text, as far as texts go.

    ``is_direct``: it names a URL instead of versions.
    """

    canonical: str
    is_direct: bool


@dataclass(frozen=True, slots=True)
class RequirementParts:
    """One requirement in its parts; empty texts for what it does not state.

    ``pinned`` is the version if exactly one is allowed (`==` or `===` without a star).
    """

    name: ProjectName
    extras: tuple[str, ...]
    specifiers: str
    url: str
    marker: str
    pinned: str


@dataclass(frozen=True, slots=True)
class WheelName:
    """What the name of a wheel says; ``tags`` are whole triples such as ``py3-none-any``."""

    project: ProjectName
    version: str
    build: str
    tags: frozenset[str]


def parse_requirement(text: str) -> StatedRequirement:
    """Return the requirement that ``text`` states.

    Raises:
        BadInput: it is not one; the message says where it stops being one.
    """
    try:
        found = Requirement(_short(text))
    except (InvalidRequirement, RecursionError) as error:
        raise BadInput(_first_line(error) or "it is too deeply nested") from error
    extras = ",".join(sorted(map(normalise, found.extras)))
    target = f"@{found.url}" if found.url else str(found.specifier)
    marker = f";{found.marker}" if found.marker else ""
    canonical = f"{normalise(found.name)}[{extras}]{target}{marker}"
    return StatedRequirement(canonical, found.url is not None)


def split_requirement(text: str) -> RequirementParts:
    """Return the parts of the requirement that ``text`` states.

    Raises:
        BadInput: it is not one; the message says where it stops being one.
    """
    try:
        found = Requirement(_short(text))
    except (InvalidRequirement, RecursionError) as error:
        raise BadInput(_first_line(error) or "it is too deeply nested") from error
    exact = [one for one in found.specifier if one.operator in {"==", "==="}]
    pins = [one.version for one in exact if not one.version.endswith(".*")]
    return RequirementParts(
        ProjectName(normalise(found.name)),
        tuple(sorted(map(normalise, found.extras))),
        str(found.specifier),
        found.url or "",
        str(found.marker or ""),
        pins[0] if pins else "",
    )


def parse_specifiers(text: str) -> str:
    """Return the version specifiers in ``text``, in the one order that equal sets share.

    Raises:
        BadInput: it has something that is no specifier.
    """
    try:
        return str(SpecifierSet(_short(text)))
    except InvalidSpecifier as error:
        raise BadInput(_first_line(error)) from error


def parse_licence(text: str) -> str:
    """Return an SPDX licence expression in its canonical spelling.

    Raises:
        BadInput: it is not one.
    """
    try:
        return canonicalize_license_expression(_short(text))
    except (InvalidLicenseExpression, RecursionError) as error:
        raise BadInput(_first_line(error) or "it is too deeply nested") from error


def parse_wheel_name(filename: str) -> WheelName:
    """Return what the name of a wheel says, by the rules for those who write wheels.

    Raises:
        BadInput: it is not the name of a wheel.
    """
    sets = filename.removesuffix(".whl").rsplit("-", MAX_SETS)[1:]
    count = 1
    for one_set in sets:
        count *= one_set.count(".") + 1
    if count > MAX_TAGS:  # three sets of fifty are a quarter of a million triples
        raise BadInput(f"it has more than {MAX_TAGS} tags")
    try:
        name, version, build, tags = parse_wheel_filename(filename)
    except InvalidWheelFilename as error:
        raise BadInput(_first_line(error)) from error
    build_text = f"{build[0]}{build[1]}" if build else ""
    return WheelName(ProjectName(name), str(version), build_text, frozenset(map(str, tags)))


def _short(text: str) -> str:
    """Return ``text`` if it is short enough to be parsed at leisure."""
    if len(text) > MAX_TEXT:
        raise BadInput(f"it is longer than {MAX_TEXT} characters")
    return text


def _first_line(error: Exception) -> str:
    """Return what a parser says, without the drawing below it."""
    return str(error).partition("\n")[0].rstrip(".")
