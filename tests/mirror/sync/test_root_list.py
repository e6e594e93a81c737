"""The project list as news."""

from typing import cast

import pytest

from wheelyard.mirror.sync.listing import ChangeSource, Listing
from wheelyard.mirror.sync.root_list import RootList
from wheelyard.model import ProjectEntry, ProjectList
from wheelyard.repository.cached import Cached

pytestmark = pytest.mark.anyio


class Pages:
    """Has one list."""

    def __init__(self, *entries: ProjectEntry) -> None:
        """List ``entries``."""
        self._listed = ProjectList(entries)

    async def renew_projects(self) -> ProjectList:
        """Return the list."""
        return self._listed


async def test_list_tells_names_in_our_spelling_with_their_serials() -> None:
    """Of two spellings of one name the greater serial; what is no name is left out."""
    pages = Pages(
        ProjectEntry("Foo_Bar", 3),
        ProjectEntry("foo-bar", 5),
        ProjectEntry("FOO.BAR", None),
        ProjectEntry("plain"),
        ProjectEntry("../etc", 9),
    )
    source: ChangeSource = RootList(cast("Cached", pages))

    assert await source.news("whatever") == Listing({"foo-bar": 5, "plain": None})  # type: ignore[dict-item]  # plain names compare alike
