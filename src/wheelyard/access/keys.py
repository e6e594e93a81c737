"""The key of a data directory: 32 random bytes in a file of its own, made when first needed.

Without it the digests in the catalog, and in every copy and backup of it, are of no use to whoever
finds them.  If it is lost, every token stops working, and new ones have to be made.
"""

import logging
import os
import secrets
from contextlib import suppress
from pathlib import Path

from wheelyard.errors import ConfigError

__all__ = ["KEY_NAME", "load_key"]

_LOG = logging.getLogger(__name__)

KEY_NAME = "secret.key"
KEY_BYTES = 32
_ONLY_OWNER = 0o600


def load_key(directory: Path) -> bytes:
    """Return the key of the data directory ``directory``, making one if there is none.

    It is written under another name and linked into place: of two processes that try at the same
    time both end up with the same one, and nobody ever reads half of it.

    Raises:
        ConfigError: it is damaged, or cannot be read or made.
    """
    path = directory / KEY_NAME
    try:
        if not path.exists():
            _make(path)
        key = path.read_bytes()
        _close_to_others(path)
    except OSError as error:
        raise ConfigError(
            f"The key file `{path}` cannot be used ({error.strerror}): let this program's user "
            "read and write it."
        ) from error
    if len(key) != KEY_BYTES:
        raise ConfigError(
            f"The key file `{path}` is damaged: bring it back from a backup, or delete it and make "
            "new tokens, because none of today's works without it."
        )
    return key


def _make(path: Path) -> None:
    """Write a new key to the disk, unless somebody else was faster."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}.new")
    try:
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _ONLY_OWNER)
        with os.fdopen(file, "wb") as opened:
            opened.write(secrets.token_bytes(KEY_BYTES))
            opened.flush()
            os.fsync(file)
        _give_to_owner(draft)
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


def _close_to_others(path: Path) -> None:
    """Take the key away from other users of the machine: a copy tool may have let them in."""
    mode = path.stat().st_mode & 0o777
    if mode & ~_ONLY_OWNER:
        _LOG.warning(
            "The key file `%s` was open to others (mode %o); it is closed now.", path, mode
        )
        path.chmod(_ONLY_OWNER)
