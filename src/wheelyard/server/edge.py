"""The edge: the ASGI application. Path in, handler out, errors to answers.

A warm page is answered at the top of ``__call__``: a dictionary, a comparison, two messages.
Everything else goes through the routes. Nothing here waits for anything but handlers.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_letters, digits

from wheelyard.access import IndexRules
from wheelyard.app import MAIN, App, Index, flat_page_of, via_token
from wheelyard.decide.paths import path_problem
from wheelyard.errors import Absent, BadInput, WheelyardError
from wheelyard.names import IndexName
from wheelyard.server.access_log import AccessLog
from wheelyard.server.address import Addresses
from wheelyard.server.documents import JsonApi
from wheelyard.server.exchange import (
    Exchange,
    Handler,
    Receive,
    Scope,
    Send,
    methods_of,
    reading_of,
)
from wheelyard.server.feeds import Feeds
from wheelyard.server.files import Files, Provenance
from wheelyard.server.flat_links import FlatLinks
from wheelyard.server.mirror_calls import MirrorCalls
from wheelyard.server.mirror_protocol import LastModified, LocalStats, Signatures
from wheelyard.server.oidc import oidc_routes
from wheelyard.server.operation import Operation
from wheelyard.server.problems import loop_detected, method_not_allowed, problem_of
from wheelyard.server.readers import Readers, rules_of
from wheelyard.server.simple import SimplePages
from wheelyard.server.uploads import Uploads
from wheelyard.server.warm import WarmPages
from wheelyard.server.welcome import Welcome
from wheelyard.server.who import shown_by
from wheelyard.server.xml_rpc import Pypi, XmlRpc
from wheelyard.transport import remember_via

__all__ = ["Edge"]

_LOG = logging.getLogger(__name__)
_ESCAPED_PLUS = re.compile(r"(?:^|(?<=/))%2b", re.IGNORECASE)
"""At the beginning of a segment, where it is ours and no part of a version."""
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(f"{ascii_letters}{digits}-._~")


@dataclass(frozen=True, slots=True)
class _Route:
    """Who answers a request: its kind for the counters, and the rest of the path."""

    kind: str
    handler: Handler
    parts: list[str]
    index: Index | None = None
    first: str = ""


class Edge:
    """Answers every HTTP request of one running program."""

    def __init__(self, app: App, operation: Operation, access_log: AccessLog | None) -> None:
        """Route to the indexes of ``app`` and to ``operation``."""
        settings = app.settings.server
        self._addresses = Addresses(
            settings.base_url, settings.trusted_proxies, app.settings.access.user_header
        )
        self._root_path = self._addresses.root_path
        self._access_log = access_log
        self._instance = via_token(app.directory.instance).partition(" ")[2]
        self._counters = app.counters
        self._app = app
        self._readers = Readers(app.access)
        self._made: dict[IndexName, tuple[Index, Mapping[str, Handler]]] = {}
        self._routes: Mapping[str, Handler] = {
            "-": operation,
            "_": oidc_routes(app, self._addresses),
            "": Welcome(self._addresses),
        }
        self._main = app.indexes[MAIN]
        self._warm = self._warm_pages()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Source: ASGI 3.0, HTTP."""
        if self._app.indexes[MAIN] is not self._main:
            # It was made anew with its bases; nobody expires pages on the shelf it had before.
            self._main = self._app.indexes[MAIN]
            self._warm = self._warm_pages()
        if self._access_log is None and self._warm is not None:
            warm = self._warm.find(scope)
            if warm is not None:
                await send(warm.start)
                await send(warm.body)
                self._counters.count_warm("page", warm.length)
                return
        await self._answer(Exchange(scope, receive, send, self._path(scope)))

    def _warm_pages(self) -> WarmPages | None:
        """Return the pages of the main index that stand ready, if anybody may have them."""
        is_open = rules_of(self._main) == IndexRules()
        return WarmPages(self._main.shelf, self._app.clock) if is_open else None

    async def _answer(self, exchange: Exchange) -> None:
        """Route a request, and turn what goes wrong into an answer or a cut connection."""
        kind = "other"
        try:
            is_form = exchange.path == "" and exchange.scope["method"] == "POST"
            route = self._find("legacy/" if is_form else exchange.path)
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
        first, *rest = _ESCAPED_PLUS.sub("+", path).split("/")
        if (own := self._routes.get(first)) is not None:
            return _Route(_KINDS.get(first, "other"), own, rest)
        index = self._app.indexes[MAIN]
        if first not in _OF_AN_INDEX and rest and (named := self._named(first)) is not None:
            index = named
            first, *rest = rest
        if first == "simple" and rest[:1] == ["pypi"] and "json" in rest[2:]:
            # pip-tools joins its index URL and `pypi/NAME/json`; with a final slash it is here.
            first, *rest = rest
        handler = self._handlers(index).get(first)
        if handler is None:
            raise self._nothing_at(path)
        return _Route(_KINDS.get(first, "other"), handler, rest, index, first)

    def _named(self, first: str) -> Index | None:
        """Return the index that the first segment of a path names."""
        return self._app.indexes.get(IndexName(first))

    def _nothing_at(self, path: str) -> Absent:
        """Return what to say of a path that leads nowhere, to whoever left `/simple` out too."""
        here = f"this server: its index is at `{self._root_path}/simple/`"
        return Absent(f"`/{path[:200]}`", here)

    def _handlers(self, index: Index) -> Mapping[str, Handler]:
        """Return the handlers of an index, made anew if the index was."""
        key = index.name if index is self._app.indexes.get(index.name) else _held(index.name)
        found = self._made.get(key)
        if found is None or found[0] is not index:
            found = self._made[key] = (index, self._routes_of(index))
        return found[1]

    async def _serve(self, exchange: Exchange, route: _Route) -> None:
        """Have the handler answer what may be asked of it."""
        via = exchange.header(b"via") or ""
        methods = methods_of(route.handler)
        if exchange.scope["method"] not in methods:
            is_post = exchange.scope["method"] == "POST"
            hint = f" Uploads go to `{self._root_path}/legacy/`." if is_post else ""
            problem = method_not_allowed(", ".join(sorted(methods)), hint)
            await exchange.problem(problem, has_reason=is_post)
        elif self._instance in via:
            await exchange.problem(loop_detected())
        else:
            if via:
                remember_via(via)
            _refuse_unprintable(exchange.path)
            handler = await self._admit(exchange, route)
            await handler(exchange, route.parts)

    async def _admit(self, exchange: Exchange, route: _Route) -> Handler:
        """Return who answers this reader: for some, only with what is held.

        Raises:
            LoginNeeded: the index is not open to all.
            Absent: it is not there for them.
        """
        index = route.index
        if index is None or exchange.scope["method"] not in reading_of(route.handler):
            return route.handler
        shown = shown_by(exchange, self._addresses)
        try:
            exchange.reader = await self._readers.of(index, shown)
        except Absent:
            raise self._nothing_at(exchange.path) from None
        if exchange.reader.fills or index.held is None:
            return route.handler
        return self._handlers(index.held)[route.first]

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

    def _routes_of(self, index: Index) -> Mapping[str, Handler]:
        """Return the handlers of one index, by the first segment of the path."""
        app = self._app
        patience = app.settings.freshness.patience_seconds + _GRACE_SECONDS
        pages = SimplePages(index.shelf, app.clock, app.counters)
        documents = JsonApi(index, self._addresses, app.clock, patience)
        calls = XmlRpc(MirrorCalls(index, documents, app.catalog.change_feed))
        return {
            "simple": pages,
            "legacy": Uploads(app, index, self._addresses, pages),
            "packages": Files(index, app.clock, app.counters, patience, app.tally, app.uses.note),
            "pypi": Pypi(documents, calls),
            "RPC2": calls,
            "integrity": Provenance(index, app.clock, patience),
            "+links": FlatLinks(lambda: flat_page_of(index, app.catalog, app.clock)),
            "rss": Feeds(index, self._addresses, lambda: (app.catalog, app.fills.parts.store)),
            "last-modified": LastModified(index, lambda: app.catalog.sync_runs),
            "local-stats": LocalStats(
                index, lambda: app.catalog.downloads, app.clock, app.settings.stats.header
            ),
            "serverkey": Signatures(),
            "serversig": Signatures(),
        }


_OF_AN_INDEX = frozenset(
    {
        *("simple", "packages", "pypi", "integrity", "legacy", "+links", "rss"),
        *("last-modified", "local-stats", "serverkey", "serversig"),
    }
)
"""First segments of paths that are of the main index: no index can have such a name."""

_GRACE_SECONDS = 4.0
"""What a file's first byte may take beyond a page's: nothing stale can stand in for it."""

_KINDS = {
    "simple": "page",
    "packages": "file",
    "pypi": "json",
    "RPC2": "json",
    "integrity": "provenance",
    "+links": "page",
    "rss": "feed",
    "last-modified": "mirror",
    "local-stats": "mirror",
    "serverkey": "mirror",
    "serversig": "mirror",
    "legacy": "upload",
    "-": "operation",
}


def _held(name: IndexName) -> IndexName:
    """Return the key of the view of an index that asks nobody; no index has such a name."""
    return IndexName(f"@{name}")


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
    if problem := path_problem(path):
        raise BadInput(problem)
