"""What a door looks like from here: which kind of index answers, and how long it takes of late.

For people. What is decided about doors does not depend on it.
"""

from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import perf_counter
from typing import Final

from wheelyard.transport import Client, Document, Reply, Request

__all__ = ["Impression", "ImpressionClient"]

RECENT: Final = 60
"""How many of a door's last answers tell how long it takes now."""

_HTML: Final = frozenset({"text/html", "application/xhtml+xml"})
_SIMPLE: Final = "application/vnd.pypi.simple."


@dataclass(slots=True)
class Impression:
    """``kind`` is in the words of ``kind_of``, empty before the first page.

    ``recent`` is how long the last answers took to begin, in seconds.
    """

    kind: str = ""
    recent: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))


class ImpressionClient:
    """A client that notes what its answers show of the door."""

    def __init__(self, client: Client, impression: Impression) -> None:
        """Pass everything on to ``client``."""
        self._client = client
        self._impression = impression

    async def load(self, request: Request) -> Document:
        """Return the whole answer; see ``Client``."""
        began = perf_counter()
        document = await self._client.load(request)
        self._impression.recent.append(perf_counter() - began)
        if document.status == HTTPStatus.OK:
            self._impression.kind = kind_of(document) or self._impression.kind
        return document

    def open(self, request: Request) -> AbstractAsyncContextManager[Reply]:
        """Open a streamed answer; see ``Client``."""
        return self._open(request)

    @asynccontextmanager
    async def _open(self, request: Request) -> AsyncIterator[Reply]:
        """Open, and note how long it took to begin."""
        began = perf_counter()
        async with self._client.open(request) as reply:
            self._impression.recent.append(perf_counter() - began)
            yield reply


def kind_of(document: Document) -> str:
    """Return what answered with ``document``; empty if a document of this kind does not tell.

    ``directory``: one of this machine. ``wheelyard``: a server like this one. ``json``: the Simple
    API with JSON, as PyPI has it. ``html``: pages of links, whoever makes them.
    """
    if document.url.startswith("file:"):
        return "directory"
    if _is_wheelyard(document.headers):
        return "wheelyard"
    media_type = document.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type.startswith(_SIMPLE):
        return "json" if media_type.endswith("+json") else "html"
    return "html" if media_type in _HTML else ""


def _is_wheelyard(headers: Mapping[str, str]) -> bool:
    """Say whether the last cache on the way, and so the one that we asked, is one of us."""
    last = headers.get("cache-status", "").rpartition(",")[2]
    return last.partition(";")[0].strip() == "wheelyard"
