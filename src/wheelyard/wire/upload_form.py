"""The parts of a `multipart/form-data` body, told one by one while it arrives.

Nothing is kept but the value of the field that is just being read, so memory stays the same however
large the file is.  A value is bytes: what it means is said in ``upload_fields``.

``feed`` returns what the bytes completed, in the order of the form:

- ``FieldRead`` for a plain field;
- ``FileBegins``, any number of ``FileBytes``, ``FileEnds`` for a file;
- ``FormEnds`` when the closing boundary has come.  What follows it is ignored.

Every limit is checked before anything is kept.
Source: RFC 7578 (form data); RFC 2046, 5.1 (boundaries).
"""

import logging
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser

from wheelyard.errors import BadInput

__all__ = [
    "FieldRead",
    "FileBegins",
    "FileBytes",
    "FileEnds",
    "FormEnds",
    "FormEvent",
    "FormLimits",
    "FormParser",
]

FILE_FIELDS: Final = frozenset({"content", "gpg_signature"})
_BOUNDARY = re.compile(rb"[0-9A-Za-z'()+_,./:=? -]{0,69}[0-9A-Za-z'()+_,./:=?-]")
_PARAMETER = re.compile(
    r""";[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*("(?:[^"\\]|\\.)*"|[^";]*)[ \t]*""",
    re.DOTALL,
)
_PLAIN_FIELD = re.compile(rb'form-data; name="([!#-Z\[\]-~]{1,200})"')
_ESCAPED = re.compile(r'\\(["\\])')
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_NO_ENCODING: Final = frozenset({"", "7bit", "8bit", "binary"})
_NAME_BYTES: Final = 200


@dataclass(frozen=True, slots=True)
class FormLimits:
    """How much a form may ask to be kept; files do not count."""

    max_fields: int = 10_000
    max_field_bytes: int = 8 * 1024 * 1024
    max_fields_bytes: int = 16 * 1024 * 1024
    max_header_bytes: int = 4_096


class FieldRead(msgspec.Struct, frozen=True):
    """A plain field with its whole value."""

    name: str
    value: bytes


class FileBegins(msgspec.Struct, frozen=True):
    """A file follows; ``filename`` is as the client spelled it, and not to be trusted."""

    name: str
    filename: str


class FileBytes(msgspec.Struct, frozen=True):
    """The next bytes of the file."""

    content: bytes


class FileEnds(msgspec.Struct, frozen=True):
    """The file is complete as far as the form goes; whether it is the right one, digests say."""


class FormEnds(msgspec.Struct, frozen=True):
    """The closing boundary has come: nothing is missing."""


FormEvent = FieldRead | FileBegins | FileBytes | FileEnds | FormEnds


@dataclass(slots=True)
class _Part:
    """The part that is being read: its headers first, then what it is."""

    headers: dict[str, bytes] = field(default_factory=dict)
    header_name: bytearray = field(default_factory=bytearray)
    header_value: bytearray = field(default_factory=bytearray)
    name: str = ""
    is_file: bool = False
    value: bytearray = field(default_factory=bytearray)


class FormParser:
    """Turn the bytes of one form into events; one parser per request.

    Raises:
        BadInput: ``content_type`` is not that of a form with a boundary.
    """

    def __init__(self, content_type: str, limits: FormLimits | None = None) -> None:
        self.is_complete = False
        self._limits = limits or FormLimits()
        self._events: list[FormEvent] = []
        self._part = _Part()
        self._fields = 0
        self._kept_bytes = 0
        self._files: set[str] = set()
        self._parser = MultipartParser(
            _boundary_of(content_type),
            {
                "on_part_begin": self._begin_part,
                "on_header_field": self._add_header_name,
                "on_header_value": self._add_header_value,
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_body,
                "on_part_data": self._add_body,
                "on_part_end": self._end_part,
                "on_end": self._end_form,
            },
            max_header_size=self._limits.max_header_bytes,
        )
        # The library warns about each bad byte; our caller hears of it as an error.
        self._parser.logger = logging.Logger("form", logging.CRITICAL + 1)  # noqa: LOG001  # ours alone

    def feed(self, content: bytes) -> list[FormEvent]:
        """Return what ``content``, the next bytes of the body, completes.

        Raises:
            BadInput: it is no form, or asks for more than the limits allow.
        """
        try:
            self._parser.write(content)
        except FormParserError as error:
            message = f"The upload is not a well-formed `multipart/form-data` body: {error}."
            raise BadInput(message) from error
        events, self._events = self._events, []
        return events

    def close(self) -> None:
        """Say that the body has ended.

        Raises:
            BadInput: its closing boundary has not come, so something may be missing.
        """
        if not self.is_complete:
            raise BadInput("The upload ends before its form does. Send it again.")

    def _begin_part(self) -> None:
        """Make room for the next part."""
        self._part = _Part()

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        """Keep the next bytes of a header's name."""
        self._part.header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        """Keep the next bytes of a header's value."""
        self._part.header_value += data[start:end]

    def _end_header(self) -> None:
        """Keep the header; each of them may come once."""
        part = self._part
        name = part.header_name.decode("latin-1").lower()
        if name in part.headers:
            raise BadInput(f"A part of the form has two headers `{name[:40]}`; send one.")
        part.headers[name] = bytes(part.header_value)
        part.header_name.clear()
        part.header_value.clear()

    def _begin_body(self) -> None:
        """Find out from its headers what the part is."""
        part = self._part
        parameters = _disposition(part.headers)
        part.name = parameters["name"]
        encoding = part.headers.get("content-transfer-encoding")
        if encoding and encoding.decode("latin-1").strip().lower() not in _NO_ENCODING:
            raise BadInput(f"{part.name}: send it as it is, without a `Content-Transfer-Encoding`.")
        filename = parameters.get("filename")
        if filename is None and part.name == "content":
            raise BadInput("content: Upload payload does not have a file. Send a `filename` too.")
        if filename is None:
            self._begin_field(part)
        else:
            self._begin_file(part, filename)

    def _begin_field(self, part: _Part) -> None:
        """Count a plain field."""
        self._fields += 1
        if self._fields > self._limits.max_fields:
            raise BadInput(f"The form has more than {self._limits.max_fields} fields.")
        self._keep(len(part.name))

    def _begin_file(self, part: _Part, filename: str) -> None:
        """Tell that a file begins, if a file may stand here."""
        if part.name not in FILE_FIELDS:
            raise BadInput(f"{part.name}: send it as a field, not as a file.")
        if part.name in self._files:
            raise BadInput(f"{part.name}: send one file, not several.")
        if part.headers.get("content-type", b"").strip().lower().startswith(b"image/"):
            raise BadInput(f"{part.name}: an image is not a distribution file.")
        part.is_file = True
        self._files.add(part.name)
        self._events.append(FileBegins(part.name, filename))

    def _add_body(self, data: bytes, start: int, end: int) -> None:
        """Pass on the next bytes of a file, or keep those of a field."""
        part = self._part
        if part.is_file:
            self._events.append(FileBytes(data[start:end]))
            return
        if len(part.value) + end - start > self._limits.max_field_bytes:
            raise BadInput(f"{part.name}: longer than {self._limits.max_field_bytes} bytes.")
        self._keep(end - start)
        part.value += data[start:end]

    def _end_part(self) -> None:
        """Tell that a file, or a field with its value, is complete."""
        part = self._part
        if part.is_file:
            self._events.append(FileEnds())
        else:
            self._events.append(FieldRead(part.name, bytes(part.value)))

    def _end_form(self) -> None:
        """Tell that the form is complete."""
        self.is_complete = True
        self._events.append(FormEnds())

    def _keep(self, count: int) -> None:
        """Count bytes that have to be kept."""
        self._kept_bytes += count
        if self._kept_bytes > self._limits.max_fields_bytes:
            message = f"The fields of the form are longer than {self._limits.max_fields_bytes}"
            raise BadInput(f"{message} bytes together.")


def _boundary_of(content_type: str) -> bytes:
    """Return the boundary that a ``Content-Type`` names."""
    kind, parameters = _parse_parameters(content_type)
    boundary = parameters.get("boundary", "").encode("utf-8", "replace")
    if kind != "multipart/form-data" or not _BOUNDARY.fullmatch(boundary):
        raise BadInput("Content-Type: an upload is `multipart/form-data` with a boundary.")
    return boundary


def _disposition(headers: dict[str, bytes]) -> dict[str, str]:
    """Return the parameters of a part's ``Content-Disposition``; ``name`` is among them."""
    value = headers.get("content-disposition", b"")
    if plain := _PLAIN_FIELD.fullmatch(value):  # what nearly every part has
        return {"name": plain[1].decode("ascii")}
    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("A part of the form has a name that is not UTF-8.") from error
    kind, parameters = _parse_parameters(text)
    name = parameters.get("name", "")
    if kind != "form-data" or not name:
        raise BadInput("A part of the form has no `Content-Disposition: form-data` with a `name`.")
    if len(name) > _NAME_BYTES or any(map(_CONTROL.search, parameters.values())):
        raise BadInput("A part of the form has a name that is too long or has control characters.")
    return parameters


def _parse_parameters(text: str) -> tuple[str, dict[str, str]]:
    """Return a header's first word in small letters, and its parameters.

    A plain parameter wins over its extended spelling (``filename*=utf-8''…``), which RFC 7578
    forbids and old clients send.
    """
    kind, semicolon, _ = text.partition(";")
    plain: dict[str, str] = {}
    extended: dict[str, str] = {}
    at = len(kind)
    while semicolon and at < len(text) and text[at:].strip(" \t;"):
        found = _PARAMETER.match(text, at)
        if found is None:
            raise BadInput("A header of the form cannot be read: quote the values in it.")
        at = found.end()
        key, value = found[1].lower(), found[2].strip(" \t")
        if key in plain or key in extended:
            raise BadInput(f"A header of the form says `{key[:40]}` twice.")
        if key.endswith("*"):
            extended[key] = _decode_extended(value)
        else:
            plain[key] = _ESCAPED.sub(r"\1", value[1:-1]) if value.startswith('"') else value
    return kind.strip().lower(), {key.rstrip("*"): text for key, text in extended.items()} | plain


def _decode_extended(value: str) -> str:
    """Return the text of ``charset'language'percent-encoded``. Source: RFC 8187, 3.2."""
    charset, _, rest = value.partition("'")
    encoded = rest.partition("'")[2]
    try:
        return unquote_to_bytes(encoded).decode("utf-8" if charset.lower() == "utf-8" else "ascii")
    except UnicodeDecodeError as error:
        raise BadInput("A header of the form has a name that is not UTF-8.") from error
