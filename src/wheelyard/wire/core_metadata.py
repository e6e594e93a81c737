"""Core metadata (``METADATA``, ``PKG-INFO``) as a record, for pages that describe a release.

Descriptive only: nothing is refused for its content, because indexes are full of releases from
before any rule.  Checking what somebody uploads is another matter.
Source: https://packaging.python.org/specifications/core-metadata/ (2.6); PEP 566.
"""

import re
from email.parser import HeaderParser
from typing import Final

import msgspec

from wheelyard.errors import BadInput

__all__ = ["CoreMetadata", "parse_core_metadata"]

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_HEADER_LINES: Final = 50_000

_CONTINUATION = re.compile(r"\n(?: {7}\||        |\t)")


class CoreMetadata(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a release says about itself; fields as in the specification, empty if not given.

    ``project_urls`` are pairs of label and URL, in their order.
    """

    metadata_version: str = ""
    name: str = ""
    version: str = ""
    summary: str = ""
    description: str = ""
    description_content_type: str = ""
    keywords: str = ""
    home_page: str = ""
    download_url: str = ""
    author: str = ""
    author_email: str = ""
    maintainer: str = ""
    maintainer_email: str = ""
    license: str = ""
    license_expression: str = ""
    requires_python: str = ""
    license_files: tuple[str, ...] = ()
    classifiers: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    requires_dist: tuple[str, ...] = ()
    provides_extra: tuple[str, ...] = ()
    dynamic: tuple[str, ...] = ()
    project_urls: tuple[tuple[str, str], ...] = ()


_SINGLE: Final = {
    "description": "Description",
    "metadata_version": "Metadata-Version",
    "name": "Name",
    "version": "Version",
    "summary": "Summary",
    "description_content_type": "Description-Content-Type",
    "keywords": "Keywords",
    "home_page": "Home-page",
    "download_url": "Download-URL",
    "author": "Author",
    "author_email": "Author-email",
    "maintainer": "Maintainer",
    "maintainer_email": "Maintainer-email",
    "license": "License",
    "license_expression": "License-Expression",
    "requires_python": "Requires-Python",
}
_MULTIPLE: Final = {
    "license_files": "License-File",
    "classifiers": "Classifier",
    "platforms": "Platform",
    "requires_dist": "Requires-Dist",
    "provides_extra": "Provides-Extra",
    "dynamic": "Dynamic",
}


def parse_core_metadata(content: bytes) -> CoreMetadata:
    """Return the record that ``content`` describes.

    What does not decode as UTF-8 becomes U+FFFD; values ``UNKNOWN`` of old tools count as none.

    Raises:
        BadInput: it is too large, or has no ``Name`` and no ``Version``.
    """
    text = content[: MAX_BYTES + 1].decode("utf-8", "replace").replace("\r\n", "\n")
    head = text.partition("\n\n")[0]
    if len(content) > MAX_BYTES or head.count("\n") > MAX_HEADER_LINES:
        raise BadInput("metadata: too large.")
    # Headers only: what follows them is text, whatever type it claims to be.
    message = HeaderParser().parsestr(text)
    values: dict[str, list[str]] = {}
    for header, raw in message.items():
        value = str(raw).strip()
        if value and value != "UNKNOWN":
            values.setdefault(header.lower(), []).append(value)
    if "name" not in values or "version" not in values:
        raise BadInput("metadata: `Name` and `Version` are needed.")
    return msgspec.convert(_record(values, str(message.get_payload())), CoreMetadata)


def _record(values: dict[str, list[str]], body: str) -> dict[str, object]:
    """Return the fields of the record from the values of the headers."""
    record: dict[str, object] = {}
    for field, header in _SINGLE.items():
        if found := values.get(header.lower()):
            record[field] = _CONTINUATION.sub("\n", found[0])
    for field, header in _MULTIPLE.items():
        record[field] = tuple(values.get(header.lower(), ()))
    links = [line.partition(",") for line in values.get("project-url", ())]
    record["project_urls"] = tuple((label.strip(), url.strip()) for label, _, url in links)
    if body.strip():
        # Old metadata has it in a header instead.
        record["description"] = body
    return record
