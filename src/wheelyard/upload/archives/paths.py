"""Paths of members: none may lead out of the place where an installer puts it.

Pure.  A path is refused, never repaired: two readers repair in two ways.
"""

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["clashes", "link_problem", "path_problem", "shown", "target_problem"]

# C0, DEL, C1, line separators, and what turns the direction of writing: a name must look as it is.
_UNPRINTABLE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_SHOWN: Final = 120


def shown(path: str) -> str:
    """Return ``path`` as it can stand in a message: short, and without control characters."""
    return f"`{path[:_SHOWN]!a}`".replace("`'", "`").replace("'`", "`")


def path_problem(path: str, max_bytes: int) -> str:
    """Return what is wrong with the path of a member, or an empty text.

    A slash at the end, as directories have, is expected to be gone.
    """
    if _UNPRINTABLE.search(path):
        return f"Invalid character in filename: {shown(path)}"
    if len(path.encode("utf-8", "surrogatepass")) > max_bytes:
        return f"A filename is longer than {max_bytes} bytes: {shown(path)}"
    if path.startswith("/") or _DRIVE.match(path):
        return f"Filename is absolute: {shown(path)}"
    if "\\" in path:
        return f"Filename has a backslash: {shown(path)}"
    if not {"", ".", ".."}.isdisjoint(path.split("/")):
        return f"Filename has an empty part, `.` or `..`: {shown(path)}"
    return ""


def link_problem(path: str, target: str) -> str:
    """Return what is wrong with a symbolic link at ``path`` that says ``target``, or an empty text.

    First up, then down: with ``..`` after a name the way would depend on what that name is.
    """
    if not target or target.startswith("/") or "\\" in target or "\0" in target:
        return f"Link {shown(path)} leads out of the archive: {shown(target)}"
    parts = [part for part in target.split("/") if part not in {"", "."}]
    ups = next((at for at, part in enumerate(parts) if part != ".."), len(parts))
    depth = path.count("/") - ups
    if ".." in parts[ups:] or depth < 0 or (depth == 0 and ups == len(parts)):
        return f"Link {shown(path)} leads out of the archive: {shown(target)}"
    # From the root of the archive it may go back into the one directory there is, and nowhere else.
    if depth == 0 and parts[ups] != path.partition("/")[0]:
        return f"Link {shown(path)} leads out of the archive: {shown(target)}"
    return ""


def target_problem(path: str, target: str, earlier: frozenset[str] | set[str]) -> str:
    """Return what is wrong with a hard link to the member ``target``, or an empty text."""
    if target not in earlier:
        return f"Link {shown(path)} is to no file before it: {shown(target)}"
    return ""


def clashes(files: Iterable[str]) -> str:
    """Return a path that is both a file and a directory, or an empty text."""
    known = set(files)
    parents: set[str] = set()
    for path in known:
        parent = path.rpartition("/")[0]
        while parent and parent not in parents:
            parents.add(parent)
            parent = parent.rpartition("/")[0]
    return min(known & parents, default="")
