"""XML-RPC: the calls that old mirror programs make, and what they are answered.

Source: the XML-RPC specification; PyPI's XML-RPC.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, cast

from wheelyard.errors import BadInput
from wheelyard.wire.xml_rpc_values import Value, parse_items, render_text, render_value

__all__ = [
    "Call",
    "Fault",
    "Value",
    "parse_call",
    "parse_response",
    "render_call",
    "render_fault",
    "render_response",
]

_METHOD: Final = re.compile(r"[A-Za-z0-9_.:/]{1,200}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Call:
    """A method and what it is given."""

    method: str
    arguments: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """What a server says instead of a value."""

    code: int
    sentence: str


def parse_call(body: bytes) -> Call:
    """Return the call in ``body``.

    Raises:
        BadInput: it is none, or it is no XML that is read here.
    """
    arguments: Value = ()
    match parse_items(body, "methodCall"):
        case [("methodName", str(method))]:
            pass
        case [("methodName", str(method)), ("params", arguments)]:
            pass
        case _:
            raise BadInput("methodCall: a `methodName` and `params` are needed.")
    method = method.strip()
    if not _METHOD.fullmatch(method):
        raise BadInput(f"methodName: `{method[:80]!a}` is no name of a method.")
    return Call(method, tuple(cast("Sequence[Value]", arguments)))


def parse_response(body: bytes) -> Value | Fault:
    """Return the value in ``body``, or the fault.

    Raises:
        BadInput: it is no answer, or it is no XML that is read here.
    """
    match parse_items(body, "methodResponse"):
        case [("params", [value])]:
            return value
        case [("fault", {"faultCode": int(code), "faultString": str(sentence)})]:
            return Fault(code, sentence)
        case _:
            raise BadInput("methodResponse: one value or one fault is needed.")


def render_call(method: str, *arguments: Value) -> bytes:
    """Return the call of ``method``."""
    params = "".join(f"<param>{render_value(argument)}</param>\n" for argument in arguments)
    return _document(
        "methodCall", f"<methodName>{render_text(method)}</methodName>\n<params>\n{params}</params>"
    )


def render_response(value: Value) -> bytes:
    """Return the answer that says ``value``."""
    return _document("methodResponse", f"<params>\n<param>{render_value(value)}</param>\n</params>")


def render_fault(fault: Fault) -> bytes:
    """Return the answer that says ``fault``."""
    said: Value = {"faultCode": fault.code, "faultString": fault.sentence}
    return _document("methodResponse", f"<fault>{render_value(said)}</fault>")


def _document(root: str, content: str) -> bytes:
    """Return a whole document."""
    return f'<?xml version="1.0"?>\n<{root}>\n{content}\n</{root}>\n'.encode()
