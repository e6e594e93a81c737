"""The requests in a log, which is plain, gzip or zstd, a file or standard input."""

import sys
from collections.abc import Iterator
from contextlib import nullcontext
from io import BufferedReader
from pathlib import Path
from typing import Final, cast

from wheelyard.errors import BadInput
from wheelyard.pages.unpacking import unpacked
from wheelyard.wire.access_logs import BadLine, LogEntry, LogFormat, read_log

__all__ = ["STANDARD_INPUT", "read_log_file"]

STANDARD_INPUT: Final = Path("-")
_STEP: Final = 256 * 1024


def read_log_file(path: Path, form: LogFormat | None = None) -> Iterator[LogEntry | BadLine]:
    """Yield each request of the log at ``path``, and each line that could not be read.

    Without ``form`` it is found out. Memory is bounded, whatever the file contains; what cannot be
    unpacked is the last line, told as one that could not be read.

    Raises:
        BadInput: the file cannot be opened.
    """
    is_input = path == STANDARD_INPUT
    where = "standard input" if is_input else str(path)
    try:
        opened = nullcontext(_standard_input()) if is_input else path.open("rb")
    except OSError as error:
        raise BadInput(f"The log `{path}` cannot be read: {error.strerror}.") from error
    with opened as file:
        yield from read_log(unpacked(_chunks(file)), form, where=where)


def _standard_input() -> BufferedReader:
    """Return standard input, which Python has as one of these wherever bytes come from."""
    return cast("BufferedReader", sys.stdin.buffer)


def _chunks(file: BufferedReader) -> Iterator[bytes]:
    """Yield a file in pieces, each as soon as it is there: a log may still be growing.

    Raises:
        BadInput: it cannot be read on.
    """
    try:
        while piece := file.read1(_STEP):
            yield piece
    except OSError as error:
        raise BadInput(f"it cannot be read on: {error.strerror}") from error
