"""Which paths an object of a tree may have: none that leaves it, none that is hidden in it."""

import re
from typing import Final

from wheelyard.errors import BadInput

__all__ = ["HIDDEN", "check_path"]

_USUAL: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._+!-]*)*")
"""What nearly every path is, and what is good for certain: no part begins with a dot."""

HIDDEN: Final = ".wheelyard"
"""The folder of a directory in which objects are written before they get their names."""

_MOST_BYTES: Final = 1024
"""What an object store takes as a key. Source: Amazon S3 user guide, "Naming objects"."""


def check_path(path: str) -> str:
    """Return ``path`` if an object may have it.

    Raises:
        BadInput: it is absolute, has `..`, an empty part or a control character, or is hidden.
    """
    if _USUAL.fullmatch(path) and len(path) <= _MOST_BYTES:
        return path
    parts = path.split("/")
    if (
        not path.isprintable()
        or "\\" in path
        or not {"", ".", ".."}.isdisjoint(parts)
        or parts[0] == HIDDEN
        or len(path.encode("utf-8", "surrogateescape")) > _MOST_BYTES
    ):
        raise BadInput(f"`{ascii(path)[1:-1][:200]}` cannot be the path of a published object.")
    return path
