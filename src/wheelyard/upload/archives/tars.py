"""The members of a source archive in a compressed tar, checked while they go by.

Nothing is kept but the members' paths and one small file.  Refused is whatever an unpacking tool
might put outside of the one directory, or two of them might understand differently.
Source: PEP 625 and 643 (source distributions); PEP 721 (unpacking them safely).
"""

from dataclasses import dataclass, field
from typing import BinaryIO, Final, NoReturn

from wheelyard.upload.archives.gzips import Unpacked
from wheelyard.upload.archives.limits import MEBIBYTE, ArchiveLimits, not_a_distribution
from wheelyard.upload.archives.paths import (
    clashes,
    link_problem,
    path_problem,
    shown,
    target_problem,
)
from wheelyard.upload.archives.tar_headers import (
    BLOCK,
    TarHeader,
    parse_header,
    parse_pax,
    parse_text,
)

__all__ = ["TarArchive", "read_tar"]

_FILES: Final = frozenset({"0", "7"})
_HARD_LINK: Final = "1"
_SYMBOLIC_LINK: Final = "2"
_DIRECTORY: Final = "5"
_DEVICES: Final = {"3": "character device", "4": "block device", "6": "pipe"}
_EXTENDED: Final = frozenset({"x", "g", "L", "K"})
_MAX_EXTENDED: Final = MEBIBYTE
_WANTED: Final = "PKG-INFO"


@dataclass(slots=True)
class TarArchive:
    """What went by: paths of files, links and directories, and each ``<directory>/PKG-INFO``."""

    files: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    directories: set[str] = field(default_factory=set)
    kept: dict[str, bytes] = field(default_factory=dict)
    members: int = 0
    unpacked_bytes: int = 0


def read_tar(file: BinaryIO, size: int, limits: ArchiveLimits) -> TarArchive:
    """Return what the archive in ``file``, ``size`` bytes of gzip, contains.

    Raises:
        BadInput: it is no sound archive, or has something that no source distribution has.
    """
    archive = TarArchive()
    unpacked = Unpacked(file, size, limits)
    reader = _Reader(unpacked, limits)
    while (header := reader.next_member()) is not None:
        archive.members += 1
        limits.check_members(archive.members)
        _take(archive, header, reader)
    archive.unpacked_bytes = unpacked.unpacked_bytes
    _check_together(archive)
    return archive


def _take(archive: TarArchive, header: TarHeader, reader: "_Reader") -> None:
    """Check one member for itself, and remember it."""
    path = header.path.rstrip("/").removeprefix("./")
    # Before there was a type for directories, a slash at the end was one.
    ends_in_slash = header.path.endswith("/")
    is_directory = header.kind == _DIRECTORY or (header.kind in _FILES and ends_in_slash)
    if ends_in_slash and not is_directory:
        raise not_a_distribution(f"The tar archive has a link with a slash: {shown(path)}")
    if header.size and (is_directory or header.kind not in _FILES):
        raise not_a_distribution(f"The tar archive has content where none can be: {shown(path)}")
    if is_directory and header.path in {".", "./"}:
        return  # some tools begin with an entry for the place itself
    if problem := path_problem(path, reader.limits.max_path_bytes):
        raise not_a_distribution(problem)
    if is_directory:
        archive.directories.add(path)
    elif path in archive.files or path in archive.links:
        raise not_a_distribution(f"The tar archive has two members {shown(path)}")
    elif header.kind in _FILES:
        archive.files.add(path)
        _take_content(archive, path, header.size, reader)
    else:
        _take_link(archive, path, header)


def _take_content(archive: TarArchive, path: str, size: int, reader: "_Reader") -> None:
    """Keep the content of a describing file; leave that of any other."""
    if path.count("/") != 1 or not path.endswith(f"/{_WANTED}"):
        reader.skip(size)
        return
    if size > reader.limits.max_text_bytes:
        raise not_a_distribution(
            f"{shown(path)} is larger than {reader.limits.max_text_bytes} bytes"
        )
    archive.kept[path] = reader.content(size)


def _take_link(archive: TarArchive, path: str, header: TarHeader) -> None:
    """Check a link, and refuse what is neither file, directory nor link."""
    target = header.target
    if header.kind == _SYMBOLIC_LINK:
        problem = link_problem(path, target)
    elif header.kind == _HARD_LINK:
        problem = target_problem(path, target.removeprefix("./"), archive.files)
    elif header.kind in _DEVICES:
        problem = f"The tar archive has a {_DEVICES[header.kind]}: {shown(path)}"
    elif header.kind == "S":
        problem = "The tar archive has a sparse member"
    else:
        problem = f"The tar archive has a member of unknown type {shown(header.kind)}"
    if problem:
        raise not_a_distribution(problem)
    if path.count("/") == 1 and path.endswith(f"/{_WANTED}"):
        raise not_a_distribution(f"{_WANTED} is a link")
    archive.links.add(path)


def _check_together(archive: TarArchive) -> None:
    """Refuse what is only wrong beside something else: a member in a file, or behind a link."""
    everything = archive.files | archive.links | archive.directories
    if (path := clashes(everything)) and path not in archive.directories:
        what = "behind the link" if path in archive.links else "inside the file"
        raise not_a_distribution(f"The tar archive has members {what} {shown(path)}")
    inner = archive.files | archive.links
    if both := min(inner & archive.directories, default=""):
        raise not_a_distribution(f"The tar archive has two members {shown(both)}")
    parents = {path.rpartition("/")[0] for path in everything}
    if behind := min(parents & inner, default=""):
        raise not_a_distribution(f"The tar archive has members behind the link {shown(behind)}")


class _Reader:
    """Yields members one by one, each with its long names and sizes already put together."""

    def __init__(self, unpacked: Unpacked, limits: ArchiveLimits) -> None:
        self.limits = limits
        self._unpacked = unpacked
        self._padding = 0
        self._headers = 0

    def next_member(self) -> TarHeader | None:
        """Return the next member, or None at the end of the archive."""
        more: dict[str, str] = {}
        while True:
            header = self._next_header()
            if header is None:
                if more:
                    self._cut_short()
                return None
            if header.kind not in _EXTENDED:
                return self._completed(header, more)
            found = self._extension(header)
            if more.keys() & found.keys():
                raise not_a_distribution("The tar archive has two names or sizes for one member")
            more |= found

    def content(self, size: int) -> bytes:
        """Return the content of the current member."""
        found = self._unpacked.read(size)
        if len(found) != size:
            self._cut_short()
        self._pad(size)
        return found

    def skip(self, size: int) -> None:
        """Leave the content of the current member."""
        if self._unpacked.skip(size) != size:
            self._cut_short()
        self._pad(size)

    def _pad(self, size: int) -> None:
        """Remember how much fills the member's last block."""
        self._padding = -size % BLOCK

    def _next_header(self) -> TarHeader | None:
        """Return the next header block, or None where the archive ends."""
        if self._unpacked.skip(self._padding) != self._padding:
            self._cut_short()
        self._padding = 0
        block = self._unpacked.read(BLOCK)
        if not block and self._headers:
            return None
        if len(block) < BLOCK:
            self._cut_short()
        if not any(block):
            self._check_end()
            return None
        self._headers += 1
        self.limits.check_members(self._headers // 3)
        return parse_header(block)

    def _check_end(self) -> None:
        """Refuse anything but zeros after the end: some tools read on."""
        if not self._headers:
            raise not_a_distribution("The tar archive is empty")
        while piece := self._unpacked.read(64 * 1024):
            if piece.strip(b"\0"):
                raise not_a_distribution("The tar archive has data after its end")

    def _extension(self, header: TarHeader) -> dict[str, str]:
        """Return what a header in front of a member says about it."""
        if header.size > _MAX_EXTENDED:
            raise not_a_distribution("The tar archive has an extended header of more than 1 MiB")
        content = self.content(header.size)
        if header.kind in {"L", "K"}:
            return {"path" if header.kind == "L" else "linkpath": parse_text(content)}
        found = parse_pax(content)
        if header.kind == "g" and found:
            # One path or size for all members: nobody writes it, and readers differ.
            raise not_a_distribution("The tar archive has a global header that renames members")
        return found

    def _completed(self, header: TarHeader, more: dict[str, str]) -> TarHeader:
        """Return the header with what was said in front of it."""
        size = more.get("size", "")
        if size and not (size.isascii() and size.isdigit() and len(size) < BLOCK // 16):
            raise not_a_distribution("The tar archive has a header with a number that is none")
        return TarHeader(
            more.get("path", header.path),
            header.kind,
            int(size) if size else header.size,
            more.get("linkpath", header.target),
        )

    def _cut_short(self) -> NoReturn:
        """Refuse an archive that ends in the middle."""
        raise not_a_distribution("The tar archive is cut short")
