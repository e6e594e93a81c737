"""Paths as clients send them: what none of ours ever contains."""

import re
from urllib.parse import unquote_to_bytes

__all__ = ["path_problem"]

_UNUSABLE = re.compile(rb"[\x00-\x1f\x7f/\\]")


def path_problem(path: str) -> str:
    """Return what is wrong with a percent-encoded ``path``, as a sentence; empty if nothing is.

    Two programs that read a dot segment, an encoded slash or a control character differently are
    two programs of which one can be talked into serving what the other one guards.
    """
    for segment in path.split("/"):
        plain = unquote_to_bytes(segment)
        if plain in {b".", b".."} or _UNUSABLE.search(plain):
            return "The path holds a dot segment, an encoded slash or a control character."
    return ""
