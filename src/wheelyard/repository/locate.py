"""From a path below ``/packages/`` back to the file that somebody asks for.

A path is served only if a page lists it or the ledger holds it. Which page, the file's own
name tells; a path that was served once is written down, so historic names cost one look.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from wheelyard.catalog import Catalog, OddPathRow
from wheelyard.decide.refusal import why_refused
from wheelyard.errors import Absent, BadInput, Refused, Unavailable, WheelyardError
from wheelyard.model import File, FileRef, Project
from wheelyard.names import Filename, ProjectName, parse_filename, project_candidates
from wheelyard.repository.base import Repository
from wheelyard.repository.paths import canonical_path, file_path, name_path

__all__ = ["Locator"]

_MAX_REMEMBERED = 20_000
_MAX_CANDIDATES = 3
"""How many readings of a historic name are tried, each of which may ask upstream."""


@dataclass(frozen=True, slots=True)
class _Remembered:
    """A file that was found, and until when (seconds since the Unix epoch) its page is fresh."""

    ref: FileRef
    fresh_until: float


class _QuarantinedError(Refused):
    """One reading of a file's name is a project that gives no files out."""


class Locator:
    """Finds the files of an index by their path.

    ``owners`` are those whose served files are written down; ``owner_of`` says which of them a
    project belongs to now, empty if to none, and None if it is ours: a name that has become ours is
    not served as it was.
    """

    def __init__(
        self,
        repository: Repository,
        catalog: Catalog,
        owners: tuple[str, ...],
        unknown: Callable[[str], WheelyardError] = Absent,
        owner_of: Callable[[ProjectName], str | None] | None = None,
    ) -> None:
        """Look on the pages of ``repository`` and in the ledger of ``owners``.

        ``unknown`` makes the error for a file of which neither knows. Without ``owner_of`` every
        project is the first owner's.
        """
        self._repository = repository
        self._catalog = catalog
        self._owners = owners
        self._owner_of = owner_of or (lambda _: owners[0])
        self._unknown = unknown
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._paths: dict[ProjectName, set[str]] = {}
        self._forgotten = 0

    async def find(
        self, path: str, now: float, may_read: Callable[[ProjectName], bool] | None = None
    ) -> FileRef:
        """Return the file at ``path`` (percent-encoded, below the index, no leading slash).

        Projects for which ``may_read`` says no are not there, and nobody is asked about them.

        Raises:
            Absent: no page lists it, and it was never served.
            Refused: policy says no to its project.
            Unavailable: a page that may list it cannot be had, and it is not held.
        """
        try:
            path = canonical_path(path)
            remembered = self._remembered.get(path)
            if remembered is not None and now < remembered.fresh_until:
                if may_read is None or may_read(remembered.ref.project):
                    return remembered.ref
                raise Absent(f"`{remembered.ref.file.filename}`")
            filename = parse_filename(unquote(path.rpartition("/")[2]))
        except (BadInput, UnicodeDecodeError) as error:
            raise Absent(f"`/{path}`") from error
        return await self._search(path, filename, may_read or (lambda _: True))

    def forget(self, project: ProjectName) -> None:
        """Look again for the files of ``project``."""
        self._forgotten += 1
        for path in self._paths.pop(project, ()):
            self._remembered.pop(path, None)

    async def _search(
        self, path: str, filename: Filename, may_read: Callable[[ProjectName], bool]
    ) -> FileRef:
        """Return the file from a page, else from the ledger."""
        written = await self._written(path)
        names = (written.project,) if written else project_candidates(filename)[:_MAX_CANDIDATES]
        if written is not None and not may_read(written.project):
            raise Absent(f"`{filename}`")
        refused: Refused | None = None
        unavailable: Unavailable | None = None
        for name in names:
            if may_read(name):
                try:
                    return await self._on_page_of(name, path, filename)
                except Absent:
                    pass
                except Unavailable as error:
                    unavailable = unavailable or error
                except _QuarantinedError as error:
                    # A historic name may belong to another project; only if none has it, it counts.
                    refused = refused or Refused(error.what, error.reason)
            if self._owner_of(name) is None:
                break  # it reads as a file of ours: nobody outside hears of what else it may be
        if refused is not None:
            raise refused
        if written is not None:
            return await self._from_ledger(written.owner, written.project, filename)
        raise unavailable or self._unknown(f"`{filename}`")

    async def _on_page_of(self, name: ProjectName, path: str, filename: Filename) -> FileRef:
        """Return the file from the page of ``name``.

        Raises:
            Absent: it is not there.
            Refused: the project is blocked, whoever's file it is.
            _QuarantinedError: the project gives no files out.
            Unavailable: the page cannot be had.
        """
        asked_at = self._forgotten
        project = await self._repository.project(name)
        if reason := why_refused(name, project.status):
            raise _QuarantinedError(f"`{filename}`", reason)
        found = _on_page(path, filename, project)
        if found is None:
            raise Absent(f"`{filename}`")
        if asked_at == self._forgotten:  # else the page may be the one from before
            self._remember(path, found, project)
        return found

    async def _written(self, path: str) -> OddPathRow | None:
        """Return what is written down of a path that was served, by the owner of its project."""
        for owner in self._owners:
            row = await self._catalog.odd_paths.load(owner, path)
            if row is not None and self._owner_of(row.project) == owner:
                return row
        return None

    def _remember(self, path: str, ref: FileRef, project: Project) -> None:
        """Keep what was found while the page is fresh."""
        fresh_until = project.known.fresh_until if project.known else 0.0
        self._remembered[path] = _Remembered(ref, fresh_until)
        self._paths.setdefault(ref.project, set()).add(path)
        while len(self._remembered) > _MAX_REMEMBERED:
            oldest, kept = self._remembered.popitem(last=False)
            paths = self._paths.get(kept.ref.project, set())
            paths.discard(oldest)
            if not paths:
                self._paths.pop(kept.ref.project, None)

    async def _from_ledger(self, owner: str, project: ProjectName, filename: Filename) -> FileRef:
        """Return a file that was served once and that its page no longer lists."""
        row = await self._catalog.ledger.load(owner, project, filename)
        if row is None:
            raise Absent(f"`{filename}`")
        hashes = (("sha256", str(row.sha256)),)
        return FileRef(project, File(filename, url="", hashes=hashes, size=row.size))


def _on_page(path: str, filename: Filename, project: Project) -> FileRef | None:
    """Return the file if ``project`` lists it at ``path``."""
    for file in project.files:
        if file.filename != filename:
            continue
        if path in {file_path(project.name, file), name_path(project.name, file)}:
            return project.ref(file)
    return None
