"""Looking: what an index says of some projects now, and which objects that needs.

A page is made of one model, and everything that this model names is in the target before the page.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final
from urllib.parse import quote, unquote

from wheelyard.blobs import reading
from wheelyard.catalog import hosted_index
from wheelyard.decide.publishing import Kind, Wanted
from wheelyard.errors import Absent, Refused, Unavailable, WheelyardError
from wheelyard.model import File, Project
from wheelyard.names import MAX_FILENAME_BYTES, ProjectName, filename_version
from wheelyard.pages import PageLinks
from wheelyard.publish.tree.crew import for_each
from wheelyard.publish.tree.parts import TreeParts
from wheelyard.repository import file_path
from wheelyard.repository.base import DocumentWanted

__all__ = ["Looked", "TreeLinks", "link_of", "load_provenance", "look_at", "object_paths"]

_AT_ONCE: Final = 16
_PLAIN: Final = "!$&'()*+,;=:@~/"
"""What stands in a link as it is; see ``repository/paths.py``."""


@dataclass(frozen=True, slots=True)
class Looked:
    """A project as it is now; ``project`` is None if it is gone, or cannot be told: ``problem``.

    ``files`` are those of the page by the paths of their objects.
    """

    name: ProjectName
    project: Project | None = None
    hosted: bool = False
    wanted: tuple[Wanted, ...] = ()
    files: dict[str, File] = field(default_factory=dict)
    problem: str = ""
    is_blocked: bool = False

    @property
    def is_taken_down(self) -> bool:
        """Whether nobody may have its files any more: it is blocked, or in quarantine."""
        status = None if self.project is None else self.project.status.status
        return self.is_blocked or status == "quarantined"

    @property
    def proven(self) -> frozenset[str]:
        """The paths of the provenance objects that are wanted."""
        return frozenset(each.path for each in self.wanted if each.kind == "provenance")


@dataclass(frozen=True, slots=True)
class TreeLinks:
    """The links of the pages of a tree: those of a server, to what is in the tree."""

    links: PageLinks
    proven: frozenset[str]

    def file_url(self, project: ProjectName, file: File) -> str:
        """Return where a client finds ``file``; see ``Links``."""
        return self.links.file_url(project, file)

    def provenance_url(self, project: ProjectName, file: File) -> str | None:
        """Return where a client finds the provenance: here if it is here, else its own address."""
        if self.proven and _provenance_path(project, file) in self.proven:
            return self.links.provenance_url(project, file)
        return file.provenance or None


def link_of(path: str) -> str:
    """Return ``path`` of an object as a link has it."""
    return quote(path, safe=_PLAIN)


def object_paths(project: ProjectName, file: File) -> dict[Kind, str]:
    """Return where a file and what belongs to it are in a tree."""
    path = unquote(file_path(project, file))
    return {
        "file": path,
        "metadata": f"{path}.metadata",
        "provenance": _provenance_path(project, file),
    }


async def look_at(parts: TreeParts, names: Sequence[ProjectName]) -> list[Looked]:
    """Return what the index says of each of ``names``, in their order."""
    found: dict[ProjectName, Looked] = {}

    async def look(name: ProjectName) -> None:
        found[name] = await _look(parts, name)

    await parts.read_ahead(names)
    await for_each(names, look, _AT_ONCE)
    return [found[name] for name in names]


async def _look(parts: TreeParts, name: ProjectName) -> Looked:
    """Return what the index says of a project.

    Nobody to be asked, and nothing held: a server that asks nobody has no page then either.
    """
    try:
        project = await parts.front.repository.project(name)
        wanted, files = [], {}
        for file in project.files:
            for each in await _wanted(parts, project, file):
                wanted.append(each)
                files[each.path] = file
        _refuse_long_names(wanted)
        return Looked(name, project, _is_hosted(parts, name), tuple(wanted), files)
    except (Absent, Refused):
        return Looked(name, is_blocked=name in parts.front.parts.ownership.blocked)
    except Unavailable as error:
        return Looked(name, problem="" if error.failing == "unasked" else str(error))
    except WheelyardError as error:
        return Looked(name, problem=str(error))


def _refuse_long_names(wanted: Sequence[Wanted]) -> None:
    """Return if every disk takes the names of these objects: who uploads one must stop nobody else.

    Raises:
        Unavailable: one is too long.
    """
    for each in wanted:
        if len(each.path.rpartition("/")[2].encode()) > MAX_FILENAME_BYTES:
            raise Unavailable(f"`{each.path}`", "no file system takes a name that long")


def _is_hosted(parts: TreeParts, name: ProjectName) -> bool:
    """Say whether a project is one of our own."""
    own = parts.front.parts.own
    return any(hosted_index(each.owner) is not None and each.has(name) for each in own)


async def _wanted(parts: TreeParts, project: Project, file: File) -> list[Wanted]:
    """Return the objects that a file on a page needs."""
    path = unquote(file_path(project.name, file))
    digest, size = file.sha256, file.size
    if digest is None or size is None:
        blob = await parts.front.repository.file(project.ref(file))
        digest, size = digest or blob.sha256, blob.size
    if digest is None:
        raise Unavailable(f"`{file.filename}`", "its digest is not known yet")
    found = [Wanted(path, "file", digest, size or 0)]
    if metadata := file.metadata_sha256:
        found.append(Wanted(f"{path}.metadata", "metadata", metadata, 0))
    proof = _provenance_path(project.name, file) if file.provenance is not None else ""
    if proof:
        body = await load_provenance(parts, project.name, file)
        if body is not None:
            digest_of_it = sha256(body).hexdigest()
            found.append(Wanted(proof, "provenance", digest_of_it, len(body)))
    return found


async def load_provenance(parts: TreeParts, name: ProjectName, file: File) -> bytes | None:
    """Return the provenance object of a file on a page, if it is held."""
    front = parts.front
    try:
        for own in front.parts.own:
            if own.has(name):
                try:
                    async with reading(await own.provenance(name, file.filename)) as chunks:
                        return b"".join([chunk async for chunk in chunks])
                except Absent:
                    break  # perhaps it is a file of the public project, which is shown as well
        chain = front.chain_of(name)
        if chain is None or not file.provenance:
            return None
        wanted = DocumentWanted("provenance", f"{name}/{file.filename}", file.provenance)
        return (await chain.document(wanted)).value.body
    except (Absent, Unavailable):
        return None


def _provenance_path(project: ProjectName, file: File) -> str:
    """Return where the provenance of a file is; empty if nobody can tell its version."""
    version = filename_version(file.filename, project)
    return f"integrity/{project}/{version}/{file.filename}/provenance" if version else ""
