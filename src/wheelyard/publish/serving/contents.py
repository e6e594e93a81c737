"""What each object of a tree is, and how long it may be kept: said once, for stores and servers."""

import re
from dataclasses import dataclass
from typing import Final

from wheelyard.wire import tree
from wheelyard.wire.negotiate import Form

__all__ = [
    "ADDRESSES",
    "FOR_EVER",
    "NAME",
    "Address",
    "Content",
    "cache_control",
    "content_of",
]

FOR_EVER: Final = "public, max-age=31536000, immutable"
"""For what never changes under its name, because the name has its digest."""

_STALE_SECONDS: Final = 300
_IN_AN_OUTAGE_SECONDS: Final = 86_400

_BYTES: Final = "application/octet-stream"
_TEXT: Final = "text/plain; charset=utf-8"
_PROVENANCE_TYPE: Final = "application/vnd.pypi.integrity.v1+json"

_OTHERS: Final = {
    tree.INFO: "application/json",
    tree.MANIFEST: _TEXT,
    tree.PROJECTS: "application/gzip",
    tree.SNAPSHOT: "application/vnd.sqlite3",
    tree.SNAPSHOT_DIGEST: _TEXT,
}

_CODINGS: Final = {".gz": "gzip", ".zst": "zstd"}


@dataclass(frozen=True, slots=True)
class Content:
    """What an object is. ``is_for_ever``: other bytes never come under its name."""

    content_type: str
    content_encoding: str = ""
    is_for_ever: bool = False


def content_of(path: str) -> Content:
    """Return what is at a path of a tree, whichever view it is in."""
    path = re.sub(f"^{tree.VIEWS}[ab]/", "", path)
    if path in _OTHERS:
        return Content(_OTHERS[path])
    if path.startswith("simple/"):
        plain, dot, suffix = path.rpartition(".")
        coding = _CODINGS.get(dot + suffix, "")
        form = Form.JSON if (plain if coding else path).endswith(".json") else Form.HTML
        return Content(form.media_type, coding)
    if path.startswith("integrity/"):
        return Content(_PROVENANCE_TYPE)
    return Content(_TEXT if path.endswith(".metadata") else _BYTES, is_for_ever=True)


def cache_control(content: Content, page_max_age_seconds: int) -> str:
    """Return how long caches may use it. Source: RFC 9111, 5.2.2; RFC 5861; RFC 8246."""
    if content.is_for_ever:
        return FOR_EVER
    return (
        f"public, max-age={page_max_age_seconds}, stale-while-revalidate={_STALE_SECONDS}, "
        f"stale-if-error={_IN_AN_OUTAGE_SECONDS}"
    )


@dataclass(frozen=True, slots=True)
class Address:
    """Addresses at which there is one object each, whatever the client asks for.

    ``pattern`` matches their paths, decoded; PCRE, RE2 and Python understand it alike.
    """

    name: str
    pattern: str
    content: Content


# No part of a path begins with a dot: what a publish keeps to itself cannot be asked for.
_PART: Final = "[^/.][^/]*"
NAME: Final = "[a-z0-9]+(?:-[a-z0-9]+)*"
_FILE: Final = f"packages/(?:{_PART}/)*{_PART}"

ADDRESSES: Final = (
    Address("json_page", rf"simple/(?:{NAME}/)?index\.json", content_of("simple/index.json")),
    Address("html_page", rf"simple/(?:{NAME}/)?index\.html", content_of("simple/index.html")),
    Address("metadata", rf"{_FILE}\.metadata", content_of("packages/x.metadata")),
    Address("file", _FILE, content_of("packages/x")),
    Address("provenance", f"integrity/{NAME}/{_PART}/{_PART}/provenance", content_of("integrity/")),
    *(
        Address(re.sub("[^a-z0-9]+", "_", path).strip("_"), re.escape(path), content_of(path))
        for path in _OTHERS
    ),
)
"""What has an address of its own; the first one that matches counts."""
