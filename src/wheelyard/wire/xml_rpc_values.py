"""What XML-RPC can say: values as elements, and elements as values.

The bytes are a stranger's, so they are read with defusedxml: a document with a type declaration is
refused before anything of it counts, and with it every entity, whether it expands into gigabytes or
reads a file. What is left is bounded by its bytes and by its depth.
Source: the XML-RPC specification; its extensions ``nil``, ``i8`` and their prefix ``ex``.
"""

import binascii
import math
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias
from xml.etree.ElementTree import ParseError
from xml.sax.saxutils import escape

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import XMLParser

from wheelyard.errors import BadInput

__all__ = ["MAX_DEPTH", "Items", "Value", "parse_items", "render_text", "render_value"]

Value: TypeAlias = (
    bool | int | float | str | bytes | datetime | Sequence["Value"] | Mapping[str, "Value"] | None
)
"""What can be said."""

Items: TypeAlias = "list[tuple[str, Value]]"
"""Elements that stand in another one, by name, and what each says."""

MAX_DEPTH: Final = 32
"""Elements inside of each other: an answer of PyPI has ten."""

_LEAST_INT: Final = -(2**31)
_MOST_INT: Final = 2**31 - 1
_MOST_DIGITS: Final = 40
_DATE_FORM: Final = "%Y%m%dT%H:%M:%S"

# Source: XML 1.0, 2.2 (Char), and what may not stand in UTF-8 at all.
_UNWRITABLE: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_value(value: Value) -> str:
    """Return ``value`` as an element."""
    kind, content = _typed(value)
    return f"<value><{kind}>{content}</{kind}></value>" if kind else "<value><nil/></value>"


def render_text(text: str) -> str:
    """Return ``text`` as it may stand in a document; what cannot be written is replaced."""
    return escape(_UNWRITABLE.sub("\ufffd", text), {"\r": "&#13;"})


def _typed(value: Value) -> tuple[str, str]:
    """Return the element of the type of ``value``, and what stands in it."""
    typed = "", ""
    match value:
        case None:
            pass
        case bool():
            typed = "boolean", f"{value:d}"
        case int():
            typed = "int" if _LEAST_INT <= value <= _MOST_INT else "i8", str(value)
        case float():
            typed = "double", repr(value)
        case str():
            typed = "string", render_text(value)
        case bytes():
            typed = "base64", b64encode(value).decode()
        case datetime():
            # `strftime` does not pad the year on every platform.
            typed = "dateTime.iso8601", f"{value.year:04}{value:%m%dT%H:%M:%S}"
        case Mapping():
            typed = "struct", "".join(_member(*pair) for pair in value.items())
        case _:
            items = "\n".join(map(render_value, value))
            typed = "array", f"<data>{items}</data>"
    return typed


def _member(name: str, value: Value) -> str:
    """Return one pair of a struct."""
    return f"<member><name>{render_text(name)}</name>{render_value(value)}</member>\n"


def parse_items(body: bytes, root: str) -> Items:
    """Return what stands in the element ``root``, which is the whole of ``body``.

    Raises:
        BadInput: it is not, or it is no XML that is read here.
    """
    builder = _Builder()
    parser = XMLParser(target=builder, forbid_dtd=True)
    try:
        parser.feed(body)
        parser.close()
    except DefusedXmlException as error:
        raise BadInput("body: XML with a document type or entities is not read.") from error
    except (ParseError, ValueError, LookupError) as error:
        raise BadInput(f"body: not XML: {str(error)[:200]}") from error
    if builder.root is None or builder.root.tag != root:
        raise BadInput(f"body: not a `{root}` of XML-RPC.")
    return builder.root.items


@dataclass(slots=True)
class _Element:
    """An element that has not ended: the text in it so far, and what the elements in it say."""

    tag: str
    texts: list[str] = field(default_factory=list)
    items: Items = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text, of an element without others in it."""
        if self.items:
            raise BadInput(f"{self.tag}: text is needed, and no elements.")
        return "".join(self.texts)

    def values(self, tag: str) -> list[Value]:
        """Return what the elements say, all of which have to be a ``tag``."""
        if any(each != tag for each, _ in self.items):
            raise BadInput(f"{self.tag}: nothing but `{tag}` may stand in it.")
        return [value for _, value in self.items]


class _Builder:
    """Puts values together while the parser tells of elements. Source: ``TreeBuilder``."""

    def __init__(self) -> None:
        self._open: list[_Element] = []
        self.root: _Element | None = None

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """Take the beginning of an element; attributes say nothing here."""
        del attributes
        if len(self._open) >= MAX_DEPTH:
            raise BadInput(f"More than {MAX_DEPTH} elements are inside of each other.")
        self._open.append(_Element(tag.rpartition("}")[2]))

    def data(self, text: str) -> None:
        """Take a piece of text."""
        self._open[-1].texts.append(text)

    def end(self, tag: str) -> None:
        """Take the end of an element."""
        del tag
        element = self._open.pop()
        if not self._open:
            self.root = element
            return
        make = _MEANINGS.get(element.tag)
        if make is None:
            raise BadInput(f"`{element.tag[:80]!a}` is no element of XML-RPC.")
        if element.items and "".join(element.texts).strip():
            raise BadInput(f"{element.tag}: text stands beside its elements.")
        self._open[-1].items.append((element.tag, make(element)))

    def close(self) -> None:
        """Take the end of the document."""


def _value_of(element: _Element) -> Value:
    """Return what a ``value`` says: text, if it does not say of what type it is."""
    match element.items:
        case []:
            return element.text
        case [(tag, said)] if tag in _TYPES:
            return said
        case _:
            raise BadInput("value: one value of one type is needed.")


def _one_value(element: _Element) -> Value:
    """Return the one value that stands in an element."""
    match element.values("value"):
        case [value]:
            return value
        case _:
            raise BadInput(f"{element.tag}: one value is needed.")


def _member_of(element: _Element) -> Value:
    """Return a pair of a struct."""
    match element.items:
        case [("name", str(name)), ("value", value)] | [("value", value), ("name", str(name))]:
            return (name, value)
        case _:
            raise BadInput("member: a `name` and a `value` are needed.")


def _struct_of(element: _Element) -> Value:
    """Return a struct; of two pairs with one name the last counts."""
    members = element.values("member")
    return dict(members)  # type: ignore[arg-type]  # pairs, by `_member_of`


def _array_of(element: _Element) -> Value:
    """Return an array."""
    match element.values("data"):
        case [data]:
            return data
        case _:
            raise BadInput("array: one `data` is needed.")


def _integer(element: _Element) -> Value:
    """Return a whole number."""
    text = element.text.strip()
    if len(text) > _MOST_DIGITS or not re.fullmatch(r"[+-]?[0-9]+", text, re.ASCII):
        raise BadInput(f"{element.tag}: `{text[:40]!a}` is no whole number.")
    return int(text)


def _double(element: _Element) -> Value:
    """Return a number."""
    text = element.text.strip()
    try:
        number = float(text) if len(text) < 10 * _MOST_DIGITS else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise BadInput(f"{element.tag}: `{text[:40]!a}` is no number.")
    return number


def _boolean(element: _Element) -> Value:
    """Return whether."""
    found = {"0": False, "1": True}.get(element.text.strip())
    if found is None:
        raise BadInput("boolean: 0 or 1 is needed.")
    return found


def _nil(element: _Element) -> Value:
    """Return nothing."""
    if element.text.strip():
        raise BadInput("nil: nothing may stand in it.")
    return None


def _moment(element: _Element) -> Value:
    """Return a moment; of what zone it is, the format does not say."""
    text = element.text.strip()
    try:
        return datetime.strptime(text, _DATE_FORM)  # noqa: DTZ007 - it has none
    except ValueError as error:
        raise BadInput(f"dateTime.iso8601: `{text[:40]!a}` is no moment.") from error


def _octets(element: _Element) -> Value:
    """Return bytes."""
    try:
        return b64decode("".join(element.text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("base64: it is none.") from error


_TYPES: Final[Mapping[str, Callable[[_Element], Value]]] = {
    **dict.fromkeys(("int", "i1", "i2", "i4", "i8", "biginteger"), _integer),
    **dict.fromkeys(("double", "float"), _double),
    "boolean": _boolean,
    "string": lambda element: element.text,
    "nil": _nil,
    "dateTime.iso8601": _moment,
    "base64": _octets,
    "struct": _struct_of,
    "array": _array_of,
}
"""The elements that say of what type a value is."""

_MEANINGS: Final[Mapping[str, Callable[[_Element], Value]]] = {
    **_TYPES,
    "methodName": lambda element: element.text,
    "name": lambda element: element.text,
    "value": _value_of,
    "data": lambda element: element.values("value"),
    "member": _member_of,
    "params": lambda element: element.values("param"),
    "param": _one_value,
    "fault": _one_value,
}
"""What each element says, given what stands in it."""
