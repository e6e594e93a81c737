"""What a page of a tree means for the catalog: rows of our own, or an upstream's page again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

import msgspec

from wheelyard.blobs import Digests
from wheelyard.catalog import HostedFile, HostedProject, LedgerRow, OddPathRow, PageRow
from wheelyard.catalog.restoring import RESTORED
from wheelyard.clock import Instant
from wheelyard.errors import BadInput
from wheelyard.model import File, Project
from wheelyard.names import (
    Filename,
    ProjectName,
    Sha256,
    canonical_version,
    filename_version,
    is_wheel,
    version_key,
)
from wheelyard.publish.restoring.plan import BASE, ListedPage, tree_path
from wheelyard.repository import file_path
from wheelyard.repository.packing import pack_now

__all__ = [
    "FilePlace",
    "Restored",
    "held_page",
    "hosted_file",
    "hosted_project",
    "ledger_row",
    "odd_path",
    "place_of",
    "provenance_path",
]

_DOOR: Final = f"{BASE}simple/"
"""Who gave a restored page: no door of ours, so that files are looked for at the door's own."""


@dataclass(frozen=True, slots=True)
class FilePlace:
    """A file of a page that its manifest agrees with: where it is in the tree, and what it is."""

    file: File
    path: str
    sha256: Sha256
    size: int
    metadata: Sha256 | None = None


@dataclass(frozen=True, slots=True)
class Restored:
    """A file whose bytes are here; ``metadata`` and ``provenance`` are what was had with it."""

    place: FilePlace
    digests: Digests | None = None
    metadata: Sha256 | None = None
    metadata_size: int = 0
    provenance: bytes | None = None


def place_of(page: ListedPage, file: File) -> FilePlace:
    """Return where the bytes of ``file`` are, which a page lists.

    Raises:
        BadInput: it is not in the tree, or the manifest says something else of it.
    """
    link = file.url.removeprefix(BASE)
    if link == file.url:
        raise BadInput("its link leads out of the tree, where nothing is taken from")
    entry = page.files.get(link)
    if entry is None:
        raise BadInput("the manifest does not list it")
    if entry.sha256 != file.sha256 or entry.size is None or file.size not in {None, entry.size}:
        raise BadInput("its page and the manifest say different things of it")
    path = tree_path(link)
    if path.rpartition("/")[2] != file.filename:
        raise BadInput("its path ends in another name")
    metadata = page.metadata.get(f"{link}.metadata")
    if file.metadata_sha256 is not None and (
        metadata is None or metadata.sha256 != file.metadata_sha256
    ):
        raise BadInput("its page and the manifest say different things of its metadata")
    return FilePlace(file, path, entry.sha256, entry.size, file.metadata_sha256)


def provenance_path(name: ProjectName, filename: Filename) -> str | None:
    """Return where the provenance of a file is in a tree; None if its name has no version."""
    version = filename_version(filename, name)
    return None if version is None else f"integrity/{name}/{version}/{filename}/provenance"


def hosted_project(
    owner: str, shown: str, page: Project, who: str, otherwise: Instant
) -> HostedProject:
    """Return the row of a project of our own, made by ``who`` when its first file came.

    ``shown`` is its name as it is spelled; one without files was made ``otherwise``.
    """
    times = [_instant(file.upload_time) for file in page.files if file.upload_time]
    return HostedProject(
        owner=owner,
        project=page.name,
        name=shown,
        status=page.status.status,
        status_reason=page.status.reason,
        created_at=min(times, default=otherwise),
        created_by=who,
        revision=0,
    )


def hosted_file(
    owner: str, page: Project, restored: Restored, digests: Digests, who: str
) -> HostedFile:
    """Return the row of a file of our own, with what its page says of it."""
    file = restored.place.file
    version = _version(page, file.filename)
    provenance = restored.provenance
    return HostedFile(
        owner=owner,
        project=page.name,
        filename=file.filename,
        generation=1,
        version=version,
        sha256=digests.sha256,
        size=digests.size,
        uploaded_at=_instant(file.upload_time) if file.upload_time else Instant(0.0),
        uploaded_by=who,
        hashes={"md5": digests.md5, "blake2b_256": digests.blake2b_256},
        kind="bdist_wheel" if is_wheel(file.filename) else "sdist",
        requires_python=file.requires_python,
        metadata_sha256=restored.metadata,
        provenance_sha256=None if provenance is None else _digest(provenance),
        yanked=_yanked(file),
    )


def held_page(owner: str, page: Project, at: Instant) -> PageRow:
    """Return the row of an upstream's page as it was ``at`` that time: to be asked for again."""
    model = msgspec.structs.replace(page, serial=None, dropped=0)
    return PageRow(
        owner=owner,
        project=page.name,
        url=_DOOR,
        fetched_at=at,
        checked_at=at,
        lifetime_seconds=0.0,
        model=pack_now(model),
    )


def ledger_row(owner: str, name: ProjectName, place: FilePlace, at: Instant) -> LedgerRow:
    """Return the evidence of an upstream's file: what was published as its bytes."""
    names = (owner, name, place.file.filename)
    return LedgerRow(*names, place.sha256, place.size, at, RESTORED)


def odd_path(owner: str, name: ProjectName, place: FilePlace) -> OddPathRow:
    """Return where a file is asked for."""
    return OddPathRow(owner, file_path(name, place.file), name, place.file.filename)


def _version(page: Project, filename: Filename) -> str:
    """Return the version of a file as its page spells it."""
    stated = filename_version(filename, page.name) or ""
    spelled: Mapping[str, str] = {version_key(text): text for text in page.versions}
    return spelled.get(version_key(stated)) or canonical_version(stated) or stated


def _yanked(file: File) -> str | None:
    """Return the mark as a row has it: None, or the reason, which may be empty."""
    if isinstance(file.yanked, str):
        return file.yanked
    return "" if file.yanked else None


def _instant(text: str) -> Instant:
    """Return a moment that a page states."""
    return Instant(datetime.fromisoformat(text).timestamp())


def _digest(content: bytes) -> Sha256:
    """Return the digest of ``content``."""
    return Sha256(sha256(content).hexdigest())
