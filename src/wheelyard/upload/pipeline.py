"""The pipeline: from a whole file in the spool to a file of our own that is served.

However a file comes in (an upload, the inbox, an import), it goes this way:

1. its form, its name and its digests are checked, which costs nothing;
2. if the name has these bytes already, it is done; if it has others, it is refused;
3. what is inside is looked at, in a process with limits;
4. the bytes, its metadata and its provenance become durable blobs;
5. one transaction makes it visible.

A crash leaves blobs that nobody lists, at most. What fails leaves nothing, and can be tried again.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from wheelyard.blobs import Digests, Incoming, LocalBlobs
from wheelyard.catalog import (
    Actor,
    Catalog,
    HostedFile,
    Publication,
    Published,
    hosted_index,
)
from wheelyard.catalog.publishing import name_is_taken
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Refused
from wheelyard.names import (
    Filename,
    ProjectName,
    Sha256,
    canonical_version,
    is_wheel,
    parse_filename,
    parse_project_name,
)
from wheelyard.settings import UploadSettings
from wheelyard.upload.checks import check_digests, check_upload
from wheelyard.upload.claims import Claims, claims_of
from wheelyard.upload.filenames import check_filename
from wheelyard.upload.inspecting import Inspector
from wheelyard.upload.inspection import Inspected
from wheelyard.upload.verified import Attesting
from wheelyard.wire.upload_fields import UploadForm

__all__ = ["Candidate", "Destination", "Done", "Pipeline", "PipelineParts"]

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A whole file in the spool: what it is known by, and what somebody says of it.

    Without a ``form`` all that is known of it is its name; what is inside decides. ``uploaded_at``
    and ``yanked`` are what another index says of it that it came from. ``confirm`` raises if it
    is not to be published any more, which is asked once it was looked into.
    """

    incoming: Incoming
    digests: Digests
    filename: str
    form: UploadForm | None = None
    uploaded_at: Instant | None = None
    yanked: str | None = None
    confirm: Callable[[], Awaitable[None]] | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a file goes: the owner, and what its index allows.

    ``creates`` allows that the file is the first of its project, ``volatile`` that a name gets
    other bytes. A release takes files for ``open_days`` after its first one; 0: always. All files
    of the owner may have ``max_bytes`` together; 0: no limit.
    """

    owner: str
    creates: bool = True
    volatile: bool = False
    open_days: float = 0.0
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Done:
    """What became of a file, and what was noticed without refusing it."""

    published: Published
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PipelineParts:
    """What files are checked and kept with."""

    catalog: Catalog
    store: LocalBlobs
    inspector: Inspector
    clock: Clock
    rules: UploadSettings = field(default_factory=UploadSettings)
    attesting: Attesting = field(default_factory=Attesting)
    max_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Publishes files."""

    parts: PipelineParts

    async def publish(self, candidate: Candidate, destination: Destination, actor: Actor) -> Done:
        """Publish a file; durable, and visible to the next request, when it returns.

        Raises:
            BadInput: it is not acceptable; every reason is named.
            Conflict: its name has other bytes, or had.
            Refused: its project takes no files.
            Unavailable: it cannot be kept, or looked at, now.
        """
        rules, form = self.parts.rules, candidate.form
        warnings: tuple[str, ...] = ()
        if form is not None:
            found = check_upload(form, candidate.filename, strict=rules.strict)
            found += check_digests(form, _by_name(candidate.digests))
            found.raise_problems()
            warnings = found.warnings
            project = parse_project_name(form.name)
            if (before := self._before(candidate, destination, project)) is not None:
                return Done(Published("same", before), warnings)
        inspected = await self._inspect(candidate)
        project = parse_project_name(inspected.name)
        if form is None:
            name, version = inspected.name, inspected.version
            found = check_filename(candidate.filename, name, version, strict=rules.strict)
            found.raise_problems()
            warnings = found.warnings
            if (before := self._before(candidate, destination, project)) is not None:
                return Done(Published("same", before), warnings)
        provenance = await self._provenance(candidate)
        publication = Publication(
            self._row(candidate, destination, inspected, provenance, actor),
            inspected.name,
            creates=destination.creates,
            volatile=destination.volatile,
            open_days=destination.open_days,
        )
        if candidate.confirm is not None:
            await candidate.confirm()
        # Bytes that are kept stay, so what can be known to be refused is refused before.
        await self.parts.catalog.hosting.check(publication)
        await self._admit(candidate.digests.size, destination)
        beside = [inspected.metadata, *([] if provenance is None else [provenance])]
        await candidate.incoming.keep(candidate.digests, *beside)
        published = await self.parts.catalog.hosting.publish(publication, actor)
        # What was there already may have been collected until something named it.
        for content in beside:
            await self.parts.store.put(content)
        return Done(published, (*warnings, *inspected.warnings))

    def _before(
        self, candidate: Candidate, destination: Destination, project: ProjectName
    ) -> HostedFile | None:
        """Return the file if it was published before, with these bytes.

        The transaction is what decides; asked first, so that a second try costs no inspection, and
        that who sends other bytes hears that and not what else is wrong.

        Raises:
            Conflict: the name has other bytes, and keeps them.
        """
        filename = parse_filename(candidate.filename)
        found = self.parts.catalog.hosting.find_now(destination.owner, project, filename)
        if found is None or found.sha256 == candidate.digests.sha256:
            return found
        if destination.volatile:
            return None
        raise name_is_taken(found)

    async def _admit(self, size: int, destination: Destination) -> None:
        """Refuse a file that our own files leave no room for; others' would make room.

        Raises:
            Refused: there would be more of them than there may be.
        """
        catalog, owner = self.parts.catalog, destination.owner
        if destination.max_bytes:
            used = await catalog.blob_names.bytes_of([owner])
            if used + size > destination.max_bytes:
                index = hosted_index(owner) or owner
                raise _no_room(f"The index `{index}`", used, f"[index.{index}] max_bytes")
        if self.parts.max_bytes:
            owners = await catalog.blob_names.owners()
            ours = [each for each in owners if hosted_index(each) is not None]
            used = await catalog.blob_names.bytes_of(ours)
            if used + size > self.parts.max_bytes:
                raise _no_room("This server", used, "[store] max_bytes")

    async def _inspect(self, candidate: Candidate) -> Inspected:
        """Return what is inside the file."""
        claims = claims_of(candidate.form) if candidate.form is not None else Claims()
        return await self.parts.inspector.inspect(
            candidate.incoming.path,
            Filename(candidate.filename),
            claims,
            strict=self.parts.rules.strict,
            size=candidate.digests.size,
        )

    def _row(
        self,
        candidate: Candidate,
        destination: Destination,
        inspected: Inspected,
        provenance: bytes | None,
        actor: Actor,
    ) -> HostedFile:
        """Return the row of the file."""
        digests, at = candidate.digests, candidate.uploaded_at
        return HostedFile(
            owner=destination.owner,
            project=parse_project_name(inspected.name),
            filename=Filename(candidate.filename),
            generation=1,
            version=canonical_version(inspected.version) or inspected.version,
            sha256=digests.sha256,
            size=digests.size,
            uploaded_at=self.parts.clock.now() if at is None else at,
            uploaded_by=actor.name,
            hashes={"md5": digests.md5, "blake2b_256": digests.blake2b_256},
            kind="bdist_wheel" if is_wheel(candidate.filename) else "sdist",
            requires_python=inspected.requires_python or None,
            metadata_sha256=Sha256(inspected.metadata_sha256),
            provenance_sha256=Sha256(sha256(provenance).hexdigest()) if provenance else None,
            yanked=candidate.yanked,
        )

    async def _provenance(self, candidate: Candidate) -> bytes | None:
        """Return the provenance object of what came with attestations.

        What came without a form (an inbox, an import) cannot bring any, and needs none.
        """
        if candidate.form is None:
            return None
        filename, raw = Filename(candidate.filename), candidate.form.attestations
        return await self.parts.attesting.provenance(raw, filename, candidate.digests.sha256)


def _no_room(where: str, used: int, setting: str) -> Refused:
    """Return what to say of a file for which there is no room."""
    reason = (
        f"it holds {used} bytes of its own, and a further file would be more than `{setting}` "
        "allows: delete releases, and `wheelyard gc` frees their room, or raise the limit"
    )
    return Refused(f"{where}: the upload", reason)


def _by_name(digests: Digests) -> Mapping[str, str]:
    """Return digests by the names that upload clients give them."""
    return {
        "sha256": digests.sha256,
        "md5": digests.md5,
        "blake2_256": digests.blake2b_256,
    }
