"""Last modified: a mirror without serials says when its last whole run began.

As long as that is the same moment, no page has to be looked at. A moment is taken before the list
is read: what changes meanwhile is told by the next one.
Source: PEP 381; pep381client and bandersnatch, which write it once a run has ended well.
"""

from wheelyard.errors import BadInput, Unavailable
from wheelyard.mirror.sync.listing import Changes, Listing
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.cached import Cached
from wheelyard.wire.last_modified import parse_last_modified

__all__ = ["LastModified"]


class LastModified:
    """Tells whether a mirror has run since."""

    kind = "last-modified"

    def __init__(self, pages: Cached) -> None:
        """Ask through ``pages``."""
        self._pages = pages

    async def begin(self, listing: Listing) -> str:
        """Return the moment that the mirror states; see ``Shortcut``.

        The list has to be read after it.
        """
        del listing
        body = await self._pages.news(DocumentWanted("last-modified", "last-modified"))
        try:
            return str(int(parse_last_modified(body)))
        except BadInput as error:  # a page for people under this address
            raise Unavailable("The date of the last run of the mirror", str(error)) from error

    async def since(self, mark: str) -> Changes | None:
        """Return that nothing has changed, or None if the mirror has run; see ``Shortcut``."""
        return Changes({}, mark) if await self.begin(Listing({})) == mark else None
