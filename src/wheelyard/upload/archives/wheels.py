"""A wheel: a zip archive whose ``.dist-info`` directory describes all of the rest.

Source: the specification of the binary distribution format (PEP 427).
"""

from collections.abc import Iterator
from email.parser import HeaderParser
from typing import BinaryIO, Final

from wheelyard.errors import BadInput
from wheelyard.names import Filename, canonical_version, normalise
from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.entry_points import entry_point_problems
from wheelyard.upload.archives.limits import ArchiveLimits, not_a_distribution
from wheelyard.upload.archives.paths import shown
from wheelyard.upload.archives.records import compare_record, new_digests, parse_record
from wheelyard.upload.archives.zips import ZipArchive, open_zip

__all__ = ["read_wheel"]

_NEEDED: Final = ("METADATA", "RECORD", "WHEEL")
_MAJOR: Final = "1"


def read_wheel(file: BinaryIO, size: int, filename: Filename, limits: ArchiveLimits) -> Contents:
    """Return what the wheel in ``file`` contains, after every byte of it was checked.

    Raises:
        BadInput: with every rule that it breaks, as far as it can be read.
    """
    archive = open_zip(file, size, limits)
    directory = _find_directory(archive, filename)
    missing = [name for name in _NEEDED if f"{directory}/{name}" not in archive.files()]
    if missing:
        raise BadInput(
            *(
                str(not_a_distribution(f"{name} not found at {directory}/{name}"))
                for name in missing
            )
        )
    rows = parse_record(archive.read(f"{directory}/RECORD"))
    digests = new_digests(rows)
    archive.check(digests)
    sizes = {path: archive.entries[path].unpacked_bytes for path in archive.files()}
    disagreement = compare_record(rows, sizes, digests, directory)
    tags, complaints = _read_wheel_file(archive.read(f"{directory}/WHEEL"))
    problems = [
        *(disagreement.problems if disagreement else ()),
        *complaints,
        *_entry_points(archive, f"{directory}/entry_points.txt"),
    ]
    if problems:
        raise BadInput(*problems)
    licences = f"{directory}/licenses/"
    return Contents(
        metadata=archive.read(f"{directory}/METADATA"),
        licence_files=frozenset(
            path.removeprefix(licences) for path in sizes if path.startswith(licences)
        ),
        tags=tags,
        members=len(archive.entries),
        unpacked_bytes=archive.unpacked_bytes,
    )


def _find_directory(archive: ZipArchive, filename: Filename) -> str:
    """Return the one ``.dist-info`` directory, which must be that of the wheel's name."""
    tops = {path.partition("/")[0] for path in archive.entries}
    found = sorted(top for top in tops if top.endswith(".dist-info"))
    wanted = "-".join(filename.split("-")[:2]) + ".dist-info"
    if not found:
        raise not_a_distribution(f"WHEEL not found at {wanted}/WHEEL")
    if len(found) > 1:
        names = ", ".join(map(shown, found[:5]))
        raise not_a_distribution(f"It has {len(found)} .dist-info directories: {names}")
    if not _is_same(found[0], wanted):
        raise not_a_distribution(f"WHEEL not found at {wanted}/WHEEL, there is {shown(found[0])}")
    return found[0]


def _is_same(directory: str, wanted: str) -> bool:
    """Say whether two names of ``.dist-info`` directories are of one project and version."""
    if directory == wanted:
        return True
    pairs = [name.removesuffix(".dist-info").rpartition("-") for name in (directory, wanted)]
    (name, _, version), (other_name, _, other_version) = pairs
    canonical = canonical_version(version)
    return (
        normalise(name) == normalise(other_name)
        and canonical is not None
        and canonical == canonical_version(other_version)
    )


def _read_wheel_file(content: bytes) -> tuple[tuple[str, ...], list[str]]:
    """Return the tags in ``WHEEL``, and what is wrong with it."""
    headers = HeaderParser().parsestr(content.decode("utf-8", "replace"))
    version = str(headers.get("Wheel-Version", "")).strip()
    problems = []
    if version.partition(".")[0] != _MAJOR:
        reason = f"WHEEL has `Wheel-Version: {version[:20]}`; 1.0 is what installers understand"
        problems.append(str(not_a_distribution(reason)))
    return tuple(str(tag).strip() for tag in headers.get_all("Tag", [])), problems


def _entry_points(archive: ZipArchive, path: str) -> Iterator[str]:
    """Yield what is wrong with the entry points, if there are any."""
    if path in archive.files():
        yield from entry_point_problems(archive.read(path))
