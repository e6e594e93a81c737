"""``RECORD``: what a wheel says it contains, against what it contains.

An installer trusts the archive, and later tools trust ``RECORD``; a file that only one of them
knows is how something hides.
Source: the specification of the binary distribution format, "The .dist-info directory"; PEP 376.
"""

import base64
import binascii
import csv
import hashlib
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from wheelyard.errors import BadInput
from wheelyard.upload.archives.limits import not_a_distribution
from wheelyard.upload.archives.paths import shown

__all__ = ["Digest", "RecordRow", "compare_record", "new_digests", "parse_record"]

MAX_TOLD: Final = 20
MAX_ROWS: Final = 200_000
_ALGORITHMS: Final = frozenset({"sha256", "sha384", "sha512"})
_HEX_LENGTHS: Final = frozenset({64, 96, 128})
_HEX: Final = re.compile(r"[0-9a-f]+")
_UNSIGNED: Final = ("RECORD", "RECORD.jws", "RECORD.p7s")


class Digest(Protocol):
    """A digest that grows; hashlib's objects are."""

    def update(self, data: bytes, /) -> None:
        """Take the next bytes."""
        ...

    def digest(self) -> bytes:
        """Return the digest of what was taken."""
        ...


@dataclass(frozen=True, slots=True)
class RecordRow:
    """What one line says; ``algorithm`` is empty and ``size`` None where it says nothing."""

    algorithm: str = ""
    digest: bytes = b""
    size: int | None = None


def parse_record(content: bytes) -> Mapping[str, RecordRow]:
    """Return the rows by path.

    Raises:
        BadInput: it is no UTF-8 or no CSV, or a row has no path, a digest that is none or another
            row that contradicts it.
    """
    rows: dict[str, RecordRow] = {}
    try:
        for line in csv.reader(io.StringIO(content.decode("utf-8"), newline=""), strict=True):
            if not line:
                continue
            path, row = _parse_row(line)
            if len(rows) > MAX_ROWS:
                raise not_a_distribution(f"RECORD has more than {MAX_ROWS} rows")
            if rows.setdefault(path, row) != row:
                raise not_a_distribution(f"RECORD has two different rows for {shown(path)}")
    except (UnicodeDecodeError, csv.Error) as error:
        raise not_a_distribution(f"RECORD cannot be read as UTF-8 and CSV: {error}") from error
    return rows


def _parse_row(line: list[str]) -> tuple[str, RecordRow]:
    """Return path and content of one row."""
    path, claim, size = [*line, "", ""][:3]
    algorithm, _, text = claim.partition("=")
    try:
        digest = _digest(text)
        length = int(size) if size.isascii() and size.isdecimal() and len(size) < MAX_TOLD else None
    except (binascii.Error, ValueError) as error:
        raise not_a_distribution(f"RECORD has a digest that is none for {shown(path)}") from error
    if not path or (size and length is None):
        raise not_a_distribution(f"RECORD has a row that cannot be read: {shown(','.join(line))}")
    return path, RecordRow(algorithm, digest, length)


def _digest(text: str) -> bytes:
    """Return the bytes of a digest: in base64 without padding, or in hex as some tools write it.

    Base64 of a digest is never as long as its hex digits.
    """
    if len(text) in _HEX_LENGTHS and _HEX.fullmatch(text):
        return bytes.fromhex(text)
    return base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)


def new_digests(rows: Mapping[str, RecordRow]) -> dict[str, Digest]:
    """Return a fresh digest for each file whose row states one that can be relied on."""
    return {
        path: hashlib.new(row.algorithm)
        for path, row in rows.items()
        if row.algorithm in _ALGORITHMS
    }


def compare_record(
    rows: Mapping[str, RecordRow],
    files: Mapping[str, int],
    digests: Mapping[str, Digest],
    directory: str,
) -> BadInput | None:
    """Return the refusal with everything that ``RECORD`` and archive disagree about, or None.

    ``files`` has the size of each file of the archive, ``digests`` what was computed from it;
    ``directory`` is the ``.dist-info`` directory.
    """
    unsigned = {f"{directory}/{name}" for name in _UNSIGNED}
    problems = [
        *(problem for path in sorted(files.keys() - unsigned) for problem in _file(path, rows)),
        *_missing(rows.keys() - files.keys() - unsigned, rows),
        *(
            problem
            for path, row in rows.items()
            if path in files and path not in unsigned
            for problem in _row(path, row, files[path], digests)
        ),
    ]
    if not problems:
        return None
    more = len(problems) - MAX_TOLD
    told = [*problems[:MAX_TOLD], *([f"RECORD has {more} more problems"] if more > 0 else [])]
    return BadInput(*(str(not_a_distribution(problem)) for problem in told))


def _file(path: str, rows: Mapping[str, RecordRow]) -> Iterator[str]:
    """Yield what is wrong with how a file is listed."""
    if path not in rows:
        yield f"File {shown(path)} is not listed in RECORD"
    elif rows[path].algorithm not in _ALGORITHMS:
        yield f"RECORD states no SHA-256 digest, or a stronger one, for {shown(path)}"


def _missing(paths: Iterable[str], rows: Mapping[str, RecordRow]) -> Iterator[str]:
    """Yield the files that are listed and not there; compiled ones without digest may be missing.

    Tools that make a wheel of what is installed list what the installer compiled.
    """
    for path in sorted(paths):
        if not (path.endswith((".pyc", ".pyo")) and not rows[path].algorithm):
            yield f"RECORD lists {shown(path)}, which is not in the archive"


def _row(path: str, row: RecordRow, size: int, digests: Mapping[str, Digest]) -> Iterator[str]:
    """Yield what a row says wrongly of a file."""
    if path in digests and digests[path].digest() != row.digest:
        yield f"RECORD states another {row.algorithm} digest for {shown(path)} than its content has"
    if row.size is not None and row.size != size:
        yield f"RECORD states {row.size} bytes for {shown(path)}, which has {size}"
