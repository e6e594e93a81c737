"""The signed manifest: every page and file that an index gives out, line by line.

A manifest is text in UTF-8, and its lines end with a newline::

    wheelyard-manifest 1
    {"created":"2026-11-21T12:00:00Z","entries":3,...}
    signature 5Yy0...==
    html 4f5c... 187 simple/
    json 90aa... 1042 simple/
    file 77e0... 51923 packages/77/e0/.../demo-1.0-py3-none-any.whl

The second line is the head, JSON with sorted keys and without spaces. The signature, Ed25519 in
base64, is of the first two lines with their newlines. The head has the length and the SHA-256 of
all that follows the third line, so that the signature holds for every byte of the manifest, and
none of the entries has to be kept in memory.

An entry is a kind, the SHA-256 and the length of the bytes (`-` if it is not stated), and the path
below the index; separated by single spaces. Bytes are meant without a content coding.
Editing rule: what is added changes the number in the first line.
Source: RFC 8032 (Ed25519).
"""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.names import Sha256, parse_sha256

__all__ = [
    "MAX_HEAD_BYTES",
    "MAX_LINE_BYTES",
    "Entry",
    "Head",
    "Kind",
    "Start",
    "parse_entry",
    "parse_start",
    "render_entry",
    "render_start",
    "signed_part",
]

Kind = Literal["html", "json", "file", "metadata"]
"""A page in one of its two forms, a file, or the metadata beside a file (PEP 658)."""

MAX_LINE_BYTES: Final = 8_192
MAX_HEAD_BYTES: Final = 3 * MAX_LINE_BYTES

_FIRST: Final = b"wheelyard-manifest 1\n"
_FIRST_WORD: Final = b"wheelyard-manifest "
_SIGNATURE: Final = b"signature "
_ENTRY = re.compile(
    rb"(html|json|file|metadata) ([0-9a-f]{64}) (-|0|[1-9][0-9]{0,17}) ([!-~]{1,4096})\n"
)
_KINDS: Final[dict[bytes, Kind]] = {
    b"html": "html",
    b"json": "json",
    b"file": "file",
    b"metadata": "metadata",
}


class Head(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a manifest is of, and until when it counts.

    ``serial`` is that of the journal of ``instance``, and never falls. ``created`` and ``expires``
    are RFC 3339 in UTC. ``key`` is the name of the key that signed.
    """

    created: str
    entries: int
    expires: str
    index: str
    instance: str
    key: str
    listing_bytes: int
    listing_sha256: str
    serial: int

    @property
    def created_at(self) -> Instant:
        """When it was made."""
        return _instant(self.created)

    @property
    def expires_at(self) -> Instant:
        """From when on it does not count any more."""
        return _instant(self.expires)


@dataclass(frozen=True, slots=True)
class Start:
    """The first three lines of a manifest, not yet checked; ``signed`` is what was signed."""

    head: Head
    signature: bytes
    signed: bytes

    @property
    def size(self) -> int:
        """How many bytes of the manifest they are."""
        encoded = base64.b64encode(self.signature)
        return len(self.signed) + len(_SIGNATURE) + len(encoded) + 1


@dataclass(frozen=True, slots=True)
class Entry:
    """A page or a file: its bytes, and where they are below the index. Sizes are bytes."""

    kind: Kind
    path: str
    sha256: Sha256
    size: int | None = None


def signed_part(head: Head) -> bytes:
    """Return the first two lines of a manifest, which are what is signed."""
    return _FIRST + msgspec.json.encode(head, order="sorted") + b"\n"


def render_start(head: Head, signature: bytes) -> bytes:
    """Return the first three lines of a manifest."""
    return signed_part(head) + _SIGNATURE + base64.b64encode(signature) + b"\n"


def render_entry(entry: Entry) -> bytes:
    """Return the line of an entry.

    Raises:
        BadInput: its path cannot be written so: it has to be ASCII without spaces.
    """
    size = "-" if entry.size is None else str(entry.size)
    try:
        line = f"{entry.kind} {entry.sha256} {size} {entry.path}\n".encode("ascii")
    except UnicodeEncodeError:
        line = b""
    if _ENTRY.fullmatch(line) is None:
        raise BadInput(f"`{entry.path[:80]!a}` cannot stand in a manifest: escape it")
    return line


def parse_start(content: bytes) -> Start:
    """Return the first three lines of ``content``, which may be longer. Nothing is checked.

    Raises:
        BadInput: it does not begin like a manifest, or like one of a later version.
    """
    if content.startswith(_FIRST_WORD) and not content.startswith(_FIRST):
        raise BadInput("It is a manifest of another version: check it with a newer program.")
    lines = content.splitlines(keepends=True)[:3]
    if len(lines) < 3 or lines[0] != _FIRST or not lines[2].endswith(b"\n"):  # noqa: PLR2004  # three lines
        raise BadInput("It is no manifest: it does not begin with `wheelyard-manifest 1`.")
    return Start(_parse_head(lines[1]), _parse_signature(lines[2]), lines[0] + lines[1])


def parse_entry(line: bytes) -> Entry:
    """Return the entry that ``line`` is, with its newline.

    Raises:
        BadInput: it is none.
    """
    found = _ENTRY.fullmatch(line)
    if found is None:
        raise BadInput(f"`{line[:80]!r}` is no entry of a manifest")
    kind, digest, size, path = found.groups()
    length = None if size == b"-" else int(size)
    return Entry(_KINDS[kind], path.decode(), Sha256(digest.decode()), length)


def _parse_head(line: bytes) -> Head:
    """Return the head in the second line."""
    try:
        head = msgspec.json.decode(line, type=Head)
        _ = head.created_at, head.expires_at, parse_sha256(head.listing_sha256)
    except (msgspec.DecodeError, ValueError, BadInput) as error:
        raise BadInput(f"The head of the manifest cannot be read: {error}.") from error
    if min(head.entries, head.listing_bytes, head.serial) < 0:
        raise BadInput("The head of the manifest cannot be read: a number is negative.")
    return head


def _parse_signature(line: bytes) -> bytes:
    """Return the signature in the third line."""
    try:
        return base64.b64decode(line.removeprefix(_SIGNATURE).rstrip(b"\n"), validate=True)
    except binascii.Error as error:
        raise BadInput("The signature of the manifest cannot be read.") from error


def _instant(text: str) -> Instant:
    """Return a moment in RFC 3339; without a time zone it is UTC."""
    moment = datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return Instant(aware.timestamp())
