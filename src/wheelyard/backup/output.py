"""Where a backup is written, and where one is read: a file, or the streams of a command.

A file is written beside its place under another name, and takes it when it is whole and on the
disk: who looks for the last backup finds the old one or the new one. Of a backup that was cut off
the draft stays, and the next one to the same place writes over it.
"""

import fcntl
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from wheelyard.blobs import disk_failure
from wheelyard.catalog.sqlite_file import sync_folder
from wheelyard.errors import BadInput, Conflict
from wheelyard.pages.coding import Coding, WritesBytes, compressing

__all__ = ["STREAM", "coding_of", "draft_of", "open_input", "open_output"]

STREAM: Final = "-"
"""What a person writes for the streams of the command."""

_CODINGS: Final[dict[str, Coding]] = {
    ".gz": "gzip",
    ".tgz": "gzip",
    ".zst": "zstd",
    ".tzst": "zstd",
}


def coding_of(name: str) -> Coding:
    """Return how a file of that name is compressed: by its suffix, not at all without one."""
    return _CODINGS.get(Path(name).suffix.lower(), "identity")


def draft_of(place: Path) -> Path:
    """Return where the file that is to be at ``place`` is written."""
    return place.with_name(f".{place.name}.draft")


@contextmanager
def open_output(name: str) -> Iterator[WritesBytes]:
    """Yield what writes a backup to the file ``name``, or to the standard output for ``-``.

    The file is there after the block, for its owner alone; not at all if the block fails.

    Raises:
        BadInput: it cannot be written, or the output is a terminal.
        Conflict: another backup is being written to the same place.
        Unavailable: the disk does not take it.
    """
    if name == STREAM:
        with _standard_output() as stream:
            yield stream
        return
    place = Path(name).absolute()
    try:
        file = _open_draft(place)
    except OSError as error:
        raise BadInput(f"`{place}` cannot be written: {error.strerror}.") from error
    draft = draft_of(place)
    with file:
        try:
            with compressing(file, coding_of(name)) as sink:
                yield sink
            file.flush()
            os.fsync(file.fileno())
            draft.replace(place)
            sync_folder(place.parent)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise disk_failure(f"The backup `{place}`", error) from error
        except BaseException:
            draft.unlink(missing_ok=True)
            raise


@contextmanager
def open_input(name: str) -> Iterator[BinaryIO]:
    """Yield the file ``name``, or the standard input for ``-``, to be read from its start.

    Raises:
        BadInput: it cannot be read.
    """
    if name == STREAM:
        yield sys.stdin.buffer
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115  # closed below
    except OSError as error:
        raise BadInput(f"The backup `{name}` cannot be read: {error.strerror}.") from error
    with file:
        yield file


@contextmanager
def _standard_output() -> Iterator[BinaryIO]:
    """Yield the standard output, unless a person would get the bytes."""
    if sys.stdout.isatty():
        raise BadInput("A backup is no text for a terminal: name a file, or pass it on with `|`.")
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


def _open_draft(place: Path) -> BinaryIO:
    """Open the draft of ``place``, empty and held by nobody else.

    Raises:
        Conflict: somebody else writes it.
        OSError: it cannot be opened.
    """
    if place.is_dir():
        raise BadInput(f"`{place}` is a directory: name a file in it.")
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    file = os.fdopen(os.open(draft_of(place), flags, 0o600), "wb")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.fchmod(file.fileno(), 0o600)
        file.truncate()
    except BlockingIOError as error:
        file.close()
        raise Conflict(
            f"The backup `{place}`", "another backup is being written there: wait until it is done."
        ) from error
    except BaseException:
        file.close()
        raise
    return file
