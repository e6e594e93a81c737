"""What is known of files of our own beyond what a page says of them: for the JSON API and feeds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from wheelyard.blobs import LocalBlobs
from wheelyard.catalog import HostedFile, HostedProject
from wheelyard.names import Filename, ProjectName, Sha256

__all__ = ["HasDetails", "OwnDetails", "details_of"]


@dataclass(frozen=True, slots=True)
class OwnDetails:
    """``name`` is spelled as the first upload did.

    ``digests`` are all digests of each file by their PyPI names, ``metadata`` the digests of the
    core metadata: of source archives too, which no page advertises.
    """

    name: str
    digests: Mapping[Filename, Mapping[str, str]]
    metadata: Mapping[Filename, Sha256]
    store: LocalBlobs = field(repr=False)

    async def load_metadata(self, filename: Filename) -> bytes | None:
        """Return the core metadata of a file; None if they are not held."""
        digest = self.metadata.get(filename)
        blob = None if digest is None else await self.store.find(digest)
        return None if blob is None else b"".join([chunk async for chunk in blob.read()])


@runtime_checkable
class HasDetails(Protocol):
    """A repository of our own that knows more than its pages say."""

    async def details(self, name: ProjectName) -> OwnDetails | None:
        """Return what is known of a project; None if it is not ours."""


def details_of(
    project: HostedProject, files: Iterable[HostedFile], store: LocalBlobs
) -> OwnDetails:
    """Return what the catalog knows of a project."""
    rows = tuple(files)
    digests = {row.filename: {**row.hashes, "sha256": str(row.sha256)} for row in rows}
    metadata = {row.filename: row.metadata_sha256 for row in rows if row.metadata_sha256}
    return OwnDetails(project.name, digests, metadata, store)
