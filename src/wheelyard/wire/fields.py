"""Single values of a file entry, the same for the JSON and the HTML form.

A value that cannot be used counts as absent: the file stays, the claim goes.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal

from wheelyard.errors import BadInput
from wheelyard.model import File, Hashes, Project, ProjectStatus, StatusMarker
from wheelyard.names import stated_version, version_key
from wheelyard.wire.digests import parse_hashes

__all__ = [
    "MAX_SIZE",
    "NO_STATUS",
    "advertised_metadata",
    "check_api_version",
    "listed_files",
    "listed_versions",
    "parse_metadata_claim",
    "parse_requires_python",
    "parse_serial",
    "parse_status",
    "parse_text",
    "parse_upload_time",
]

MAX_SIZE: Final = 1 << 53
MAX_TEXT: Final = 4_096
MAX_SERIAL: Final = 1 << 63
_SERIAL_DIGITS: Final = 19
NO_STATUS: Final = ProjectStatus()

_MARKERS: Mapping[str, StatusMarker] = {
    "active": "active",
    "archived": "archived",
    "quarantined": "quarantined",
    "deprecated": "deprecated",
}
# Controls would reach terminals and logs; separators, surrogates and what Unicode says is no
# character break readers.
_NO_CHARACTERS = "".join(chr(at) + chr(at + 1) for at in range(0xFFFE, 0x110000, 0x10000))
_UNSAFE = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef{_NO_CHARACTERS}]")
_UPLOAD_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?Z"
)
_API_VERSION = re.compile(r"([0-9]{1,9})\.[0-9]{1,9}")


def parse_text(text: str) -> str:
    """Return free text for people: control characters as spaces, at most 4,096 characters."""
    if len(text) <= MAX_TEXT and text.isprintable():
        return text
    return _UNSAFE.sub(" ", text[:MAX_TEXT])


def parse_requires_python(text: str | None) -> str | None:
    """Return the specifier unchanged, odd spellings included, or None if there is none.

    Source: PEP 503, 691; clients have lenient parsers for what PyPI has carried for years.
    """
    if not text or len(text) > MAX_TEXT:
        return None
    return text if text.isprintable() else _UNSAFE.sub(" ", text)


def parse_upload_time(text: str | None) -> str | None:
    """Return ``text`` as RFC 3339 in UTC with a literal ``Z``, or None if it is no such time.

    Other offsets are converted.
    Source: PEP 700, "Upload time".
    """
    if not text or len(text) > len("2026-01-01T00:00:00.000000+00:00"):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if _UPLOAD_TIME.fullmatch(text):
            return text
        if moment.tzinfo is None:
            return None
        return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        return None


def parse_metadata_claim(value: bool | Mapping[str, str] | None) -> Hashes | Literal[False] | None:  # noqa: FBT001 - the wire's own type
    """Return what a page says of the metadata file; see ``File.core_metadata``.

    Source: PEP 714.
    """
    if value is None:
        return None
    if value is True:
        return ()
    return parse_hashes(value) if value else False


def advertised_metadata(file: File) -> Hashes:
    """Return the digests with which to advertise the metadata file; () means: do not.

    Never without a SHA-256: with a bare ``true`` pdm takes the body of a 404 as metadata.
    """
    return file.core_metadata or () if file.metadata_sha256 else ()


def parse_serial(value: object) -> int | None:
    """Return a serial, from a number or its digits, or None."""
    if isinstance(value, str) and len(value) <= _SERIAL_DIGITS and value.isascii():
        value = int(value) if value.isdigit() else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value < MAX_SERIAL else None


def parse_status(status: object, reason: object) -> ProjectStatus:
    """Return a project's status; an unknown marker promises nothing and counts as none.

    Source: PEP 792.
    """
    marker = _MARKERS.get(status) if isinstance(status, str) else None
    if marker is None:
        return NO_STATUS
    return ProjectStatus(marker, parse_text(reason) if isinstance(reason, str) and reason else None)


def check_api_version(version: object) -> None:
    """Accept every ``1.x``.

    Raises:
        BadInput: it is another major version, or none at all.

    Source: PEP 629 and 691: a greater major must fail, a greater minor must not.
    """
    match = _API_VERSION.fullmatch(version) if isinstance(version, str) else None
    if match is None:
        raise BadInput("meta.api-version: a string such as `1.4` is needed.")
    if int(match[1]) != 1:
        raise BadInput(f"meta.api-version: `{match[0]}` is not understood; this program reads 1.x.")


def listed_files(project: Project) -> tuple[File, ...]:
    """Return the files that a page may offer: none of a quarantined project.

    Source: PEP 792.
    """
    return () if project.status.status == "quarantined" else project.files


def listed_versions(project: Project, files: Iterable[File]) -> list[str]:
    """Return the owner's versions, then those that only ``files`` mention; no duplicates.

    Source: PEP 700, "Versions".
    """
    versions = dict.fromkeys(project.versions)
    stated = {stated_version(file.filename, project.name): None for file in files}
    missing = [text for text in stated if text is not None and text not in versions]
    if missing:
        keys = {version_key(text) for text in versions}
        for text in missing:
            if (key := version_key(text)) not in keys:
                keys.add(key)
                versions[text] = None
    return list(versions)
