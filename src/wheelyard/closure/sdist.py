"""What an sdist says about itself, read in passing: nothing is unpacked, nothing is executed.

Archives come from strangers. They are read once, from front to back; only a few members are
taken, each with a limit, and so is the whole. What no installer would read is refused.
Source: PEP 625 (sdists), PEP 518 (`pyproject.toml`).
"""

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from wheelyard.errors import BadInput

__all__ = ["SdistFacts", "read_sdist"]

MAX_UNPACKED_BYTES: Final = 8 * 1024 * 1024 * 1024
MAX_MEMBERS: Final = 100_000
MAX_MEMBER_BYTES: Final = 8 * 1024 * 1024
_PIECE: Final = 1024 * 1024

_PKG_INFO = re.compile(r"[^/]+/PKG-INFO")
_PYPROJECT = re.compile(r"[^/]+/pyproject\.toml")
_SETUP = re.compile(r"[^/]+/setup\.py")
_EGG_INFO = re.compile(r"[^/]+/(?:src/|lib/)?[^/]+\.egg-info/(PKG-INFO|requires\.txt)")

_OPENERS: Final[Mapping[str, Callable[[BinaryIO], io.BufferedIOBase]]] = {
    ".gz": gzip.open,
    ".tgz": gzip.open,
    ".bz2": bz2.open,
    ".xz": lzma.open,
}


@dataclass(frozen=True, slots=True)
class SdistFacts:
    """The members of an sdist that say something about it; None for what it does not have.

    ``has_egg_info``: setuptools has written down what it knew when the sdist was made; then a
    missing ``requires_txt`` means that nothing was required.
    """

    pkg_info: bytes | None = None
    pyproject: bytes | None = None
    requires_txt: bytes | None = None
    has_egg_info: bool = False
    has_setup: bool = False


def read_sdist(path: Path, filename: str) -> SdistFacts:
    """Return what the sdist at ``path``, whose name is ``filename``, says about itself.

    Raises:
        BadInput: it is no sound archive, or larger than any that is read.
    """
    try:
        with path.open("rb") as file:
            members = _from_zip(file) if filename.endswith(".zip") else _from_tar(file, filename)
    except (
        *(tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),
        *(ValueError, NotImplementedError, RuntimeError),
    ) as error:
        raise BadInput(f"`{filename}` is not an archive that can be read: {error}") from error
    return SdistFacts(
        members.get("PKG-INFO"),
        members.get("pyproject.toml"),
        members.get("requires.txt"),
        has_egg_info="egg-info" in members,
        has_setup="setup.py" in members,
    )


def _kind(name: str) -> str:
    """Return which of the members that are wanted a name is; empty if it is none."""
    name = name.removeprefix("./")
    if _PKG_INFO.fullmatch(name):
        return "PKG-INFO"
    if _PYPROJECT.fullmatch(name):
        return "pyproject.toml"
    if _SETUP.fullmatch(name):
        return "setup.py"
    if found := _EGG_INFO.fullmatch(name):
        return "requires.txt" if found[1] == "requires.txt" else "egg-info"
    return ""


def _from_tar(file: BinaryIO, filename: str) -> dict[str, bytes]:
    """Return the members of a tar archive that are wanted."""
    suffix = filename[filename.rfind(".") :]
    opener = _OPENERS.get(suffix)
    stream = _Forward(opener(file) if opener else file)
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=stream, mode="r:") as archive:
        for number, member in enumerate(archive):
            if number >= MAX_MEMBERS:
                raise BadInput(f"`{filename}` has more than {MAX_MEMBERS} members")
            kind = _kind(member.name) if member.isreg() else ""
            if kind and kind not in found:
                found[kind] = _read_member(archive, member) if kind != "setup.py" else b""
            # With their headers, each of which may be of megabytes.
            archive.members.clear()  # type: ignore[attr-defined]  # typeshed does not know it
    return found


def _read_member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    """Return a member of a tar archive."""
    if member.size > MAX_MEMBER_BYTES:
        raise BadInput(f"its `{member.name}` is larger than {MAX_MEMBER_BYTES} bytes")
    opened = archive.extractfile(member)
    return b"" if opened is None else opened.read(MAX_MEMBER_BYTES)


def _from_zip(file: BinaryIO) -> dict[str, bytes]:
    """Return the members of a zip archive that are wanted."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(file) as archive:
        for member in archive.infolist()[:MAX_MEMBERS]:
            kind = _kind(member.filename)
            if not kind or kind in found:
                continue
            with archive.open(member) as opened:
                content = b"" if kind == "setup.py" else opened.read(MAX_MEMBER_BYTES + 1)
            if len(content) > MAX_MEMBER_BYTES:
                raise BadInput(f"its `{member.filename}` is larger than {MAX_MEMBER_BYTES} bytes")
            found[kind] = content
    return found


class _Forward(io.RawIOBase):
    """Unpacked bytes that are read once from front to back, a bounded piece at a time."""

    def __init__(self, stream: io.BufferedIOBase | BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._place = 0

    def tell(self) -> int:
        """Return how many bytes were read."""
        return self._place

    def seek(self, offset: int, whence: int = 0) -> int:
        """Skip to a later place."""
        if whence != 0 or offset < self._place:
            raise BadInput("an archive is read from front to back only")
        while self._place < offset:
            if not self._take(min(_PIECE, offset - self._place)):
                break
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; fewer only at the end."""
        if not 0 <= size <= MAX_MEMBER_BYTES + _PIECE:
            raise BadInput(f"it has a header of more than {MAX_MEMBER_BYTES} bytes")
        pieces = []
        while size and (piece := self._take(size)):
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def seekable(self) -> bool:
        """Say that there are places; see ``seek``."""
        return True

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def _take(self, size: int) -> bytes:
        """Return some of the next bytes."""
        piece = self._stream.read(size)
        self._place += len(piece)
        if self._place > MAX_UNPACKED_BYTES:
            raise BadInput(f"it unpacks to more than {MAX_UNPACKED_BYTES} bytes")
        return piece
