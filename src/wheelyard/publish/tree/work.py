"""The state of one publish that goes on: what it looks at, where it writes, what it has done."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final, TypeVar

import anyio

from wheelyard.catalog import Catalog
from wheelyard.catalog.published import TargetRow
from wheelyard.clock import Instant
from wheelyard.decide.publishing import PageState, Pass, ViewState
from wheelyard.names import ProjectName
from wheelyard.publish.targets.target import Outgoing, Target
from wheelyard.publish.tree.account import Account
from wheelyard.publish.tree.headers import TreeHeaders
from wheelyard.publish.tree.parts import ChangedObject, SnapshotInMaking, TreeParts, changed_page
from wheelyard.wire.tree import PAGE_OBJECTS, View, page_folder, view_path

__all__ = ["Work", "moment", "pieces", "size_of", "stamp"]

T = TypeVar("T")

_SENT_TOGETHER: Final = 256
_OVERLAP_SECONDS: Final = 60.0
"""How much later than it came a file may be written down; clocks are corrected, too."""


def stamp(moment: Instant) -> str:
    """Return a moment as trees state it: RFC 3339 in UTC; no two publishes have the same."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment(text: str) -> Instant:
    """Return the moment that a tree states; the epoch if it states none."""
    try:
        return Instant(datetime.fromisoformat(text).timestamp())
    except ValueError:
        return Instant(0.0)


def pieces(values: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return ``values`` in pieces of at most ``size``."""
    return [values[start : start + size] for start in range(0, len(values), size)]


@dataclass(slots=True)
class Work:
    """One publish. ``serial`` and ``looked_at`` are from when it began to look.

    ``names`` are the projects that are looked at, unless it is all of them. ``settled`` are the
    projects whose pages in the view are right although the base has others.
    ``gone`` are pages that go at the end, and ``changed`` what caches are to be told of.
    """

    parts: TreeParts
    row: TargetRow
    plan: Pass
    active: View | None
    serial: int
    looked_at: Instant
    account: Account
    is_dry: bool = False
    is_adopting: bool = False
    is_changed: bool = False
    has_begun: bool = False
    before: ViewState | None = None
    names: frozenset[ProjectName] | None = None
    settled: set[str] = field(default_factory=set)
    gone: list[PageState] = field(default_factory=list)
    changed: list[ChangedObject] = field(default_factory=list)
    snapshot: SnapshotInMaking | None = None
    lacks_snapshot: bool = False
    beginning: anyio.Lock = field(default_factory=anyio.Lock)

    @property
    def view(self) -> View:
        """The view that is written."""
        return self.plan.view

    @property
    def base(self) -> View | None:
        """The view that was made last, if it tells what has not changed."""
        return self.plan.base.view if self.plan.base is not None else None

    @property
    def target(self) -> Target:
        """Where it is published to."""
        return self.parts.target

    @property
    def catalog(self) -> Catalog:
        """Where it is written down."""
        return self.parts.catalog

    @property
    def headers(self) -> TreeHeaders:
        """The headers of what is written."""
        return TreeHeaders(self.parts.rules.page_max_age_seconds)

    @property
    def is_at_once(self) -> bool:
        """Whether clients see each object as soon as it is written."""
        return not self.row.has_views

    def at(self, path: str, view: View | None = None) -> str:
        """Return where ``path`` of the view, or of another one, is written."""
        return view_path(view or self.view, path) if self.row.has_views else path

    def page_paths(self, state: PageState, view: View | None = None) -> list[str]:
        """Return where the objects of a page are; all that there may be, if nobody knows."""
        names = state.sizes or dict.fromkeys(PAGE_OBJECTS, 0)
        return [self.at(page_folder(state.project) + name, view) for name in names]

    async def begin(self) -> None:
        """Note that the view is not whole from now on, before anything of it is changed.

        Where clients see each object at once, each page is whole at any time, and the serial of
        the last publish still says from where on to look; what tells of them all is made anew.
        """
        async with self.beginning:
            if not self.has_begun:
                await self._begin()
                self.has_begun = True

    async def _begin(self) -> None:
        """Do so."""
        known = (await self.catalog.published.views(self.row.id)).get(self.view)
        if self.is_at_once and known is None:
            return
        self.before = known
        state = known or ViewState(self.view, 0, Instant(0.0), Instant(0.0), "", is_whole=False)
        await self.catalog.published.save_view(self.row.id, replace(state, is_whole=False))

    async def leave(self) -> None:
        """Note that nothing of the view was changed after all."""
        if self.has_begun and self.before is not None and self.view != self.base:
            await self.catalog.published.save_view(self.row.id, self.before)

    async def send(self, objects: Sequence[Outgoing]) -> None:
        """Write objects, and count them.

        Raises:
            Unavailable: not all of them can be written.
        """
        for some in pieces(objects, _SENT_TOGETHER):
            await self.target.put_many(some)
            self.account.note_sent([size_of(each) for each in some])

    async def remove(self, paths: Sequence[str]) -> None:
        """Remove objects, and count them."""
        for some in pieces(paths, _SENT_TOGETHER):
            await self.target.remove(some)

    def note_changed_page(self, name: str) -> None:
        """Note that a page is another one for whoever has it in a cache."""
        self.changed.append(changed_page(name))

    async def tell_changed(self) -> None:
        """Have written down what changes, before anybody can see it."""
        changed, self.changed = self.changed, []
        if changed:
            await self.parts.hooks.note_changed(self.row.id, changed)

    async def changed_names(self) -> frozenset[ProjectName] | None:
        """Return whose pages may have changed since the base was made; None if all may have."""
        base, row = self.plan.base, self.row
        if base is None or self.plan.everything:
            return None
        owners = self.parts.front.owners
        found = await self.catalog.published.changed(owners, base.serial, self.serial)
        if found.everything:
            return None
        since = Instant(base.looked_at - _OVERLAP_SECONDS)
        # What a publish sent that did not end is not on a page yet, though it is written down.
        views = await self.catalog.published.views(row.id)
        has_ended = not self.is_at_once and all(state.is_whole for state in views.values())
        listed = row.id if has_ended else None
        arrived = await self.catalog.published.arrived(owners, since, listed)
        return found.names | arrived | {ProjectName(name) for name in row.pending}


def size_of(sent: Outgoing) -> int:
    """Return how many bytes an object has; of a file on the disk, as it is now."""
    if isinstance(sent.body, bytes):
        return len(sent.body)
    return sent.body.stat().st_size
