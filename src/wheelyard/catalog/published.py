"""Published: what stands in the targets, as far as this program wrote it there.

Read and written in batches of projects: an index may have hundreds of thousands.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from wheelyard.catalog import published_objects as of_objects
from wheelyard.catalog import published_pages as of_pages
from wheelyard.catalog import published_targets as of_targets
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.published_rows import (
    ChangedNames,
    Known,
    KnownPages,
    ObjectsChange,
    TargetRow,
)
from wheelyard.clock import Instant
from wheelyard.decide.publishing import ObjectState, PageState, ViewState
from wheelyard.names import ProjectName
from wheelyard.wire.tree import View

__all__ = ["ChangedNames", "Known", "KnownPages", "ObjectsChange", "Published", "TargetRow"]

T = TypeVar("T")


class Published:
    """The targets of one catalog."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    # --- targets and views ------------------------------------------------------------------------

    async def target(self, url: str) -> TargetRow | None:
        """Return what is known of a target."""
        return await self._connections.read(of_targets.select_target, url)

    async def urls(self) -> tuple[str, ...]:
        """Return what every target is called that was ever published to, in order."""
        return await self._connections.read(of_targets.select_urls)

    async def begin(self, row: TargetRow) -> TargetRow:
        """Write down a target anew, without anything in it; return it with its number."""
        return await self._connections.write(of_targets.begin_target, row)

    async def save_target(self, row: TargetRow) -> None:
        """Write down what is remembered of a target."""
        await self._connections.write(of_targets.save_target, row)

    async def views(self, target: int) -> Mapping[View, ViewState]:
        """Return the views of a target."""
        return await self._connections.read(of_targets.select_views, target)

    async def save_view(self, target: int, state: ViewState) -> None:
        """Write down how a view is."""
        await self._connections.write(of_targets.save_view, target, state)

    # --- what may have changed --------------------------------------------------------------------

    async def changed(self, owners: Collection[str], since: int, until: int) -> ChangedNames:
        """Return whose pages may have changed by the rows of the journal after ``since``.

        Of ``owners``, and of whatever is hosted: it makes a name ours.
        """
        return await self._connections.read(
            of_targets.select_changed, frozenset(owners), since, until
        )

    async def arrived(
        self, owners: Collection[str], since: Instant, target: int | None = None
    ) -> frozenset[ProjectName]:
        """Return the projects of ``owners`` of which something has come at ``since`` or later.

        A file, or the metadata of one that is held; but for what the pages of ``target`` list.
        """
        return await self._connections.read(of_targets.select_arrived, tuple(owners), since, target)

    async def last_arrival(self) -> Instant:
        """Return when the newest file or metadata came; 0 if there is none."""
        return await self._connections.read(of_targets.select_last_arrival)

    # --- pages and objects ------------------------------------------------------------------------

    async def known(self, target: int, names: Sequence[str]) -> Known:
        """Return what was published of these projects, on one snapshot."""
        return await self._connections.read(of_objects.select_known, target, names)

    async def pages(self, target: int, names: Sequence[str]) -> KnownPages:
        """Return the pages of these projects that were published, by view and name."""
        return await self._connections.read(of_pages.select_known_pages, target, names)

    async def names(self, target: int, view: View) -> frozenset[ProjectName]:
        """Return the projects that have a page in a view."""
        return await self._connections.read(of_pages.select_names, target, view)

    async def differing(
        self, target: int, view: View, base: View, since: int | None
    ) -> frozenset[str]:
        """Return whose page in ``view`` is not that of ``base``.

        With ``since`` only among those that were written to ``base`` at that serial or later: a
        file that comes changes a page and no serial.
        """
        return await self._connections.read(of_pages.select_differing, target, view, base, since)

    async def mark_pages(self, target: int, view: View, names: Sequence[str]) -> None:
        """Note that these pages are being written."""
        await self._connections.write(of_pages.mark_pages, target, view, names)

    async def save_pages(self, target: int, view: View, pages: Sequence[PageState]) -> None:
        """Note that these pages are there."""
        await self._connections.write(of_pages.save_pages, target, view, pages)

    async def forget_gone(self, target: int, before: int) -> None:
        """Forget the projects that were gone before that serial, from both views."""
        await self._connections.write(of_pages.forget_gone, target, before)

    async def mark_objects(self, target: int, objects: Sequence[ObjectState]) -> None:
        """Note that these objects are being written or removed."""
        await self._connections.write(of_objects.mark_objects, target, objects)

    async def save_objects(self, target: int, change: ObjectsChange) -> None:
        """Write down what became of objects."""
        if change:
            await self._connections.write(of_objects.save_objects, target, change)

    async def forget_objects(self, target: int, paths: Sequence[tuple[str, str]]) -> None:
        """Forget objects that are not there any more: projects and paths."""
        await self._connections.write(of_objects.forget_objects, target, paths)

    async def found(self, target: int, paths: Sequence[str]) -> Mapping[str, int]:
        """Return the sizes of objects that were there before anybody knew whose they are."""
        return await self._connections.read(of_objects.select_found, target, paths)

    async def forget_found(self, target: int) -> None:
        """Forget the objects that are still nobody's."""
        await self._connections.write(of_objects.forget_found, target)

    async def unlisted(
        self, target: int, before: Instant, after: tuple[str, str], limit: int
    ) -> tuple[ObjectState, ...]:
        """Return objects not listed since ``before``, in the order of project and path."""
        return await self._connections.read(
            of_objects.select_unlisted, target, before, after, limit
        )

    async def wanted_elsewhere(
        self, target: int, removed: Sequence[tuple[str, str]]
    ) -> frozenset[str]:
        """Return the paths that another project still has, among those of ``removed``."""
        return await self._connections.read(of_objects.select_wanted, target, removed)

    async def walk(
        self,
        target: int,
        view: View,
        take: Callable[[Iterator[tuple[PageState, list[ObjectState]]]], T],
    ) -> T:
        """Return what ``take`` makes of the pages of a view with their objects, by name.

        It runs in a thread, on one snapshot, and need not keep what it has seen.
        """
        return await self._connections.read(of_objects.walk_view, target, view, take)

    async def objects_below(self, target: int, prefix: str) -> tuple[ObjectState, ...]:
        """Return the objects whose paths begin so."""
        return await self._connections.read(of_objects.select_below, target, prefix)

    async def pages_below(self, target: int, view: View, prefix: str) -> tuple[PageState, ...]:
        """Return the pages of a view whose names begin so; without a prefix the project list."""
        return await self._connections.read(of_pages.select_pages, target, view, prefix)
