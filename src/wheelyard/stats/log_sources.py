"""Logs to ingest: which files there are, which one a file is, and what is in it."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, cast

from wheelyard.errors import BadInput
from wheelyard.pages.unpacking import unpacked

__all__ = ["LogFile", "digest_file", "find_logs", "open_log", "read_chunks"]

_STEP_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log on this machine. ``name`` is what it is called in what is said of it."""

    name: str
    path: Path


def find_logs(given: Iterable[str]) -> list[LogFile]:
    """Return the files that are named, and all files in directories, by name.

    Hidden files and empty ones are passed over in directories.

    Raises:
        BadInput: there is no such file, or it cannot be looked at.
    """
    found: list[LogFile] = []
    for name in given:
        path = Path(name)
        try:
            if path.is_dir():
                found += [LogFile(str(each), each) for each in sorted(_files_in(path))]
            elif path.exists():
                found.append(LogFile(name, path))
            else:
                raise BadInput(f"There is no file `{name}`: name a log, or a directory of logs.")
        except OSError as error:
            raise BadInput(f"`{name}` cannot be looked at: {error.strerror}.") from error
    return found


def open_log(path: Path) -> BinaryIO:
    """Open a log, to be read more than once; of a pipe a copy, which is gone when it is closed.

    Raises:
        OSError: it cannot be read, or there is no room for the copy.
    """
    file = path.open("rb")
    if file.seekable():
        return file
    copy = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115  # the caller closes it
    try:
        with file:
            shutil.copyfileobj(file, copy, _STEP_BYTES)
        copy.seek(0)
    except BaseException:
        copy.close()
        raise
    return copy


def digest_file(file: BinaryIO) -> str:
    """Return the SHA-256 of an open file, which is at its beginning again afterwards."""
    digest = sha256()
    while piece := file.read(_STEP_BYTES):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def read_chunks(file: BinaryIO) -> Iterator[bytes]:
    """Yield what is in an open file, unpacked if it is compressed.

    Raises:
        BadInput: it is damaged, or ends in the middle, or cannot be read; what came is right.
    """
    try:
        yield from unpacked(iter(lambda: file.read(_STEP_BYTES), b""))
    except OSError as error:
        raise BadInput(f"the file cannot be read any further: {error.strerror}") from error


def _files_in(directory: Path) -> Iterator[Path]:
    """Yield the files below a directory."""
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder) / name
            if not name.startswith(".") and path.is_file() and path.stat().st_size > 0:
                yield path
