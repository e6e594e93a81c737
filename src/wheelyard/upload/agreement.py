"""The metadata in the file against what was said about it: by the form, and by the file's name.

What the form says is what a person saw; what the file says is what will be installed.  Where the
form is silent the file counts; where it speaks it must say the same, or a dependency that nobody
saw would be installed.
Pure.  Source: T15 of the threat model; PEP 643 (metadata in source distributions).
"""

from collections.abc import Iterator
from typing import Final

from wheelyard.errors import BadInput
from wheelyard.names import (
    Filename,
    ProjectName,
    canonical_version,
    is_wheel,
    normalise,
    stated_version,
    version_key,
)
from wheelyard.requirements import parse_requirement, parse_specifiers
from wheelyard.upload.archives.paths import shown
from wheelyard.upload.claims import Claims
from wheelyard.upload.metadata_fields import parse_metadata_version
from wheelyard.wire.metadata_headers import MetadataHeaders

__all__ = ["disagreements"]

_RELIABLE: Final = (2, 2)


def disagreements(metadata: MetadataHeaders, claims: Claims, filename: Filename) -> tuple[str, ...]:
    """Return a sentence for each thing that is said in two ways; none if all agree."""
    return (
        *_identity(metadata, claims),
        *_filename(metadata, filename),
        *_metadata_version(metadata, claims),
        *_requires_python(metadata, claims, filename),
        *_requires_dist(metadata, claims, filename),
    )


def _is_final(metadata: MetadataHeaders, field: str, filename: Filename) -> bool:
    """Say whether what the file says of ``field`` is all there is to say.

    In source archives it is only since metadata 2.2, and then not for what is called dynamic.
    Source: PEP 643.
    """
    if is_wheel(filename):
        return True
    version = parse_metadata_version(metadata.one("Metadata-Version")) or (0, 0)
    dynamic = {name.lower() for name in metadata.all("Dynamic")}
    return version >= _RELIABLE and field.lower() not in dynamic


def _identity(metadata: MetadataHeaders, claims: Claims) -> Iterator[str]:
    """Yield whether form and file are of one project and version."""
    name, version = metadata.one("Name"), metadata.one("Version")
    if claims.name and normalise(claims.name) != normalise(name):
        yield f"name: the form says {shown(claims.name)}, the metadata in the file {shown(name)}."
    if claims.version and not _same_version(claims.version, version):
        yield (
            f"version: the form says {shown(claims.version)}, "
            f"the metadata in the file {shown(version)}."
        )


def _filename(metadata: MetadataHeaders, filename: Filename) -> Iterator[str]:
    """Yield whether the file's name is of the project and version in its metadata."""
    name, version = metadata.one("Name"), metadata.one("Version")
    stated = stated_version(filename, ProjectName(normalise(name))) if name else None
    if stated is None:
        yield f"Name: the metadata in the file says {shown(name)}, the file name {shown(filename)}."
        return
    # In a wheel's name a dash cannot stand, so local versions and post releases have a `_` there.
    spelling = stated.replace("_", "-") if is_wheel(filename) else stated
    if not (_same_version(stated, version) or _same_version(spelling, version)):
        yield (
            f"Version: the metadata in the file says {shown(version)}, "
            f"the file name {shown(stated)}."
        )


def _same_version(one: str, other: str) -> bool:
    """Say whether two spellings mean one version."""
    if canonical_version(one) is None or canonical_version(other) is None:
        return one == other
    return version_key(one) == version_key(other)


def _metadata_version(metadata: MetadataHeaders, claims: Claims) -> Iterator[str]:
    """Yield whether the form's major metadata version is the file's.

    The minor one is the tool's: flit always says 2.3, some say what they wrote and some what they
    read.
    """
    stated, found = claims.metadata_version, metadata.one("Metadata-Version")
    if stated and found and stated.partition(".")[0] != found.partition(".")[0]:
        yield (
            f"metadata_version: the form says {shown(stated)}, "
            f"the metadata in the file {shown(found)}."
        )


def _requires_python(
    metadata: MetadataHeaders, claims: Claims, filename: Filename
) -> Iterator[str]:
    """Yield whether form and file allow the same versions of Python."""
    found = metadata.one("Requires-Python")
    if not found and not _is_final(metadata, "Requires-Python", filename):
        return
    if claims.requires_python and _specifiers(claims.requires_python) != _specifiers(found):
        yield (
            f"requires_python: the form says {shown(claims.requires_python)}, "
            f"the metadata in the file {shown(found)}."
        )


def _specifiers(text: str) -> str:
    """Return specifiers as they can be compared; what is none stays as it is."""
    try:
        return parse_specifiers(text)
    except BadInput:
        return text


def _requires_dist(metadata: MetadataHeaders, claims: Claims, filename: Filename) -> Iterator[str]:
    """Yield the requirements that only one of form and file has; none if the form has none."""
    if not claims.requires_dist:
        return
    said = {_requirement(text): text for text in claims.requires_dist}
    found = {_requirement(text): text for text in metadata.all("Requires-Dist")}
    advice = "Upload with a tool that sends what the file says"
    for key in sorted(found.keys() - said.keys()):
        text = shown(found[key])
        yield f"requires_dist: the metadata in the file has {text}, the form does not. {advice}."
    if not _is_final(metadata, "Requires-Dist", filename):
        return
    for key in sorted(said.keys() - found.keys()):
        text = shown(said[key])
        yield f"requires_dist: the form has {text}, the metadata in the file does not. {advice}."


def _requirement(text: str) -> str:
    """Return a requirement as it can be compared; what is none stays as it is."""
    try:
        return parse_requirement(text).canonical
    except BadInput:
        return text
