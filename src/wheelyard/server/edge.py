"""The edge: the ASGI application. Path in, handler out, errors to answers.

A warm page is answered at the top of ``__call__``: a dictionary, a comparison, two messages.
Everything else goes through the routes. Nothing here waits for anything but handlers.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_letters, digits
from urllib.parse import unquote_to_bytes

from wheelyard.app import MAIN, App, Index, via_token
from wheelyard.errors import Absent, BadInput, WheelyardError
from wheelyard.server.access_log import AccessLog
from wheelyard.server.address import Addresses
from wheelyard.server.documents import JsonApi
from wheelyard.server.exchange import Exchange, Handler, Receive, Scope, Send
from wheelyard.server.files import Files, Provenance
from wheelyard.server.operation import Operation
from wheelyard.server.problems import loop_detected, method_not_allowed, problem_of
from wheelyard.server.simple import SimplePages
from wheelyard.server.warm import WarmPages
from wheelyard.server.welcome import Welcome
from wheelyard.transport import remember_via

__all__ = ["Edge"]

_LOG = logging.getLogger(__name__)
_READS = {"GET", "HEAD"}
_UNUSABLE = re.compile(rb"[\x00-\x1f\x7f/\\]")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(f"{ascii_letters}{digits}-._~")


@dataclass(frozen=True, slots=True)
class _Route:
    """Who answers a request: its kind for the counters, and the rest of the path."""

    kind: str
    handler: Handler
    parts: list[str]


class Edge:
    """Answers every HTTP request of one running program."""

    def __init__(self, app: App, operation: Operation, access_log: AccessLog | None) -> None:
        """Route to the indexes of ``app`` and to ``operation``."""
        settings = app.settings.server
        self._addresses = Addresses(settings.base_url, settings.trusted_proxies)
        self._root_path = self._addresses.root_path
        self._access_log = access_log
        self._instance = via_token(app.directory.instance).partition(" ")[2]
        self._counters = app.counters
        self._indexes: Mapping[str, Mapping[str, Handler]] = {
            str(name): self._routes_of(index, app) for name, index in app.indexes.items()
        }
        self._routes: Mapping[str, Handler] = {
            **self._indexes[MAIN],
            "-": operation,
            "": Welcome(self._addresses),
        }
        self._warm = WarmPages(app.indexes[MAIN].shelf, app.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Source: ASGI 3.0, HTTP."""
        if self._access_log is None:
            warm = self._warm.find(scope)
            if warm is not None:
                await send(warm.start)
                await send(warm.body)
                self._counters.count_warm("page", warm.length)
                return
        await self._answer(Exchange(scope, receive, send, self._path(scope)))

    async def _answer(self, exchange: Exchange) -> None:
        """Route a request, and turn what goes wrong into an answer or a cut connection."""
        kind = "other"
        try:
            route = self._find(exchange.path)
            kind = route.kind
            await self._serve(exchange, route)
        except WheelyardError as error:
            await self._explain(exchange, error)
        except Exception:  # noqa: BLE001 - the last line: a client never sees a traceback
            _LOG.exception("A request failed in a way that nobody foresaw: %r.", exchange.path)
            await self._explain(exchange, WheelyardError())
        self._counters.count(kind, exchange.status, exchange.sent_bytes)
        if self._access_log is not None:
            self._access_log.write(exchange, self._addresses.client_of(exchange.scope))

    def _find(self, path: str) -> _Route:
        """Return who answers for ``path``.

        Raises:
            Absent: nobody does.
        """
        first, *rest = path.split("/")
        routes = self._routes
        if first not in routes and first in self._indexes and rest:
            routes = self._indexes[first]
            first, *rest = rest
        if first == "simple" and rest[:1] == ["pypi"] and "json" in rest[2:]:
            # pip-tools joins its index URL and `pypi/NAME/json`; with a final slash it is here.
            first, *rest = rest
        handler = routes.get(first)
        if handler is None:
            # Whoever left `/simple` out, or misspelt it, reads here where it is.
            here = f"this server: its index is at `{self._root_path}/simple/`"
            raise Absent(f"`/{path[:200]}`", here)
        return _Route(_KINDS.get(first, "other"), handler, rest)

    async def _serve(self, exchange: Exchange, route: _Route) -> None:
        """Have the handler answer what may be asked of it."""
        via = exchange.header(b"via") or ""
        if exchange.scope["method"] not in _READS:
            await exchange.problem(method_not_allowed("GET, HEAD"))
        elif self._instance in via:
            await exchange.problem(loop_detected())
        else:
            if via:
                remember_via(via)
            _refuse_unprintable(exchange.path)
            await route.handler(exchange, route.parts)

    async def _explain(self, exchange: Exchange, error: WheelyardError) -> None:
        """Answer with the sentence of ``error``; once bytes have gone out, cut the connection.

        Returning with an unfinished answer is how an ASGI application has the server cut it: a
        short body that ends cleanly would pass for a whole one.
        """
        if exchange.started:
            _LOG.warning("An answer was cut off: %s", error, extra={"path": exchange.path})
            return
        await exchange.problem(problem_of(error))

    def _path(self, scope: Scope) -> str:
        """Return the path below our root, still percent-encoded, with single slashes."""
        raw: bytes = scope.get("raw_path") or scope["path"].encode("latin-1", "replace")
        path = raw.partition(b"?")[0].decode("latin-1")
        if "%" in path:
            # Some clients send the fragment of a link too, and escape it first.
            path = _ESCAPE.sub(_unescaped, path.partition("%23")[0])
        while "//" in path:
            path = path.replace("//", "/")
        if self._root_path and path.startswith(f"{self._root_path}/"):
            path = path[len(self._root_path) :]
        return path.removeprefix("/")

    def _routes_of(self, index: Index, app: App) -> Mapping[str, Handler]:
        """Return the handlers of one index, by the first segment of the path."""
        patience = app.settings.freshness.patience_seconds + _GRACE_SECONDS
        return {
            "simple": SimplePages(index.shelf, app.clock, app.counters),
            "packages": Files(index, app.clock, app.counters, patience),
            "pypi": JsonApi(index, self._addresses, app.clock, patience),
            "integrity": Provenance(index, app.clock, patience),
        }


_GRACE_SECONDS = 4.0
"""What a file's first byte may take beyond a page's: nothing stale can stand in for it."""

_KINDS = {
    "simple": "page",
    "packages": "file",
    "pypi": "json",
    "integrity": "provenance",
    "-": "operation",
}


def _unescaped(found: re.Match[str]) -> str:
    """Return the character that an escape stands for, if it means the same without one.

    Source: RFC 3986, 2.3 and 6.2.2.2.
    """
    mark = chr(int(found[0][1:], 16))
    return mark if mark in _UNRESERVED else found[0]


def _refuse_unprintable(path: str) -> None:
    """Refuse what no path of ours contains, before anybody takes it apart.

    Raises:
        BadInput: the path holds an encoded slash, a control character, or a dot segment.
    """
    for segment in path.split("/"):
        plain = unquote_to_bytes(segment)
        if plain in {b".", b".."} or _UNUSABLE.search(plain):
            message = "The path holds a dot segment, an encoded slash or a control character."
            raise BadInput(message)
