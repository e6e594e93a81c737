"""Which requests are answered by the protocol itself, before any application sees them; pure.

The parser (llhttp, in its strict mode) refuses what two programs could read differently: two
lengths, a length and a coding, folded headers, bare line feeds.  What it lets through is refused
here.  Every refusal is one sentence of text, and the connection is closed after it.

Source: RFC 9112, 3.2 (Host), 5.2 (folding), 6.1 (Transfer-Encoding), 6.3 (length),
11.2 (smuggling).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from wheelyard.server.watch import LaneLimits

__all__ = [
    "Head",
    "Headers",
    "Refusal",
    "describe_parser_error",
    "find_excess",
    "find_problem",
    "render_refusal",
]

Headers = list[tuple[bytes, bytes]]

VERSIONS = ("1.0", "1.1")
TLS_HANDSHAKE = b"\x16"
"""The first byte of every TLS connection. Source: RFC 8446, 5.1."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer of the protocol itself: a status and one sentence."""

    status: HTTPStatus
    sentence: str


@dataclass(frozen=True, slots=True)
class Head:
    """What is known of a request before its body; ``other_bytes`` are not in ``headers`` yet."""

    version: str
    url: bytes
    headers: Headers
    other_bytes: int = 0


WRONG_VERSION = Refusal(HTTPStatus.BAD_REQUEST, "The protocol here is HTTP/1.1.")
SLOW_HEADERS = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The headers of the request came too slowly.")
SLOW_BODY = Refusal(HTTPStatus.REQUEST_TIMEOUT, "The body of the request came too slowly.")
TOO_MUCH_FRAMING = Refusal(HTTPStatus.BAD_REQUEST, "The body has more framing than content.")
TOO_MANY_IN_ADVANCE = Refusal(
    HTTPStatus.BAD_REQUEST, "Too many requests in advance: wait for the answers."
)
FULL = Refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections: try again in a second.")


def describe_parser_error(data: bytes, reason: str | None) -> Refusal:
    """Return the refusal for ``data``, which the parser refused for ``reason``, if it gave one."""
    if data.startswith(TLS_HANDSHAKE):
        sentence = "This port speaks HTTP without TLS: use `http://`, or give it a certificate."
    elif reason is None:
        sentence = "The target of the request is not a path of this server."
    else:
        sentence = f"This is no valid HTTP request: {reason}."
    return Refusal(HTTPStatus.BAD_REQUEST, sentence)


def find_excess(head: Head, limits: LaneLimits) -> Refusal | None:
    """Return the refusal if ``head``, complete or not, is larger than ``limits`` allow."""
    if len(head.url) > limits.max_url_bytes:
        sentence = f"A URL may have {limits.max_url_bytes} bytes here."
        return Refusal(HTTPStatus.REQUEST_URI_TOO_LONG, sentence)
    if len(head.headers) > limits.max_headers:
        sentence = f"A request may have {limits.max_headers} headers here."
        return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, sentence)
    size = len(head.url) + sum(len(name) + len(value) + 4 for name, value in head.headers)
    if max(size, head.other_bytes) > limits.max_header_bytes:
        sentence = f"The headers of a request may have {limits.max_header_bytes} bytes here."
        return Refusal(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, sentence)
    return None


def find_problem(head: Head, limits: LaneLimits) -> Refusal | None:
    """Return the refusal if the complete ``head`` is ambiguous, foreign or too large."""
    if head.version not in VERSIONS:
        return WRONG_VERSION
    hosts = sum(name == b"host" for name, _ in head.headers)
    if hosts > 1 or (hosts == 0 and head.version == "1.1"):
        return Refusal(HTTPStatus.BAD_REQUEST, "A request has exactly one `Host` header.")
    codings = [value.lower() for name, value in head.headers if name == b"transfer-encoding"]
    if codings and (codings != [b"chunked"] or head.version == "1.0"):
        sentence = "The only transfer coding here is `chunked`, and that with HTTP/1.1."
        return Refusal(HTTPStatus.BAD_REQUEST, sentence)
    return find_excess(head, limits)


def render_refusal(refusal: Refusal, headers: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the whole answer, with the server's own ``headers`` (its date)."""
    body = f"{refusal.sentence}\n".encode()
    lines = [f"HTTP/1.1 {refusal.status.value} {refusal.status.phrase}".encode()]
    lines += [name + b": " + value for name, value in headers]
    if refusal.status is HTTPStatus.SERVICE_UNAVAILABLE:
        lines.append(b"retry-after: 1")
    lines += [
        b"content-type: text/plain; charset=utf-8",
        b"content-length: %d" % len(body),
        b"connection: close",
    ]
    return b"\r\n".join([*lines, b"", body])
