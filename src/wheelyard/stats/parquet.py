"""Counts as Parquet, for programs that look at columns.

The same rows are the same bytes, as long as the library is the same. Rows are written a group at a
time, so that years of them need little memory.
Source: Apache Parquet, "File Format"; Apache Arrow, "C stream interface".
"""

import os
from collections.abc import Iterable, Iterator
from io import FileIO, RawIOBase
from itertools import islice
from pathlib import Path
from typing import IO, Final, cast

from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema
from arro3.io import write_parquet

from wheelyard import __version__
from wheelyard.catalog.downloads import Counted
from wheelyard.errors import Unavailable
from wheelyard.stats.export import COLUMNS, Exported, exported

__all__ = ["save_parquet"]

_GROUP_ROWS: Final = 64 * 1024
_EPOCH: Final = 719_163
"""The number of 1970-01-01 among the days of Python."""

_COMPRESSION: Final = "zstd(3)"
_TYPES: Final = {
    "day": DataType.date32(),
    "count": DataType.int64(),
    "mirror": DataType.bool(),
    "ci": DataType.bool(),
}
_SCHEMA: Final = Schema(
    [Field(name, _TYPES.get(name, DataType.utf8()), nullable=False) for name in COLUMNS]
)


def save_parquet(rows: Iterable[Counted], path: Path) -> int:
    """Write ``rows`` into the file at ``path``, whole or not at all; return how many there were.

    Raises:
        Unavailable: the file cannot be written.
    """
    groups = _Groups(rows)
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    try:
        try:
            _write(groups, draft)
        except Exception as error:
            # The library says in its own words what happened while it asked for the next rows.
            if groups.failure is not None:
                raise groups.failure from None
            raise Unavailable(f"`{path}`", f"it cannot be written: {error}") from error
        draft.replace(path)
    except OSError as error:
        raise Unavailable(f"`{path}`", f"it cannot be written: {error.strerror}") from error
    finally:
        draft.unlink(missing_ok=True)
    return groups.number


def _write(groups: "_Groups", draft: Path) -> None:
    """Write all groups into a new file, which is on disk then."""
    with draft.open("wb", buffering=0) as file:
        out = _Out(file)
        write_parquet(
            RecordBatchReader.from_batches(_SCHEMA, groups),
            cast("IO[bytes]", out),
            compression=_COMPRESSION,
            max_row_group_size=_GROUP_ROWS,
            created_by=f"wheelyard {__version__}",
        )
        if out.failure is not None:
            raise out.failure
        os.fsync(file.fileno())


class _Out(RawIOBase):
    """Where the library writes to. It panics if a disk is full, so it does not hear of that."""

    def __init__(self, file: FileIO) -> None:
        super().__init__()
        self._file = file
        self.failure: OSError | None = None

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def write(self, content: bytes | memoryview) -> int:  # type: ignore[override]  # what the library gives
        """Write all of it, or remember why that cannot be done."""
        left = memoryview(content)
        size = len(left)
        while left and self.failure is None:
            try:
                left = left[self._file.write(left) :]
            except OSError as error:
                self.failure = error
        return size


class _Groups:
    """Rows as columns, a group at a time; remembers what went wrong with getting them."""

    def __init__(self, rows: Iterable[Counted]) -> None:
        self._rows = exported(rows)
        self.number = 0
        self.failure: Exception | None = None

    def __iter__(self) -> Iterator[RecordBatch]:
        try:
            while group := list(islice(self._rows, _GROUP_ROWS)):
                self.number += len(group)
                yield _batch(group)
        except Exception as error:
            self.failure = error
            raise


def _batch(group: list[Exported]) -> RecordBatch:
    """Return a group of rows as columns."""
    arrays: list[Array] = []
    for name, values in zip(COLUMNS, zip(*group, strict=True), strict=True):
        if name == "day":
            days = [day.toordinal() - _EPOCH for day in values]
            arrays.append(Array(days, type=DataType.int32()).cast(DataType.date32()))
        else:
            arrays.append(Array(values, type=_TYPES.get(name, DataType.utf8())))
    return RecordBatch.from_arrays(arrays, schema=_SCHEMA)
