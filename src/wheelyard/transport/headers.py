"""The header fields we send, from an allow-list, and those we got, as a plain table.

Nothing of an upstream's or a client's header is ever copied through: a field is sent because it is
named here. Source: RFC 9110, 13.1 (conditions), 14.2 (ranges); RFC 9112, 2.2.
"""

from collections.abc import Mapping

from wheelyard import __version__
from wheelyard.transport.base import Request

__all__ = ["header_table", "range_header", "request_headers", "user_agent"]

IDENTITY = "identity"


def user_agent(contact: str | None) -> str:
    """Return who we are; ``contact`` is a URL or address for the people behind the upstream."""
    suffix = f" (+{contact})" if contact else ""
    return f"wheelyard/{__version__}{suffix}"


def range_header(request: Request) -> str | None:
    """Return the ``Range`` that ``request`` asks for, or None for everything."""
    if request.suffix_bytes is not None:
        return f"bytes=-{request.suffix_bytes}"
    if request.stop is not None:
        return f"bytes={request.start}-{request.stop - 1}"
    return f"bytes={request.start}-" if request.start else None


def request_headers(request: Request, coding: str) -> dict[str, str]:
    """Return the fields of ``request``; ``coding`` is the content codings that we can undo.

    Validators are an upstream's words. One that may not be sent back is left out, and with
    ``If-Range`` the range too: the answer is then the whole, and never a part of something else.
    """
    condition_holds = request.if_range is None or _is_sendable(request.if_range)
    fields = {
        "Accept": request.accept,
        "Accept-Encoding": coding,
        "Cache-Control": "no-cache" if request.fresh_connection else None,
        "If-None-Match": request.etag,
        "If-Modified-Since": request.last_modified,
        "Range": range_header(request) if condition_holds else None,
        "If-Range": request.if_range,
        "Content-Type": request.content_type,
    }
    return {name: value for name, value in fields.items() if value and _is_sendable(value)}


def _is_sendable(value: str) -> bool:
    """Say whether ``value`` is one line of visible ASCII. Source: RFC 9110, 5.5."""
    return value.isascii() and value.isprintable()


def header_table(headers: Mapping[str, str]) -> dict[str, str]:
    """Return received fields with lower-case names, repeated ones joined, without cookies.

    Source: RFC 9110, 5.3 (a repeated field means the same as one with a comma).
    """
    table: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        if key == "set-cookie":
            continue
        text = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace").strip()
        table[key] = f"{table[key]}, {text}" if key in table else text
    return table
