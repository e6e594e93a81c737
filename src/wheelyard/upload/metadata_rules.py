"""What the metadata in an uploaded file must be.

Two kinds of rules: those without which installers stumble or differ, which always refuse, and those
that a newer tool or a private habit may break, which refuse where rules are strict and else warn.
Messages begin with the name of the field.
Pure, but slow for metadata made to be slow: run it where time is limited (``inspecting``).
Source: https://packaging.python.org/specifications/core-metadata/ (2.6); PyPI's rules for uploads.
"""

import re
from collections.abc import Iterable, Iterator
from email.utils import getaddresses
from typing import Final
from urllib.parse import urlsplit

from wheelyard.errors import BadInput
from wheelyard.names import is_version, parse_project_name
from wheelyard.requirements import parse_licence, parse_requirement, parse_specifiers
from wheelyard.upload.archives.paths import shown
from wheelyard.upload.classifiers import classifier_problems
from wheelyard.upload.findings import Findings
from wheelyard.upload.metadata_fields import (
    ADDED,
    DYNAMIC_NEVER,
    REPEATED,
    check_description_type,
    parse_metadata_version,
)
from wheelyard.wire.metadata_headers import MetadataHeaders

__all__ = ["check_metadata"]

MAX_SUMMARY: Final = 512
MAX_LABEL: Final = 32
MAX_TOLD: Final = 50
_KNOWN_MINORS: Final = {1: (0, 1, 2), 2: (0, 1, 2, 3, 4, 5, 6)}
_ADDRESS: Final = re.compile(r"[^@\s<>\"(),:;]+@[^@\s<>\"(),:;.]+(?:\.[^@\s<>\"(),:;.]+)*")
_EXTRA: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")
_LICENCES: Final = (2, 4)
_STRICT_EXTRAS: Final = (2, 3)


def check_metadata(
    metadata: MetadataHeaders, licence_files: frozenset[str], *, strict: bool
) -> Findings:
    """Say what is wrong with ``metadata`` of a file that has these licence files."""
    version = parse_metadata_version(metadata.one("Metadata-Version"))
    if version is None or version[0] not in _KNOWN_MINORS:
        said = metadata.one("Metadata-Version")
        sentence = f"Metadata-Version: {shown(said)} is not understood; use 1.0 to 2.6."
        return Findings((sentence,))
    certain = (
        *_identity(metadata),
        *_requirements(metadata),
        *_description(metadata),
        *_licences(metadata, version, licence_files),
    )
    doubtful = (
        *_unknown_minor(metadata, version),
        *classifier_problems(metadata.all("Classifier")),
        *_too_new(metadata, version),
        *_people(metadata),
        *_links(metadata),
        *_legacy_requirements(metadata),
    )
    return Findings(_short(certain)) + Findings.tolerable(_short(doubtful), strict=strict)


def _short(sentences: Iterable[str]) -> tuple[str, ...]:
    """Return the sentences, each once and not more than a person reads."""
    found = tuple(dict.fromkeys(sentences))
    more = len(found) - MAX_TOLD
    return found if more <= 0 else (*found[:MAX_TOLD], f"Metadata: {more} more problems.")


def _unknown_minor(metadata: MetadataHeaders, version: tuple[int, int]) -> Iterator[str]:
    """Yield whether the metadata is newer than we know; its fields are kept as they are."""
    if version[1] not in _KNOWN_MINORS[version[0]]:
        said = metadata.one("Metadata-Version")
        yield f"Metadata-Version: {shown(said)} is newer than 2.6, the newest that is checked here."


def _identity(metadata: MetadataHeaders) -> Iterator[str]:
    """Yield what is wrong with what every release has, and with what came twice."""
    name, version = metadata.one("Name"), metadata.one("Version")
    try:
        parse_project_name(name)
    except BadInput as error:
        yield f"Name: {error}"
    if not is_version(version):
        yield f"Version: {shown(version)} is not a version. Use one such as `1.0` (PEP 440)."
    for header, values in metadata.values.items():
        if header in ADDED and header not in REPEATED and len(set(values)) > 1:
            yield f"{header.title()}: there are {len(values)} different ones; keep one."


def _requirements(metadata: MetadataHeaders) -> Iterator[str]:
    """Yield what is wrong with what a release needs."""
    for header in ("Requires-Dist", "Provides-Dist", "Obsoletes-Dist"):
        for text in metadata.all(header):
            yield from _requirement(header, text)
    python = metadata.one("Requires-Python")
    try:
        parse_specifiers(python)
    except BadInput as error:
        yield f"Requires-Python: {shown(python)} is invalid: {error}. Use one such as `>=3.10`."


def _requirement(header: str, text: str) -> Iterator[str]:
    """Yield what is wrong with one requirement."""
    try:
        found = parse_requirement(text)
    except BadInput as error:
        yield f"{header}: {shown(text)} is invalid: {error}. Write it as PEP 508 has it."
        return
    if found.is_direct:
        yield (
            f"{header}: Can't have direct dependency: {shown(text)}. "
            "Name a version, and upload what it needs to an index."
        )


def _description(metadata: MetadataHeaders) -> Iterator[str]:
    """Yield what is wrong with the texts for people."""
    summary = metadata.one("Summary")
    if len(summary) > MAX_SUMMARY:
        yield f"Summary: field must be {MAX_SUMMARY} characters or less, not {len(summary)}."
    if "\n" in summary:
        yield "Summary: must be a single line."
    if said := metadata.one("Description-Content-Type"):
        yield from check_description_type(said)


def _licences(
    metadata: MetadataHeaders, version: tuple[int, int], licence_files: frozenset[str]
) -> Iterator[str]:
    """Yield what is wrong with licences. Before 2.4 tools wrote these fields without a rule."""
    expression = metadata.one("License-Expression")
    try:
        if expression:
            parse_licence(expression)
    except BadInput as error:
        yield f"License-Expression: {shown(expression)} is invalid: {error}."
    if expression and metadata.one("License"):
        yield "License: is deprecated beside License-Expression. Remove `License`."
    if version < _LICENCES:
        return
    for path in metadata.all("License-File"):
        if path not in licence_files:
            yield f"License-File: {shown(path)} does not exist in the distribution file."


def _too_new(metadata: MetadataHeaders, version: tuple[int, int]) -> Iterator[str]:
    """Yield the fields that this metadata version does not have yet, and odd values of others."""
    for header, added in ADDED.items():
        # Setuptools wrote `License-File` for years before there was a rule for it.
        if added > version and header != "license-file" and metadata.all(header):
            since = ".".join(map(str, added))
            yield f"{header.title()}: introduced in metadata version {since}; this is older."
    for field in metadata.all("Dynamic"):
        if field.lower() in DYNAMIC_NEVER or field.lower() not in ADDED:
            yield f"Dynamic: {shown(field)} cannot be dynamic. Remove it."
    for extra in metadata.all("Provides-Extra"):
        if version >= _STRICT_EXTRAS and not _EXTRA.fullmatch(extra):
            yield f"Provides-Extra: {shown(extra)} is not a name of an extra."


def _people(metadata: MetadataHeaders) -> Iterator[str]:
    """Yield the addresses that are none."""
    for header in ("Author-email", "Maintainer-email"):
        for _, address in getaddresses(list(metadata.all(header))):
            if address and not _ADDRESS.fullmatch(address):
                yield f"{header}: {shown(address)} is not a valid email address."


def _links(metadata: MetadataHeaders) -> Iterator[str]:
    """Yield the links that no page may show."""
    for header in ("Home-page", "Download-URL"):
        if (url := metadata.one(header)) and not _is_url(url):
            yield f"{header}: {shown(url)} is not a valid url. Use one with `https:`."
    for text in metadata.all("Project-URL"):
        label, _, url = (part.strip() for part in text.partition(","))
        if not label or not url:
            yield f"Project-URL: {shown(text)} must have a label, a comma and a URL."
        elif len(label) > MAX_LABEL:
            yield f"Project-URL: {shown(label)} must be {MAX_LABEL} characters or less."
        elif not _is_url(url):
            yield f"Project-URL: {shown(url)} is not a valid url. Use one with `https:`."


def _is_url(text: str) -> bool:
    """Say whether ``text`` is a link that a browser may follow."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc) and not re.search(r"\s", text)


def _legacy_requirements(metadata: MetadataHeaders) -> Iterator[str]:
    """Yield the module requirements of 2003, which nobody reads, where they are no text at all."""
    for header in ("Requires", "Provides", "Obsoletes"):
        for text in metadata.all(header):
            if not text.isprintable():
                yield f"{header}: {shown(text)} has control characters."
