"""Making a manifest: every page and file of an index, listed, counted and signed.

The listing is written while it is made, because that of a whole index is larger than memory; the
head, which has its digest, comes before it when the manifest is put together.
"""

import hashlib
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import urljoin

import anyio.to_thread

from wheelyard.access.signing_key import SigningKey
from wheelyard.blobs import Blob
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable
from wheelyard.model import File, Project
from wheelyard.names import ProjectName, Sha256, normalise
from wheelyard.pages import PageLinks
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.repository import Repository
from wheelyard.wire.manifest import Entry, Head, Kind, render_entry, render_start, signed_part
from wheelyard.wire.negotiate import Form

__all__ = ["ROOT_PATH", "About", "Listing", "list_index", "page_path", "write_manifest"]

ROOT_PATH: Final = "simple/"
_FORMS: Final[tuple[tuple[Kind, Form], ...]] = (("html", Form.HTML), ("json", Form.JSON))
_COPIED_BYTES: Final = 1024**2
_BATCH: Final = 256
"""How many entries are written at a time: a thread costs more than a small page."""


@dataclass(frozen=True, slots=True)
class About:
    """What a manifest is of, and from when to when it counts."""

    index: str
    instance: str
    serial: int
    created_at: Instant
    expires_at: Instant


@dataclass(slots=True)
class Listing:
    """The entries of a manifest, written to ``out`` one by one. Blocks: use it in a thread."""

    out: BinaryIO
    entries: int = 0
    size: int = 0
    _digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    @property
    def sha256(self) -> Sha256:
        """The digest of what was written so far."""
        return Sha256(self._digest.hexdigest())

    def add(self, entry: Entry) -> None:
        """Write an entry.

        Raises:
            BadInput: its path cannot be written so.
            OSError: nothing more can be written.
        """
        line = render_entry(entry)
        self.out.write(line)
        self._digest.update(line)
        self.entries += 1
        self.size += len(line)

    def add_page(self, path: str, rendered: Rendered) -> None:
        """Write the entries of a page in each of its forms, without a content coding."""
        for kind, form in _FORMS:
            body = rendered.variant(form, "identity").body
            self.add(Entry(kind, path, Sha256(hashlib.sha256(body).hexdigest()), len(body)))

    def add_all(self, entries: Iterable[Entry]) -> None:
        """Write entries; as ``add``."""
        for entry in entries:
            self.add(entry)


def page_path(name: ProjectName) -> str:
    """Return where the page of a project is below the index."""
    return f"{ROOT_PATH}{name}/"


async def list_index(repository: Repository, links: PageLinks, listing: Listing) -> None:
    """Write every page and file that ``repository`` has, in the order of the projects' names.

    Raises:
        Absent: a project was listed, and is not there any more.
        Unavailable: something that is listed cannot be had now, or the listing not be written.
    """
    try:
        listed = await repository.projects()
        await anyio.to_thread.run_sync(listing.add_page, ROOT_PATH, render_root(listed))
        names = sorted({ProjectName(normalise(entry.name)) for entry in listed.projects})
        batch: list[_Listed] = []
        for name in names:
            project = await repository.project(name)
            entries = [
                entry
                for file in sorted(project.files, key=lambda file: file.filename)
                for entry in await _entries_of(repository, links, project, file)
            ]
            batch.append(_Listed(project, entries))
            if sum(1 + len(each.entries) for each in batch) >= _BATCH:
                await anyio.to_thread.run_sync(_add_projects, listing, batch, links)
                batch = []
        await anyio.to_thread.run_sync(_add_projects, listing, batch, links)
    except OSError as error:
        raise Unavailable("The listing of a manifest", error.strerror or str(error)) from error


@dataclass(frozen=True, slots=True)
class _Listed:
    """A project, and the entries of its files."""

    project: Project
    entries: Sequence[Entry]


def _add_projects(listing: Listing, batch: Iterable[_Listed], links: PageLinks) -> None:
    """Write the pages of some projects, and the entries of their files."""
    for each in batch:
        rendered = render_project(each.project, links)
        listing.add_page(page_path(each.project.name), rendered)
        listing.add_all(each.entries)


async def _entries_of(
    repository: Repository, links: PageLinks, project: Project, file: File
) -> list[Entry]:
    """Return the entries of a file, and of the metadata whose digest its page states."""
    path = _path_of(links, project, file)
    digest, size = file.sha256, file.size
    if digest is None or size is None:
        blob: Blob = await repository.file(project.ref(file))
        digest, size = digest or blob.sha256, blob.size
    if digest is None:
        raise Unavailable(f"`{file.filename}`", "its digest is not known yet")
    found = [Entry("file", path, digest, size)]
    if metadata := file.metadata_sha256:
        found.append(Entry("metadata", f"{path}.metadata", metadata))
    return found


def _path_of(links: PageLinks, project: Project, file: File) -> str:
    """Return where a file is: below the index, or at an address of its own."""
    url = links.file_url(project.name, file)
    if links.files_url:
        return url
    return urljoin(f"/{page_path(project.name)}", url).removeprefix("/")


def write_manifest(listing: Listing, about: About, key: SigningKey, path: Path) -> Head:
    """Put a manifest together at ``path``, at once or not at all; return its head. Blocks.

    ``listing.out`` is read from its start.

    Raises:
        OSError: it cannot be written.
    """
    head = Head(
        created=_stamp(about.created_at),
        entries=listing.entries,
        expires=_stamp(about.expires_at),
        index=about.index,
        instance=about.instance,
        key=key.public.name,
        listing_bytes=listing.size,
        listing_sha256=listing.sha256,
        serial=about.serial,
    )
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    listing.out.flush()
    listing.out.seek(0)
    try:
        with draft.open("wb") as out:
            out.write(render_start(head, key.sign(signed_part(head))))
            shutil.copyfileobj(listing.out, out, _COPIED_BYTES)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return head


def _stamp(moment: Instant) -> str:
    """Return a moment in RFC 3339, in UTC and whole seconds."""
    return datetime.fromtimestamp(int(moment), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
