r"""What writers of logs do to the texts of strangers, undone and done again.

Apache writes ``\"``, ``\\``, ``\n`` and ``\xhh``, nginx ``\x22`` and ``\x5C`` alone, CloudFront
percent-encodes (long ago twice), HAProxy writes ``#22``. What was escaped are bytes.
Source: Apache httpd, ``ap_escape_logitem``; nginx, ``ngx_http_log_escape``; CloudFront, "Log file
fields"; HAProxy, configuration manual, "Non-printable characters".
"""

import re
from typing import Final
from urllib.parse import unquote

__all__ = [
    "decode_hashed",
    "decode_path",
    "decode_percented",
    "escape",
    "is_protocol",
    "split_request",
    "split_target",
    "unescape",
]

_ESCAPED: Final = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|([\"\\bnrtv']))")
_LETTERS: Final = {
    b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v",
    b'"': b'"', b"\\": b"\\", b"'": b"'",
}  # fmt: skip
_SPECIAL: Final = re.compile(rb"[\x00-\x1f\"\\\x7f-\xff]")
_SHORT: Final = {b'"': b'\\"', b"\\": b"\\\\", b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t"}
_HASHED: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_TWICE: Final = re.compile(r"%25([0-9A-Fa-f]{2})", re.ASCII)
_ONCE: Final = re.compile(r"%(?!25[0-9A-Fa-f]{2})", re.ASCII)
_AUTHORITY: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://([^/?#]*+)", re.ASCII)
_PROTOCOL: Final = re.compile(r"HTTP/[0-9.]{1,5}", re.ASCII)
_UNENCODED: Final = frozenset(' "')


def unescape(text: str) -> str:
    """Return what Apache or nginx had escaped. A backslash that begins nothing stays."""
    if "\\" not in text:
        return text
    return _text(_ESCAPED.sub(_unescaped, _bytes(text)))


def escape(text: str) -> str:
    """Return ``text`` as Apache escapes it: ASCII on one line; ``-`` if there is none."""
    if not text:
        return "-"
    if text == "-":
        return "\\x2d"  # else it would be read as nothing
    return _SPECIAL.sub(_escaped, _bytes(text)).decode("ascii")


def decode_hashed(text: str) -> str:
    """Return what HAProxy had escaped."""
    if "#" not in text:
        return text
    return _text(_HASHED.sub(lambda found: bytes.fromhex(found[1].decode()), _bytes(text)))


def decode_percented(text: str) -> str:
    """Return a header that CloudFront had percent-encoded, once or twice; ``-`` is none."""
    if text == "-":
        return ""
    if "%" not in text or not _UNENCODED.isdisjoint(text):
        return text
    return unquote(decode_path(text), errors="surrogateescape")


def decode_path(text: str) -> str:
    """Return a path or a query as the client sent it, which CloudFront may have encoded again.

    Where every ``%`` was made into ``%25``, it has.
    """
    return _TWICE.sub(r"%\1", text) if "%25" in text and _ONCE.search(text) is None else text


def split_request(text: str) -> tuple[str, str, str]:
    """Return method, target and protocol of a request line; all of it is the target if it is none.

    Source: RFC 9112, 3; a target with spaces is wrong, and was sent all the same.
    """
    method, space, rest = text.partition(" ")
    if not space or not method:
        return "", text, ""
    target, space, protocol = rest.rpartition(" ")
    if space and is_protocol(protocol):
        return method, target, protocol
    return method, rest, ""


def is_protocol(text: str) -> bool:
    """Say whether ``text`` is a version of HTTP, such as ``HTTP/1.1``."""
    return _PROTOCOL.fullmatch(text) is not None


def split_target(target: str) -> tuple[str, str, str]:
    """Return host, path and query of a request's target; the host is seldom in it.

    Source: RFC 9112, 3.2; HAProxy writes requests of HTTP/2 with scheme and host.
    """
    host = ""
    if found := _AUTHORITY.match(target):
        host, target = found[1], target[found.end() :]
    path, _, query = target.partition("?")
    return host, path, query


def _unescaped(found: re.Match[bytes]) -> bytes:
    """Return the byte that an escape stands for."""
    return bytes.fromhex(found[1].decode()) if found[1] else _LETTERS[found[2]]


def _escaped(found: re.Match[bytes]) -> bytes:
    """Return the escape that stands for a byte."""
    return _SHORT.get(found[0]) or b"\\x%02x" % found[0][0]


def _bytes(text: str) -> bytes:
    """Return the bytes that were sent."""
    return text.encode("utf-8", "surrogateescape")


def _text(raw: bytes) -> str:
    """Return bytes as text, whatever they are."""
    return raw.decode("utf-8", "surrogateescape")
