"""Restoring what goes with a file: its metadata, out of the file itself or from its upstream.

The digest decides: whatever it was read out of, other metadata than those that were kept are not
put in their place.
"""

import tarfile
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from wheelyard.blobs import DiskThreads, LocalBlobs, reading
from wheelyard.catalog.blob_names import BesideRow
from wheelyard.errors import BadInput, WheelyardError
from wheelyard.names import Filename, is_wheel
from wheelyard.repository import Repository
from wheelyard.repository.remote_wheel import read_metadata

__all__ = ["metadata_of", "restore_metadata"]

_MOST_BYTES: Final = 16 * 1024**2
_MOST_MEMBERS: Final = 200_000


async def restore_metadata(
    store: LocalBlobs, disk: DiskThreads, repository: Repository, row: BesideRow
) -> str:
    """Have the metadata of a file in the store again; return a word about how, or nothing."""
    if row.filename is None or row.project is None:
        return ""
    wanted = row.sha256
    held = await store.find(row.of)
    if held is not None:
        content = await metadata_of(store, disk, row)
        if content is not None and sha256(content).hexdigest() == wanted:
            await store.put(content)
            return "read out of its file"
    try:
        project = await repository.project(row.project)
        for file in project.files:
            if file.filename == row.filename and file.metadata_sha256 == wanted:
                blob = await repository.metadata(project.ref(file))
                async with reading(blob) as chunks:
                    async for _ in chunks:
                        pass
                return "fetched anew"
    except WheelyardError:
        return ""
    return ""


async def metadata_of(store: LocalBlobs, disk: DiskThreads, row: BesideRow) -> bytes | None:
    """Return the metadata that a held file has in it; None if it cannot be read out."""
    name = row.filename or Filename("")
    try:
        if is_wheel(name):
            held = await store.find(row.of)
            return None if held is None else await read_metadata(held, name)
        return await disk.run(_load_source_metadata, store.path(row.of), name)
    except (BadInput, OSError, tarfile.TarError, zipfile.BadZipFile, EOFError, zlib.error):
        return None


def _load_source_metadata(path: Path, filename: Filename) -> bytes | None:
    """Return the ``PKG-INFO`` in the top directory of a source archive. Source: PEP 643."""
    if filename.endswith(".zip"):
        with zipfile.ZipFile(path) as packed:
            for entry in packed.infolist()[:_MOST_MEMBERS]:
                if _is_it(entry.filename):
                    with packed.open(entry) as file:
                        return _limited(file)
        return None
    with tarfile.open(path, "r:*") as archive:
        for number, member in enumerate(archive):
            if number >= _MOST_MEMBERS:
                return None
            if member.isreg() and _is_it(member.name):
                found = archive.extractfile(member)
                return None if found is None else _limited(found)
    return None


def _is_it(name: str) -> bool:
    """Say whether a member is the ``PKG-INFO`` of the whole archive."""
    return name.removeprefix("./").split("/")[1:] == ["PKG-INFO"]


def _limited(member: IO[bytes]) -> bytes | None:
    """Return what is in a member, or None if that is too much to be metadata."""
    content = member.read(_MOST_BYTES + 1)
    return content if len(content) <= _MOST_BYTES else None
