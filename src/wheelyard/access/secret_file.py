"""Files of random bytes that only this program's user may read."""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

__all__ = ["ONLY_OWNER", "make_secret"]

ONLY_OWNER: Final = 0o600


def make_secret(path: Path, size: int, *, replaces: bool = False) -> None:
    """Write ``size`` random bytes to ``path``; unless it replaces them, others may have before.

    They are written under another name and linked into place: of two processes that try at the
    same time both end up with the same ones, and nobody ever reads half of them.

    Raises:
        OSError: they cannot be written.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, ONLY_OWNER)
        with os.fdopen(file, "wb") as opened:
            opened.write(secrets.token_bytes(size))
            opened.flush()
            os.fsync(file)
        _give_to_owner(draft)
        if replaces:
            draft.replace(path)
        else:
            with suppress(FileExistsError):
                os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _give_to_owner(draft: Path) -> None:
    """Let the server's own user read what the machine's administrator has made with a command."""
    owner = draft.parent.stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.chown(draft, owner.st_uid, owner.st_gid)
