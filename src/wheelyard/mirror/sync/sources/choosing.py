"""Choosing: who tells of an upstream's changes is found out by what the upstream answers.

1. A list with serials is enough by itself, and is asked for on condition that it changed. What
   another Wheelyard has of its own tells the changes alone, and the removals.
2. A list without serials is laid over those that XML-RPC tells, where somebody answers it.
3. Else a mirror may say when it ran last, which spares looking at any page until it runs again.
4. Else every page is asked for, on condition that it changed.

Once a day everything is read whatever a shortcut says, so that nothing is missed for longer.

Rules for adding a shortcut:

- What it tells is asked for by page before anything is believed, so a lie costs requests and takes
  nothing away. What it does not tell is taken for unchanged, so whoever cannot tell for certain
  that nothing was missed says None, and everything is read.
- A number that went backwards is such a case: the upstream was restored, or is another one.
"""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing, News
from wheelyard.mirror.sync.root_list import RootList
from wheelyard.mirror.sync.sources.calls import Calls
from wheelyard.mirror.sync.sources.change_feed import ChangeFeed
from wheelyard.mirror.sync.sources.last_modified import LastModified
from wheelyard.repository.cached import Cached
from wheelyard.repository.news import HOSTED_PATH
from wheelyard.settings import is_directory_url

__all__ = ["Chosen", "Shortcut"]

WHOLE_EVERY_SECONDS: Final = 86_400.0


class Shortcut(Protocol):
    """One way to learn of changes without the list of everything."""

    @property
    def kind(self) -> str:
        """The word under which its marks are kept."""

    async def begin(self, listing: Listing) -> str:
        """Return the mark of what ``listing``, which was just read, tells; empty if there is none.

        Raises:
            Absent: the upstream has no such news.
            Unavailable: nobody could answer.
        """

    async def since(self, mark: str) -> Changes | None:
        """Return what has changed since ``mark``; None if everything has to be read again.

        Raises:
            Absent: the upstream has no such news any more.
            Unavailable: nobody could answer, or what was answered is not to be believed.
        """


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a reading ended: by whose word, when everything was read, and their own mark."""

    kind: str
    whole_at: Instant
    inner: str

    def render(self) -> str:
        """Return the mark as text."""
        return f"{self.kind}\n{int(self.whole_at)}\n{self.inner}"


class Chosen:
    """Tells what has changed at one upstream, whatever it is."""

    kind = "news"

    def __init__(self, pages: Cached, clock: Clock, urls: Collection[str]) -> None:
        """Ask through ``pages``, whose doors are at ``urls``."""
        self._root = RootList(pages)
        self._calls = Calls(pages)
        self._feed = ChangeFeed(pages)
        self._stamp = LastModified(pages)
        self._clock = clock
        paths = [urlsplit(url).path for url in urls]
        self._may_feed = bool(urls) and all(path.endswith(HOSTED_PATH) for path in paths)
        self._may_call = not any(is_directory_url(url) for url in urls)

    async def news(self, mark: str) -> News:
        """Return what there is, or what has changed; see ``ChangeSource``."""
        before = _parse(mark)
        if before is not None and 0 <= self._clock.now() - before.whole_at < WHOLE_EVERY_SECONDS:
            changes = await self._changes(before)
            if changes is not None:
                return replace(changes, mark=replace(before, inner=changes.mark).render())
        return await self._everything()

    async def _changes(self, before: _Mark) -> Changes | None:
        """Return what a shortcut tells; None if it cannot be used."""
        known: tuple[Shortcut, ...] = (self._feed, self._calls, self._stamp)
        shortcut = next((each for each in known if each.kind == before.kind), None)
        if shortcut is None:
            return None
        try:
            return await shortcut.since(before.inner)
        except (Absent, Unavailable, ValueError):
            # The list of everything may be had all the same.
            return None

    async def _everything(self) -> Listing:
        """Return what there is, with the mark of a shortcut if there is one."""
        try:
            listing = await self._root.news("")
        except Absent:
            if not self._may_call:
                raise
            return await self._marked(self._calls, await self._calls.everything(Listing({})))
        if any(serial is not None for serial in listing.serials.values()):
            return await self._marked(self._feed, listing) if self._may_feed else listing
        if self._may_call:
            with suppress(Absent, Unavailable):
                return await self._marked(self._calls, await self._calls.everything(listing))
        marked = await self._marked(self._stamp, listing)
        if not marked.mark:
            return listing
        # The moment has to be the older one; the list is asked for on condition that it changed.
        return replace(await self._root.news(""), mark=marked.mark)

    async def _marked(self, shortcut: Shortcut, listing: Listing) -> Listing:
        """Return ``listing`` with the mark of a shortcut, or with none."""
        try:
            inner = await shortcut.begin(listing)
        except (Absent, Unavailable):
            return replace(listing, mark="")
        if not inner:
            return replace(listing, mark="")
        return replace(listing, mark=_Mark(shortcut.kind, self._clock.now(), inner).render())


def _parse(mark: str) -> _Mark | None:
    """Return what a mark says; None if it is empty, or not of this kind."""
    kind, _, rest = mark.partition("\n")
    whole_at, _, inner = rest.partition("\n")
    try:
        return _Mark(kind, Instant(float(whole_at)), inner) if inner else None
    except ValueError:
        return None
