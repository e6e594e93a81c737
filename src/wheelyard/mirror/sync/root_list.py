"""Root list: the news of an upstream out of its project list, with the serials that it states.

Asked on condition that it has changed. The whole list each time: the index's own number would tell
that something changed, and not what.
Source: PEP 691 with PyPI's ``_last-serial`` for each project.
"""

import anyio.to_thread

from wheelyard.errors import BadInput
from wheelyard.mirror.sync.listing import Listing
from wheelyard.model import ProjectList
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.repository.cached import Cached

__all__ = ["RootList"]


class RootList:
    """Tells what there is by the project list of one owner."""

    kind = "root list"

    def __init__(self, pages: Cached) -> None:
        """Ask through ``pages``, which keep the list."""
        self._pages = pages

    async def news(self, mark: str) -> Listing:
        """Return every project; see ``ChangeSource``. A list has no marks."""
        del mark
        listed = await self._pages.renew_projects()
        return await anyio.to_thread.run_sync(_listing, listed)


def _listing(listed: ProjectList) -> Listing:
    """Return the names of a list in the spelling that we use, each with its greatest serial.

    Two spellings of one name are one project; what is no name at all cannot be asked for.
    """
    serials: dict[ProjectName, int | None] = {}
    for entry in listed.projects:
        try:
            name = parse_project_name(entry.name)
        except BadInput:
            continue
        before = serials.get(name)
        greater = before is None or (entry.serial is not None and entry.serial > before)
        if greater:
            serials[name] = entry.serial
    return Listing(serials)
