"""What an sdist needs to run and to be built, as far as it says so without being executed.

In this order; the first that speaks is believed:

1. `PKG-INFO` of metadata 2.2 or later that does not call its requirements dynamic;
2. `pyproject.toml`, if it states its dependencies;
3. what setuptools wrote down when the sdist was made (`egg-info/requires.txt`);
4. the requirements in any `PKG-INFO`.

1 and 2 are what every build must come to. 3 and 4 are what one build came to: true for nearly all,
and said to be so. Source: PEP 643 (dynamic fields), PEP 621, PEP 518.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from wheelyard.closure.sdist import SdistFacts
from wheelyard.errors import BadInput
from wheelyard.names import ProjectName
from wheelyard.requirements import split_requirement
from wheelyard.wire.metadata_headers import MetadataHeaders, parse_metadata_headers

__all__ = ["BuildNeeds", "Stated", "build_needs", "stated_metadata"]

_DEFAULT_BACKEND: Final = "setuptools.build_meta:__legacy__"
_DEFAULT_NEEDS: Final = ("setuptools>=40.8.0",)
_FIRST_STATIC: Final = (2, 2)
_SECTION = re.compile(r"\[([^:\]]*)(?::(.*))?\]")


@dataclass(frozen=True, slots=True)
class Stated:
    """Core metadata for a resolver. ``doubt`` says, if not empty, why they may not be all."""

    metadata: bytes
    doubt: str = ""


@dataclass(frozen=True, slots=True)
class BuildNeeds:
    """What must be installed before an sdist can be built, and which backend builds it."""

    requires: tuple[str, ...]
    backend: str

    @property
    def is_setuptools(self) -> bool:
        """Whether setuptools builds it, whose older releases ask for `wheel` while they do."""
        return self.backend.startswith("setuptools.")


@dataclass(frozen=True, slots=True)
class _Needs:
    """What a release requires, as the lines of core metadata say it."""

    requires: tuple[str, ...]
    extras: tuple[str, ...]
    requires_python: str
    doubt: str = ""


def stated_metadata(facts: SdistFacts, name: ProjectName, version: str) -> Stated:
    """Return the metadata of the release ``name`` ``version``, whose sdist says ``facts``.

    Raises:
        BadInput: it says nothing that can be relied on; the message is half a sentence.
    """
    headers = _headers(facts)
    project = _project_table(facts)
    needs = _from_static(headers) or _from_project(project) or _from_egg_info(facts, headers)
    needs = needs or _from_any(headers)
    if needs is None:
        raise BadInput("it says what it requires only when it is built, and nothing is built here")
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    if needs.requires_python:
        lines.append(f"Requires-Python: {needs.requires_python}")
    lines += [f"Requires-Dist: {' '.join(one.split())}" for one in needs.requires]
    lines += [f"Provides-Extra: {one}" for one in needs.extras]
    return Stated(("\n".join(lines) + "\n").encode(), needs.doubt)


def build_needs(facts: SdistFacts) -> BuildNeeds:
    """Return what building takes, beyond what the backend asks for while it runs.

    Raises:
        BadInput: `pyproject.toml` cannot be read, or what it says is no list of requirements.
    """
    if facts.pyproject is None:
        return BuildNeeds(_DEFAULT_NEEDS, _DEFAULT_BACKEND)
    system = _parsed(facts.pyproject).get("build-system")
    if not isinstance(system, dict):
        return BuildNeeds(_DEFAULT_NEEDS, _DEFAULT_BACKEND)
    requires = system.get("requires", [])
    if not isinstance(requires, list) or not all(isinstance(one, str) for one in requires):
        raise BadInput("its `build-system.requires` is not a list of requirements")
    for one in requires:
        if split_requirement(one).url:
            raise BadInput("it needs something from a URL to be built, which no index can give")
    backend = system.get("build-backend", _DEFAULT_BACKEND)
    return BuildNeeds(tuple(requires), str(backend))


def _headers(facts: SdistFacts) -> MetadataHeaders | None:
    """Return the headers of `PKG-INFO`, or None if there are none that can be read."""
    if facts.pkg_info is None:
        return None
    try:
        return parse_metadata_headers(facts.pkg_info)
    except BadInput:
        return None


def _from_static(headers: MetadataHeaders | None) -> _Needs | None:
    """Return what metadata say that must hold for every build."""
    if headers is None or _metadata_version(headers) < _FIRST_STATIC:
        return None
    dynamic = {value.lower() for value in headers.all("Dynamic")}
    if dynamic & {"requires-dist", "provides-extra", "requires-python"}:
        return None
    return _from_headers(headers)


def _from_headers(headers: MetadataHeaders, doubt: str = "") -> _Needs:
    """Return what the headers say."""
    requires = _readable(headers.all("Requires-Dist"))
    extras = headers.all("Provides-Extra")
    return _Needs(requires, extras, headers.one("Requires-Python"), doubt)


def _metadata_version(headers: MetadataHeaders) -> tuple[int, ...]:
    """Return the version of the metadata; what is none is old."""
    parts = headers.one("Metadata-Version").split(".")
    return tuple(int(part) for part in parts if part.isdecimal())


def _project_table(facts: SdistFacts) -> Mapping[str, object] | None:
    """Return `[project]` of `pyproject.toml`, or None if there is none that can be read."""
    try:
        table = _parsed(facts.pyproject or b"").get("project")
    except BadInput:
        return None
    return table if isinstance(table, dict) else None


def _parsed(content: bytes) -> dict[str, object]:
    """Return what a `pyproject.toml` says."""
    try:
        return tomllib.loads(content.decode())
    except (ValueError, RecursionError) as error:
        raise BadInput(f"its `pyproject.toml` cannot be read ({error})") from error


def _from_project(project: Mapping[str, object] | None) -> _Needs | None:
    """Return what `pyproject.toml` states; None if a part of it is left to the build."""
    if project is None:
        return None
    dynamic = project.get("dynamic")
    left = {"dependencies", "optional-dependencies", "requires-python"}
    if isinstance(dynamic, list) and left & {str(one) for one in dynamic}:
        return None
    requires = [*_texts(project.get("dependencies"))]
    optional = project.get("optional-dependencies")
    extras = (
        {str(key): [*_texts(value)] for key, value in (optional or {}).items()}
        if (isinstance(optional, dict))
        else {}
    )
    for extra, more in extras.items():
        requires += [_limited(one, f"extra == '{extra}'") for one in more]
    python = project.get("requires-python")
    return _Needs(_readable(requires), tuple(extras), python if isinstance(python, str) else "")


def _from_egg_info(facts: SdistFacts, headers: MetadataHeaders | None) -> _Needs | None:
    """Return what setuptools knew when the sdist was made."""
    if not facts.has_egg_info and facts.requires_txt is None:
        return None
    text = (facts.requires_txt or b"").decode("utf-8", "replace")
    requires: list[str] = []
    extras: list[str] = []
    extra = marker = ""
    for line in (raw.strip() for raw in text.splitlines()):
        if found := _SECTION.fullmatch(line):
            extra, marker = found[1], found[2] or ""
            if extra and extra not in extras:
                extras.append(extra)
        elif line and not line.startswith("#"):
            conditions = [marker, f"extra == '{extra}'" if extra else ""]
            requires.append(_limited(line, *conditions))
    python = headers.one("Requires-Python") if headers else ""
    return _Needs(_readable(requires), tuple(extras), python, "setuptools wrote it into the sdist")


def _from_any(headers: MetadataHeaders | None) -> _Needs | None:
    """Return what metadata say that need not hold for every build, if they say anything."""
    if headers is None or not headers.all("Requires-Dist"):
        return None
    return _from_headers(headers, "its `PKG-INFO` calls it dynamic or is older than metadata 2.2")


def _limited(requirement: str, *conditions: str) -> str:
    """Return a requirement that holds under all of these conditions, and its own, only."""
    text, _, own = requirement.partition(";")
    given = [one.strip() for one in (own, *conditions) if one.strip()]
    joined = " and ".join(f"({one})" for one in given) if len(given) > 1 else "".join(given)
    return f"{text.strip()} ; {joined}" if joined else text.strip()


def _texts(value: object) -> Iterator[str]:
    """Yield the texts in a list."""
    yield from (one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _readable(requires: Iterable[str]) -> tuple[str, ...]:
    """Return the requirements, if all of them can be read.

    Raises:
        BadInput: one cannot; a resolver would make the same of it.
    """
    found = tuple(requires)
    for one in found:
        try:
            split_requirement(one)
        except BadInput as error:
            raise BadInput(f"it requires `{one[:80]!a}`, which is no requirement") from error
    return found
