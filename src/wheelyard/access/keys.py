"""The key of a data directory: 32 random bytes in a file of its own, made when first needed.

Without it the digests in the catalog, and in every copy and backup of it, are of no use to whoever
finds them.  If it is lost, every token stops working, and new ones have to be made.
"""

import logging
from pathlib import Path

from wheelyard.access.secret_file import ONLY_OWNER, make_secret
from wheelyard.errors import ConfigError

__all__ = ["KEY_NAME", "load_key"]

_LOG = logging.getLogger(__name__)

KEY_NAME = "secret.key"
KEY_BYTES = 32


def load_key(directory: Path) -> bytes:
    """Return the key of the data directory ``directory``, making one if there is none.

    Of two processes that try at the same time both end up with the same one.

    Raises:
        ConfigError: it is damaged, or cannot be read or made.
    """
    path = directory / KEY_NAME
    try:
        if not path.exists():
            make_secret(path, KEY_BYTES)
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


def _close_to_others(path: Path) -> None:
    """Take the key away from other users of the machine: a copy tool may have let them in."""
    mode = path.stat().st_mode & 0o777
    if mode & ~ONLY_OWNER:
        _LOG.warning(
            "The key file `%s` was open to others (mode %o); it is closed now.", path, mode
        )
        path.chmod(ONLY_OWNER)
