"""From a path below ``/packages/`` back to the file that somebody asks for.

A path is served only if a page lists it or the ledger holds it. Which page, the file's own
name tells; a path that was served once is written down, so historic names cost one look.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from wheelyard.catalog import Catalog
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


class Locator:
    """Finds the files of one owner by their path."""

    def __init__(
        self,
        repository: Repository,
        catalog: Catalog,
        owner: str,
        unknown: Callable[[str], WheelyardError] = Absent,
    ) -> None:
        """Look on the pages of ``repository`` and in the ledger of ``owner``.

        ``unknown`` makes the error for a file of which neither knows.
        """
        self._repository = repository
        self._catalog = catalog
        self._owner = owner
        self._unknown = unknown
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._forgotten = 0

    async def find(self, path: str, now: float) -> FileRef:
        """Return the file at ``path`` (percent-encoded, below the index, no leading slash).

        Raises:
            Absent: no page lists it, and it was never served.
            Refused: policy says no to its project.
            Unavailable: a page that may list it cannot be had, and it is not held.
        """
        try:
            path = canonical_path(path)
            remembered = self._remembered.get(path)
            if remembered is not None and now < remembered.fresh_until:
                return remembered.ref
            filename = parse_filename(unquote(path.rpartition("/")[2]))
        except (BadInput, UnicodeDecodeError) as error:
            raise Absent(f"`/{path}`") from error
        return await self._search(path, filename)

    def forget(self, project: ProjectName) -> None:
        """Look again for the files of ``project``."""
        self._forgotten += 1
        stale = [path for path, kept in self._remembered.items() if kept.ref.project == project]
        for path in stale:
            del self._remembered[path]

    async def _search(self, path: str, filename: Filename) -> FileRef:
        """Return the file from a page, else from the ledger."""
        written = await self._catalog.odd_paths.load(self._owner, path)
        names = (written.project,) if written else project_candidates(filename)[:_MAX_CANDIDATES]
        refused: Refused | None = None
        unavailable: Unavailable | None = None
        for name in names:
            asked_at = self._forgotten
            try:
                project = await self._repository.project(name)
            except Absent:
                continue
            except Unavailable as error:
                unavailable = unavailable or error
                continue
            if reason := why_refused(name, project.status):
                # A historic name may belong to another project; only if none has it, it counts.
                refused = refused or Refused(f"`{filename}`", reason)
            elif found := _on_page(path, filename, project):
                if asked_at == self._forgotten:  # else the page may be the one from before
                    self._remember(path, found, project)
                return found
        if refused is not None:
            raise refused
        if written is not None:
            return await self._from_ledger(written.project, filename)
        raise unavailable or self._unknown(f"`{filename}`")

    def _remember(self, path: str, ref: FileRef, project: Project) -> None:
        """Keep what was found while the page is fresh."""
        fresh_until = project.known.fresh_until if project.known else 0.0
        self._remembered[path] = _Remembered(ref, fresh_until)
        while len(self._remembered) > _MAX_REMEMBERED:
            self._remembered.popitem(last=False)

    async def _from_ledger(self, project: ProjectName, filename: Filename) -> FileRef:
        """Return a file that was served once and that its page no longer lists."""
        row = await self._catalog.ledger.load(self._owner, project, filename)
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
