"""Directories as addresses: the ``file:`` URL of a door that is a directory of this machine.

Source: RFC 8089 (an empty host and ``localhost`` both mean this machine).
"""

import posixpath
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

from wheelyard.errors import BadInput

__all__ = ["directory_of", "is_directory_url", "parse_directory_url"]

_HERE = frozenset({"", "localhost"})


def is_directory_url(url: str) -> bool:
    """Say whether ``url`` names a directory or a file, and not a host."""
    return url.lstrip()[:5].lower() == "file:"


def parse_directory_url(text: str) -> str:
    """Return the one spelling of the absolute directory that ``text`` names.

    Raises:
        BadInput: it is relative, on another host, or has a query, which no directory has.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        path = unquote(parts.path, errors="strict")
    except (ValueError, UnicodeDecodeError) as error:
        raise BadInput("explained", f"`{url[:80]}` is not an address of a directory") from error
    if parts.query or parts.fragment:
        reason = "has a `?` or `#` in it; write `%3F` and `%23` if the directory is called so"
        raise BadInput("explained", f"`{url[:80]}` {reason}")
    if parts.netloc.lower() not in _HERE or not path.startswith("/") or not path.isprintable():
        reason = "names no absolute directory of this machine; write it like `file:///srv/packages`"
        raise BadInput("explained", f"`{url[:80]}` {reason}")
    return f"file://{quote(_absolute(path))}"


def directory_of(url: str) -> Path:
    """Return the path that an address made by ``parse_directory_url`` stands for."""
    return Path(_absolute(unquote(urlsplit(url).path)))


def _absolute(path: str) -> str:
    """Return ``path`` without ``.``, ``..`` and doubled slashes; two at the start mean one here."""
    return "/" + posixpath.normpath(path).lstrip("/")
