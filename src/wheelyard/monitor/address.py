"""Where the server of a data directory can be reached, for commands that ask it something.

The file is a hint: whoever reads it finds out by asking whether somebody is still there.
"""

import os
from contextlib import suppress
from pathlib import Path

import msgspec

__all__ = ["Address", "forget_address", "load_address", "save_address"]

_NAME = "server.json"


class Address(msgspec.Struct, frozen=True, omit_defaults=True):
    """How to reach a server from this machine.

    ``url`` is its root, without a final slash; ``uds`` the path of its Unix socket if it
    listens on one; ``certificate`` the file of its own certificate if it speaks HTTPS.
    """

    url: str
    uds: str = ""
    certificate: str = ""
    process: int = 0


def save_address(run: Path, address: Address) -> None:
    """Write down in directory ``run`` how to reach this server."""
    run.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = run / f"{_NAME}.{os.getpid()}.new"
    draft.write_bytes(msgspec.json.encode(address))
    draft.replace(run / _NAME)


def load_address(run: Path) -> Address | None:
    """Return how to reach the server that last listened, or None if nobody wrote it down."""
    try:
        return msgspec.json.decode((run / _NAME).read_bytes(), type=Address)
    except (OSError, msgspec.DecodeError):
        return None


def forget_address(run: Path, process: int) -> None:
    """Remove the address if it is still that of the server with this process number."""
    known = load_address(run)
    if known is not None and known.process == process:
        with suppress(OSError):  # a disk that takes no writes any more: nobody listens there
            (run / _NAME).unlink(missing_ok=True)
