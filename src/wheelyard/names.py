"""Names of projects, files and digests, parsed once at the edge.

After parsing, a name is never a plain ``str`` again: ``ProjectName`` is normalised,
``Filename`` is safe in a URL path and on a disk, ``Sha256`` is 64 lower-case hex digits.
Source: https://packaging.python.org/specifications/name-normalization/
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from packaging.utils import canonicalize_version
from packaging.version import VERSION_PATTERN, InvalidVersion, Version

from wheelyard.errors import BadInput
from wheelyard.spelling import MAIN, Filename, IndexName, ProjectName, Sha256, normalise

__all__ = [
    "MAIN",
    "Filename",
    "IndexName",
    "ProjectName",
    "ReleaseKind",
    "Sha256",
    "canonical_version",
    "filename_version",
    "is_archive",
    "is_file_of",
    "is_source_archive",
    "is_version",
    "is_wheel",
    "likely_project",
    "newest_version",
    "normalise",
    "parse_filename",
    "parse_project_name",
    "parse_sha256",
    "project_candidates",
    "reads_as_version",
    "release_kind",
    "sort_versions",
    "stated_version",
    "version_key",
]

ReleaseKind = Literal["final", "prerelease", "development"]
"""What a release is meant to be. A post-release is final; what is no version is taken for it."""

MAX_NAME_LENGTH = 200
MAX_FILENAME_BYTES = 255
MAX_VERSION_LENGTH = 255

# `fullmatch`, not `$`: a name with a trailing newline is not a name.
_NAME = re.compile(r"[A-Z0-9](?:[A-Z0-9._-]*[A-Z0-9])?", re.IGNORECASE | re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SDIST_SUFFIX = re.compile(
    r"\.(?:tar\.gz|tar\.bz2|tar\.xz|tar\.Z|tgz|tar|zip|egg|exe|msi|rpm|deb|dmg)$", re.IGNORECASE
)
_SOURCE_SUFFIX = re.compile(r"\.(?:tar\.gz|tar\.bz2|tar\.xz|tar\.Z|tgz|tar|zip)$", re.IGNORECASE)
_VERSION_START = re.compile(r"v?\d", re.ASCII)
_VERSION = re.compile(VERSION_PATTERN, re.VERBOSE | re.IGNORECASE)
# Nearly every file name there is; the others are looked at one condition at a time.
_PLAIN_FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+!-]{0,254}")
_EGG_TAIL = re.compile(r"-py\d(?:\.\d+)?(?:-.+)?$", re.ASCII | re.DOTALL)
_RPM_TAIL = re.compile(r"-[^-]+\.[a-z0-9_]+$", re.ASCII)
_PLATFORM_TAIL = re.compile(
    r"[.-](?:win32|win-[a-z0-9]+|(?:linux|freebsd|openbsd|cygwin|solaris|aix|macosx)-.+?)"
    r"(?:-py\d(?:\.\d+)?)?$",
    re.ASCII | re.IGNORECASE,
)


def parse_project_name(text: str) -> ProjectName:
    """Return the normalised name that ``text`` spells.

    Raises:
        BadInput: ``text`` is not a valid project name.

    Source: PEP 508, "Names"; the anchor is a true end of string.
    """
    if len(text) > MAX_NAME_LENGTH or _NAME.fullmatch(text) is None:
        message = (
            f"`{text[:80]!a}` is not a project name: use ASCII letters, digits, `-`, `_` and `.`, "
            f"starting and ending with a letter or digit, at most {MAX_NAME_LENGTH} characters."
        )
        raise BadInput(message)
    return ProjectName(normalise(text))


def parse_sha256(text: str) -> Sha256:
    """Return ``text`` as a digest of 64 lower-case hex digits.

    Raises:
        BadInput: it is anything else.
    """
    digest = text.lower()
    if _SHA256.fullmatch(digest) is None:
        message = f"`{text[:80]!a}` is not a SHA-256 digest: 64 hex digits are needed."
        raise BadInput(message)
    return Sha256(digest)


def parse_filename(text: str) -> Filename:
    """Return ``text`` as a file name that is safe in a URL path and on a disk.

    Raises:
        BadInput: it is empty, too long, hidden, not NFC, or has a separator or control character.
    """
    if _PLAIN_FILENAME.fullmatch(text):
        return Filename(text)
    if problem := _filename_problem(text):
        message = f"`{text[:80]!a}` is not a usable file name: {problem}."
        raise BadInput(message)
    return Filename(text)


def _filename_problem(text: str) -> str:
    """Return what is wrong with a file name, or an empty string."""
    if not text or text.startswith("."):
        return "it is empty or starts with a dot"
    if "/" in text or "\\" in text:
        return "it has a path separator"
    if not text.isprintable() or unicodedata.normalize("NFC", text) != text:
        return "it has control characters or is not in normal form C"
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FILENAME_BYTES:
        return f"it is longer than {MAX_FILENAME_BYTES} bytes"
    return ""


def is_wheel(filename: str) -> bool:
    """Say whether ``filename`` names a wheel."""
    return filename.endswith(".whl")


def project_candidates(filename: str) -> tuple[ProjectName, ...]:
    """Return the projects that ``filename`` may belong to, the likeliest first.

    Today's names are unambiguous. Historic ones are not: ``a-b-1.0.zip`` may be
    ``a-b`` 1.0 or ``a`` with version ``b-1.0``, so every cut at a dash is a candidate.
    Source: PEP 427 and PEP 625 (strict forms); PEP 527 (historic suffixes).
    """
    found: list[str] = []
    parts = _without_suffix(filename).split("-")
    cuts = range(1, len(parts))
    # A part that starts with a digit is where a version usually begins.
    likely = [cut for cut in cuts if _VERSION_START.match(parts[cut])]
    first = likely if is_wheel(filename) else [*reversed(likely)]
    for cut in [*first, *(cut for cut in cuts if cut not in likely)]:
        prefix = "-".join(parts[:cut]).rstrip("-_.")
        if _NAME.fullmatch(prefix) and (name := normalise(prefix)) not in found:
            found.append(name)
    return tuple(ProjectName(name) for name in found)


def likely_project(filename: str) -> ProjectName | None:
    """Return the project that an archive is most likely of, or None if it can be of none."""
    return next((name for name in project_candidates(filename) if is_file_of(filename, name)), None)


def is_archive(filename: str) -> bool:
    """Say whether ``filename`` ends like a wheel, a source archive or a historic distribution."""
    return filename.endswith((".whl", ".tar.gz", ".zip")) or bool(_SDIST_SUFFIX.search(filename))


def is_source_archive(filename: str) -> bool:
    """Say whether ``filename`` names a source archive: no wheel, egg, installer, or built tree.

    ``a-1.0.linux-x86_64.tar.gz`` is what ``bdist_dumb`` built, and no source.
    """
    return bool(_SOURCE_SUFFIX.search(filename)) and not _PLATFORM_TAIL.search(
        _SOURCE_SUFFIX.sub("", filename)
    )


def stated_version(filename: str, project: ProjectName) -> str | None:
    """Return the version in ``filename`` as it is spelled there, or None.

    None means that the name is not one of ``project``: the part before the version does not
    normalise to it.  What is returned need not be a valid version: historic names are free.
    """
    head, rest = filename[: len(project)], filename[len(project) + 1 :]
    if filename.startswith("-", len(project)) and head.replace("_", "-").lower() == project:
        plain = _without_suffix(rest)  # nothing shorter can be the name; 4 x faster
        if plain:
            if is_wheel(filename):
                return plain.partition("-")[0]
            return _without_platform(plain, filename) or None
    parts = _without_suffix(filename).split("-")
    for cut in range(1, len(parts)):
        if normalise("-".join(parts[:cut])) == project:
            if is_wheel(filename):
                return parts[cut]
            return _without_platform("-".join(parts[cut:]), filename) or None
    return None


def is_file_of(filename: str, project: ProjectName) -> bool:
    """Say whether ``filename`` is ``{project}-{version}`` with the suffix of an archive."""
    version = stated_version(filename, project) if is_archive(filename) else None
    return version is not None and reads_as_version(version)


def _without_suffix(filename: str) -> str:
    """Return a file name without the suffix of an archive."""
    for usual in (".tar.gz", ".whl", ".zip"):
        if filename.endswith(usual):
            return filename[: -len(usual)]
    return _SDIST_SUFFIX.sub("", filename)


def _without_platform(text: str, filename: str) -> str:
    """Return a version without what old built formats write after it.

    ``1.0-py2.7-linux-x86_64`` (egg), ``1.0.win32-py2.7`` (exe, msi), ``1.0-1.noarch`` (rpm),
    ``1.0.linux-x86_64`` (dumb tar.gz and zip).
    """
    if "-" not in text and "win32" not in text:
        return text
    suffix = filename[-4:].lower()
    if suffix == ".egg":
        return _EGG_TAIL.sub("", text)
    if suffix == ".rpm":
        return _RPM_TAIL.sub("", text)
    return _PLATFORM_TAIL.sub("", text)


def filename_version(filename: str, project: ProjectName) -> str | None:
    """Return the version that ``filename`` of ``project`` states, or None if it has none.

    In canonical spelling if it is a version, else what follows the project's name.
    Source: PEP 427 and PEP 625; PEP 440 for the canonical spelling.
    """
    stated = stated_version(filename, project)
    if stated is None:
        return None
    return canonical_version(stated) or stated


def is_version(text: str) -> bool:
    """Say whether ``text`` is a version in the sense of PEP 440; cheap, nothing is built."""
    return len(text) <= MAX_VERSION_LENGTH and _VERSION.fullmatch(text) is not None


def reads_as_version(text: str) -> bool:
    """Say whether ``text``, between a project's name and a suffix, can be meant as a version.

    Without a true version ``foo-bar-1.0.zip`` would be a file of ``foo`` in version ``bar-1.0``.
    Historic versions that are none today still start with a digit and have no further dash.
    """
    return is_version(text) or (text[:1].isdigit() and "-" not in text)


@lru_cache(maxsize=4096)  # as those of `version_key`
def canonical_version(text: str) -> str | None:
    """Return the one spelling that all equal versions share, or None if it is no version.

    Source: PEP 440, "Normalization"; trailing zeros are kept, as file names do.
    """
    version = _parse_version(text)
    return None if version is None else str(version)


@lru_cache(maxsize=4096)  # the same few are asked for again and again for the files of a page
def version_key(text: str) -> str:
    """Return what two spellings share exactly if they mean the same version (``1.0``, ``1.0.0``).

    A spelling that is no version is its own key.
    """
    return canonicalize_version(text) if len(text) <= MAX_VERSION_LENGTH else text


def release_kind(text: str) -> ReleaseKind:
    """Return what the release of that version is meant to be.

    A development build of a pre-release is one, too. Source: PEP 440.
    """
    version = _parse_version(text)
    if version is None or not version.is_prerelease:
        return "final"
    return "development" if version.is_devrelease else "prerelease"


def newest_version(versions: Iterable[str]) -> str | None:
    """Return the newest final version; without one the newest there is; None if empty.

    Spellings that are no version come before all others, in alphabetical order.
    """
    keyed = [(_parse_version(text), text) for text in versions]
    valid = [(version, text) for version, text in keyed if version is not None]
    final = [pair for pair in valid if not pair[0].is_prerelease]
    if best := max(final or valid, default=None):
        return best[1]
    return max((text for _, text in keyed), default=None)


def sort_versions(versions: Iterable[str]) -> list[str]:
    """Return ``versions`` from the oldest to the newest; what is no version comes first."""
    keyed = [(_parse_version(text), text) for text in versions]
    valid = sorted((version, text) for version, text in keyed if version is not None)
    return [*sorted(text for version, text in keyed if version is None), *(t for _, t in valid)]


@lru_cache(maxsize=4096)
def _parse_version(text: str) -> Version | None:
    """Return ``text`` as a version of packaging, or None."""
    if len(text) > MAX_VERSION_LENGTH:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None
