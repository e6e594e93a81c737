"""What is inside one file, and whether it may be served: archive, metadata, claims.

Synchronous, and as slow as the file is large; ``inspecting`` runs it in a process with limits.
"""

import hashlib
from pathlib import Path

import msgspec

from wheelyard.names import Filename, is_wheel
from wheelyard.requirements import parse_wheel_name
from wheelyard.upload.agreement import disagreements
from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.paths import shown
from wheelyard.upload.archives.reading import read_contents
from wheelyard.upload.claims import Claims
from wheelyard.upload.findings import Findings
from wheelyard.upload.metadata_rules import check_metadata
from wheelyard.wire.metadata_headers import parse_metadata_headers

__all__ = ["Inspected", "InspectionRules", "inspect_file"]


class InspectionRules(msgspec.Struct, frozen=True):
    """How strict an inspection is; ``strict`` refuses what is else only warned about."""

    limits: ArchiveLimits = ArchiveLimits()
    strict: bool = False


class Inspected(msgspec.Struct, frozen=True, kw_only=True):
    """A file that may be served.

    ``metadata`` are the bytes of its ``METADATA`` or ``PKG-INFO``; ``name``, ``version`` and
    ``requires_python`` (empty if it has none) are as they are spelled there.
    """

    metadata: bytes
    metadata_sha256: str
    name: str
    version: str
    requires_python: str = ""
    members: int = 0
    unpacked_bytes: int = 0
    warnings: tuple[str, ...] = ()


def inspect_file(
    path: Path, filename: Filename, claims: Claims, rules: InspectionRules
) -> Inspected:
    """Return what the file at ``path`` is, which is to be served as ``filename``.

    Raises:
        BadInput: with everything for which it must not be served.
    """
    contents = read_contents(path, filename, rules.limits)
    metadata = parse_metadata_headers(contents.metadata)
    findings = (
        Findings(disagreements(metadata, claims, filename))
        + check_metadata(metadata, contents.licence_files, strict=rules.strict)
        + Findings.tolerable(_tags(contents, filename), strict=rules.strict)
    )
    findings.raise_problems()
    return Inspected(
        metadata=contents.metadata,
        metadata_sha256=hashlib.sha256(contents.metadata).hexdigest(),
        name=metadata.one("Name"),
        version=metadata.one("Version"),
        requires_python=metadata.one("Requires-Python"),
        members=contents.members,
        unpacked_bytes=contents.unpacked_bytes,
        warnings=findings.warnings,
    )


def _tags(contents: Contents, filename: Filename) -> tuple[str, ...]:
    """Return a sentence if a wheel says other tags inside than its name does."""
    stated = frozenset(
        f"{python}-{abi}-{platform}"
        for tag in contents.tags
        if tag.count("-") == 2  # noqa: PLR2004 - Python, ABI and platform
        for pythons, abis, platforms in [tag.split("-")]
        for python in pythons.split(".")
        for abi in abis.split(".")
        for platform in platforms.split(".")
    )
    named = parse_wheel_name(filename).tags if is_wheel(filename) else stated
    if stated == named:
        return ()
    return (f"WHEEL: its tags are other ones than those of the file name {shown(filename)}.",)
