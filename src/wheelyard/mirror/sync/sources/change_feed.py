"""Change feed: what another Wheelyard has of its own tells each change of it, and each removal.

It tells nothing of what that one has from its own upstreams, so it stands in for the list of
``/hosted/simple/`` alone, whose serials are those of the same journal.
"""

from wheelyard.errors import BadInput, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.mirror.sync.sources.names import name_of
from wheelyard.names import MAIN, ProjectName
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.cached import Cached
from wheelyard.wire.change_feed import FeedPage, parse_change_feed

__all__ = ["ChangeFeed"]

_MOST_PAGES = 200
"""Beyond these the list of everything costs less."""

_REMOVED = "project.deleted"


class ChangeFeed:
    """Tells what happened to another Wheelyard's own projects."""

    kind = "change feed"

    def __init__(self, pages: Cached) -> None:
        """Ask through ``pages``."""
        self._pages = pages

    async def begin(self, listing: Listing) -> str:
        """Return the serial up to which a listing tells everything; see ``Shortcut``."""
        serial = max((serial or 0 for serial in listing.serials.values()), default=0)
        if serial:
            await self._page(serial)
        return str(serial) if serial else ""

    async def since(self, mark: str) -> Changes | None:
        """Return what has changed; see ``Shortcut``."""
        seen = int(mark)
        serials: dict[ProjectName, int | None] = {}
        removed: set[ProjectName] = set()
        for _ in range(_MOST_PAGES):
            page = await self._page(seen)
            if page.next < seen:
                return None
            _take(page, seen, serials, removed)
            if not page.more or page.next == seen:
                return Changes(serials, str(page.next), frozenset(removed))
            seen = page.next
        return None

    async def _page(self, since: int) -> FeedPage:
        """Return a part of the feed."""
        body = await self._pages.news(DocumentWanted("changes", str(since)))
        try:
            return parse_change_feed(body)
        except BadInput as error:
            raise Unavailable("The change feed", str(error)) from error


def _take(
    page: FeedPage,
    since: int,
    serials: dict[ProjectName, int | None],
    removed: set[ProjectName],
) -> None:
    """Add what a part of the feed tells; of several changes of a project the last one counts."""
    for note in page.changes:
        name = name_of(note.project)
        if note.index != MAIN or name is None or note.serial <= since:
            continue
        serials.pop(name, None)
        removed.discard(name)
        if note.kind == _REMOVED:
            removed.add(name)
        else:
            serials[name] = note.serial
