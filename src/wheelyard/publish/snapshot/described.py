"""Metadata of a release as a snapshot has it: what it requires, and what it says it is.

People's names and addresses are not taken over, though the metadata are public: a table of them
would be good for nothing but writing to all of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit, urlunsplit

from wheelyard.errors import BadInput
from wheelyard.names import normalise
from wheelyard.publish.snapshot.headers import Headers, read_headers
from wheelyard.requirements import split_requirement
from wheelyard.wire.fields import parse_text

__all__ = ["Described", "Needed", "describe"]

MAX_SUMMARY: Final = 512
MAX_LICENSE: Final = 100
MAX_REQUIREMENTS: Final = 10_000
MAX_CLASSIFIER: Final = 200

_MAX_KNOWN: Final = 512
"""A longer requirement is not remembered: strangers choose how long it is."""

_EXTRA = re.compile(r"""\bextra\s*==\s*["']([^"']+)["']|["']([^"']+)["']\s*==\s*extra\b""")


@dataclass(frozen=True, slots=True)
class Needed:
    """A requirement in its parts; None for what it does not state. As ``requirements``."""

    requires: str
    extras: str | None
    specifier: str | None
    marker: str | None
    extra: str | None
    url: str | None


@dataclass(frozen=True, slots=True)
class Described:
    """What the metadata in ``filename`` say. ``needs`` are pairs of a place and what is there."""

    filename: str
    name: str = ""
    summary: str | None = None
    license: str | None = None
    needs: tuple[tuple[int, Needed], ...] = ()
    classifiers: tuple[str, ...] = ()


def describe(filename: str, content: bytes) -> Described:
    """Return what the metadata ``content`` of a file say.

    A requirement that is none, which nobody could install, is left out.

    Raises:
        BadInput: they are no metadata.
    """
    metadata = read_headers(content)
    summary = parse_text(metadata.summary).strip()[:MAX_SUMMARY]
    return Described(
        filename,
        metadata.name,
        summary or None,
        _license(metadata),
        tuple(_needs(metadata)),
        tuple(sorted({c for c in metadata.classifiers if _is_classifier(c)})),
    )


def _is_classifier(text: str) -> bool:
    """Say whether a text can be a classifier: one short line."""
    return len(text) <= MAX_CLASSIFIER and text.isprintable()


def _license(metadata: Headers) -> str | None:
    """Return the licence, if it is stated in a few words: many put all of its text there.

    What has an address in it is no name of a licence. Source: PEP 639.
    """
    text = metadata.license_expression or metadata.license
    is_short = len(text) <= MAX_LICENSE and text.isprintable() and "@" not in text
    return text or None if is_short else None


def _needs(metadata: Headers) -> Iterator[tuple[int, Needed]]:
    """Yield what can be read of the requirements."""
    for position, text in enumerate(metadata.requires_dist[:MAX_REQUIREMENTS]):
        needed = _needed(text)
        if needed is not None:
            yield position, needed


def _needed(text: str) -> Needed | None:
    """Return a requirement in its parts; None if it is none."""
    return _known(text) if len(text) <= _MAX_KNOWN else _read(text)


@lru_cache(maxsize=65_536)
def _known(text: str) -> Needed | None:
    """Return the same and remember it: the releases of a project repeat what they require."""
    return _read(text)


def _read(text: str) -> Needed | None:
    """Return the same."""
    try:
        found = split_requirement(text)
    except BadInput:
        return None
    if not all(part.isprintable() for part in (found.specifiers, found.marker, found.url)):
        return None
    return Needed(
        found.name,
        ",".join(found.extras) or None,
        found.specifiers or None,
        found.marker or None,
        _extra_of(found.marker),
        _without_credentials(found.url) or None,
    )


def _extra_of(marker: str) -> str | None:
    """Return the extra that a marker names, normalised; several with commas between them."""
    named = {normalise(first or second) for first, second in _EXTRA.findall(marker)}
    return ",".join(sorted(named)) or None


def _without_credentials(url: str) -> str:
    """Return a URL without a user, a password, a query and a fragment; empty if it is none."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, host, parts.path, "", ""))
