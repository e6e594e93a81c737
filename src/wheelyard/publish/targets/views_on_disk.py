"""The views of a published directory: symbolic links, replaced in one step.

``current`` leads to the view that counts, and the names of pages lead through ``current``. The
links are relative, so that a tree can be moved and copied.
"""

import contextlib
import ctypes
import errno
import os
import sys
from pathlib import Path
from typing import Final

from wheelyard.errors import Unavailable
from wheelyard.publish.targets.drafts import Drafts
from wheelyard.publish.targets.views import parse_pointer
from wheelyard.wire.tree import CURRENT, INFO, SNAPSHOT, SNAPSHOT_DIGEST, VIEWS, View

__all__ = ["LEADS", "active_now", "switch_now"]

LEADS: Final = ("simple", "-", SNAPSHOT, SNAPSHOT_DIGEST, INFO)
"""The names of a tree that lead through ``current``; the description of the tree comes last."""

_RELATIVE_TO_HERE: Final = -100
_EXCHANGE: Final = 2
"""Source: renameat2(2): `AT_FDCWD` and `RENAME_EXCHANGE`."""


def active_now(root: Path) -> View | None:
    """Return the view that counts; None before the first switch; touches the disk.

    Raises:
        Unavailable: there is something else in its place.
    """
    try:
        leads_to = str((root / CURRENT).readlink())
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        leads_to = ""
    view = parse_pointer(leads_to.removeprefix(VIEWS).encode("utf-8", "surrogateescape"))
    if view is not None and leads_to.startswith(VIEWS):
        return view
    raise Unavailable(
        f"The active view of `{root}`",
        f"`{CURRENT}` there is not a link to a view of ours; remove it, and publish again",
    )


def switch_now(root: Path, drafts: Drafts, view: View) -> None:
    """Let ``view`` count, and every lead lead there; touches the disk."""
    _place_link(root / CURRENT, f"{VIEWS}{view}", drafts)
    for name in LEADS:
        target = f"{CURRENT}/{name}"
        if not _leads_to(root / name, target):
            _place_link(root / name, target, drafts)


def _leads_to(link: Path, target: str) -> bool:
    """Say whether ``link`` is a link to ``target``."""
    try:
        return str(link.readlink()) == target
    except OSError:
        return False


def _place_link(link: Path, target: str, drafts: Drafts) -> None:
    """Have ``link`` lead to ``target`` in one step, whatever was there."""
    draft = Path(drafts.new_name())
    draft.symlink_to(target)
    try:
        draft.replace(link)
    except (IsADirectoryError, NotADirectoryError, FileExistsError):
        # A tree that had no views has a folder of that name. Its contents go with the drafts.
        _exchange(draft, link, drafts)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        raise


def _exchange(draft: Path, link: Path, drafts: Drafts) -> None:
    """Put ``draft`` where the folder ``link`` is; in one step where the kernel can do that."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is not None and sys.platform == "linux":
        names = os.fsencode(draft), os.fsencode(link)
        if not rename(_RELATIVE_TO_HERE, names[0], _RELATIVE_TO_HERE, names[1], _EXCHANGE):
            return
    link.rename(drafts.new_name())
    draft.rename(link)
