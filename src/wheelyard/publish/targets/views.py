"""Reading a tree through the view that counts, so that its readers need not know about views."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final, get_args

import anyio

from wheelyard.errors import Absent
from wheelyard.publish.targets.target import Readable
from wheelyard.wire.tree import SHARED, VIEWS, View, view_path

__all__ = ["ThroughViews", "parse_pointer"]

_NAMES: Final[dict[bytes, View]] = {name.encode(): name for name in get_args(View)}


def parse_pointer(content: bytes) -> View | None:
    """Return the view that the content of a pointer names; None if it names none."""
    return _NAMES.get(content.strip())


class ThroughViews:
    """A ``Readable`` that has the paths of a tree without views.

    Which view counts is asked once, when something is read first: a reader keeps to it, and is not
    disturbed by the next publish, which changes the other one.
    """

    def __init__(self, tree: Readable, find_view: Callable[[], Awaitable[View | None]]) -> None:
        """Read from ``tree``."""
        self._tree = tree
        self._find_view = find_view
        self._view: View | None = None
        self._is_known = False
        self._finding = anyio.Lock()

    @property
    def url(self) -> str:
        """What the tree is called."""
        return self._tree.url

    async def get(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object of the view that counts; None if there is none."""
        content = None
        for place in await self._places(path):
            content = await self._tree.get(place, max_bytes)
            if content is not None:
                break
        return content

    async def read(self, path: str) -> AsyncIterator[bytes]:
        """Yield the bytes of an object of the view that counts."""
        *firsts, last = await self._places(path)
        for place in firsts:
            try:
                async for chunk in self._tree.read(place):
                    yield chunk
            except Absent:
                continue
            return
        async for chunk in self._tree.read(last):
            yield chunk

    async def _places(self, path: str) -> tuple[str, ...]:
        """Return where an object may be: in the view, or where it is without views."""
        if path.startswith((*SHARED, VIEWS)):
            return (path,)
        async with self._finding:
            if not self._is_known:
                self._view = await self._find_view()
                self._is_known = True
        return (path,) if self._view is None else (view_path(self._view, path), path)
