"""The shelf: rendered pages standing ready, looked up by name without asking anyone."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

import anyio.to_thread
from msgspec import structs

from wheelyard.clock import Clock
from wheelyard.model import Knowledge, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.pages.links import PageLinks
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.repository import Repository
from wheelyard.repository.lists import serials_of

__all__ = ["ROOT", "Shelf", "Shelved"]

ROOT = ProjectName("")
"""The key of the project list."""

_BYTES_PER_FILE = 1_200
"""About what a file of a model takes in memory, beside the rendered bytes."""

_WEIGHINGS = 16
"""The shelf is weighed when this part of its limit was added: weighing looks at every page."""

_NOT_KNOWN = Knowledge(checked_at=0.0, fresh_until=0.0)


@dataclass(frozen=True, slots=True)
class Shelved:
    """A page that stands ready: its representations, and how we know what it says.

    Who has been given one may take its time, so that it never changes; what is known anew makes
    another one. ``model_bytes`` counts while the model is needed for forms that nobody has asked
    for yet.
    """

    rendered: Rendered
    known: Knowledge
    model_bytes: int
    serial: int | None = None

    @property
    def size_bytes(self) -> int:
        """How much memory it takes, roughly."""
        return (self.model_bytes if self.rendered.forms else 0) + self.rendered.size_bytes


class Shelf:
    """The pages of one index. ``find`` is the hot path: a dictionary and a comparison."""

    def __init__(
        self,
        repository: Repository,
        links: PageLinks,
        clock: Clock,
        max_bytes: int,
        changed: Callable[[ProjectName], object] = lambda _: None,
    ) -> None:
        """Render what ``repository`` says; keep about ``max_bytes`` of it ready.

        ``changed`` is told of a page that says something else than before, before anybody is given
        it: whoever has read it may rely on it, of files that are not given out any more above all.
        """
        self._repository = repository
        self._changed = changed
        self._links = links
        self._clock = clock
        self._max_bytes = max_bytes
        self._pages: OrderedDict[ProjectName, Shelved] = OrderedDict()
        self._added_bytes = 0
        self._expirations = 0

    def __len__(self) -> int:
        """Return how many pages stand ready."""
        return len(self._pages)

    def find(self, name: ProjectName, now: float | None = None) -> Shelved | None:
        """Return the page of ``name`` if it is here and fresh; who knows the time may give it."""
        shelved = self._pages.get(name)
        if shelved is None:
            return None
        return shelved if shelved.known.fresh_until > (now or self._clock.now()) else None

    async def page(self, name: ProjectName) -> Shelved:
        """Return the page of ``name``, asking the repository if it is not here or not fresh.

        Raises:
            WheelyardError: as ``Repository.project``.
        """
        if found := self.find(name):
            return found
        asked_at = self._expirations
        return self._put(name, await self._repository.project(name), asked_at)

    async def root(self) -> Shelved:
        """Return the page of all projects; as ``page``."""
        if found := self.find(ROOT):
            return found
        asked_at = self._expirations
        listed = await self._repository.projects()
        has_expired = asked_at != self._expirations
        await self._expire_older(listed)
        return self._put(ROOT, listed, asked_at if has_expired else self._expirations)

    async def part_of_root(self, select: Callable[[ProjectList], ProjectList]) -> Shelved:
        """Return the page of those projects that ``select`` leaves; it is not kept.

        Raises:
            WheelyardError: as ``Repository.projects``.
        """
        listed = select(await self._repository.projects())
        return self._shelved(listed, listed.known or _NOT_KNOWN)

    def expire(self, name: ProjectName) -> None:
        """Ask the repository again before ``name`` is used the next time."""
        self._expirations += 1
        if shelved := self._pages.get(name):
            self._pages[name] = replace(shelved, known=_NOT_KNOWN)

    async def _expire_older(self, listed: ProjectList) -> None:
        """Expire the pages whose serial is less than another list than before says.

        A mirror that reads the list asks for such a page next.
        """
        before = self._pages.get(ROOT)
        revision = (listed.known or _NOT_KNOWN).revision
        is_same = before is not None and before.known.revision == revision
        if is_same or not any(each.serial is not None for each in self._pages.values()):
            return
        told = await anyio.to_thread.run_sync(serials_of, listed)
        for name, shelved in list(self._pages.items()):
            if shelved.serial is not None and told.get(name, 0) > shelved.serial:
                self.expire(name)

    def _put(self, name: ProjectName, model: Project | ProjectList, asked_at: int) -> Shelved:
        """Shelve ``model``; what did not change keeps its rendered bytes.

        If anything expired since the repository was asked, the answer may be the one from before:
        good enough for who asked, but not to be found by others.
        """
        known = model.known or _NOT_KNOWN
        shelved = self._pages.pop(name, None)
        if shelved is None or shelved.known.revision != known.revision or not known.revision:
            shelved = self._shelved(model, known)
            self._changed(name)
        # Whoever finds it here later did not have to wait for anybody.
        found_later = known if known.how == "stale" else structs.replace(known, how="hit")
        if asked_at != self._expirations:
            found_later = _NOT_KNOWN
        self._pages[name] = replace(shelved, known=found_later)
        self._added_bytes += shelved.size_bytes
        if self._added_bytes > self._max_bytes // _WEIGHINGS:
            self._shrink()
        return replace(shelved, known=known)

    def _shelved(self, model: Project | ProjectList, known: Knowledge) -> Shelved:
        """Return ``model`` as a page that has yet to be rendered."""
        if isinstance(model, ProjectList):
            return Shelved(render_root(model), known, 100 * len(model.projects))
        rendered = render_project(model, self._links)
        size = _BYTES_PER_FILE * (len(model.files) + 1)
        return Shelved(rendered, known, size, model.serial)

    def _shrink(self) -> None:
        """Take down the pages that were shelved first until the rest fits."""
        self._added_bytes = 0
        total = sum(shelved.size_bytes for shelved in self._pages.values())
        while total > self._max_bytes and len(self._pages) > 1:
            _, oldest = self._pages.popitem(last=False)
            total -= oldest.size_bytes
