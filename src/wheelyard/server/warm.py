"""Warm pages: a page that stands ready, sent with as little work as ASGI allows.

The two messages of an answer are kept for the second in which they are true, by path and by the
two headers that choose the representation. So a request costs a look-up, not a negotiation.
"""

from dataclasses import dataclass

from wheelyard.clock import Clock
from wheelyard.model import Knowledge
from wheelyard.names import ProjectName
from wheelyard.pages import Shelf, Shelved
from wheelyard.server.cors import CORS
from wheelyard.server.cycle import Ready
from wheelyard.server.exchange import Message, Scope
from wheelyard.server.simple import choose, freshness_headers

__all__ = ["WarmAnswer", "WarmPages"]

_SIMPLE = "/simple/"
_CONCERNS_US = frozenset({b"accept", b"accept-encoding", b"if-none-match", b"via"})
"""Headers that change the answer: the first two choose it, the others take the long way."""

_MAX_READY = 4_096


@dataclass(frozen=True, slots=True)
class WarmAnswer:
    """An answer that holds while ``known`` and the second of the clock are the same."""

    known: Knowledge
    second: int
    start: Message
    body: Message
    length: int


class WarmPages:
    """The answers to plain requests for pages that are on the shelf and fresh, and to no others."""

    def __init__(self, shelf: Shelf, clock: Clock) -> None:
        """Send from ``shelf``."""
        self._shelf = shelf
        self._clock = clock
        self._ready: dict[tuple[str, bytes, bytes], WarmAnswer] = {}

    def find(self, scope: Scope) -> WarmAnswer | None:
        """Return the answer to a request; None if this is no case for us.

        Conditional requests and queries go the long way: they are rarer, and have rules.
        """
        path = scope["path"]
        if not path.startswith(_SIMPLE) or scope["method"] != "GET" or scope["query_string"]:
            return None
        if len(path) != len(scope["raw_path"]):  # something is escaped: a slash, perhaps
            return None
        now = self._clock.now()
        shelved = self._shelf.find(ProjectName(path[8:-1]), now)
        if shelved is None or path[-1] != "/":
            return None
        accept = coding = b""
        for name, value in scope["headers"]:
            if name not in _CONCERNS_US:
                continue
            if name == b"accept":
                accept = value if not accept else b"%b, %b" % (accept, value)
            elif name == b"accept-encoding":
                coding = value if not coding else b"%b, %b" % (coding, value)
            else:
                return None
        second = int(now)
        key = (path, accept, coding)
        ready = self._ready.get(key)
        if ready is None or ready.second != second or ready.known is not shelved.known:
            return self._prepared(key, shelved, second)
        return ready

    def _prepared(
        self, key: tuple[str, bytes, bytes], shelved: Shelved, second: int
    ) -> WarmAnswer | None:
        """Return the answer for ``key``, if its representation has been made."""
        _, accept, coding = key
        variant = shelved.rendered.held(
            *choose(accept.decode("latin-1"), None, coding.decode("latin-1"))
        )
        if variant is None:
            return None
        headers = [*variant.headers, *CORS, *freshness_headers(shelved.known, second)]
        lines = b"".join([b"%b: %b\r\n" % pair for pair in headers]) + b"\r\n"
        start: Message = {
            "type": "http.response.start",
            "status": 200,
            "headers": headers,
            "ready": Ready(b"HTTP/1.1 200 OK\r\n", lines, len(variant.body)),
        }
        body: Message = {"type": "http.response.body", "body": variant.body, "more_body": False}
        ready = WarmAnswer(shelved.known, second, start, body, len(variant.body))
        if len(self._ready) >= _MAX_READY:
            self._ready.clear()
        self._ready[key] = ready
        return ready
