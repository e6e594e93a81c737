"""The Simple API: the list of projects, and a page for each.

Source: https://packaging.python.org/specifications/simple-repository-api/
"""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import parse_qs, quote, unquote

import anyio.to_thread

from wheelyard.clock import Clock
from wheelyard.errors import Absent, BadInput
from wheelyard.model import Knowledge
from wheelyard.monitor import Counters
from wheelyard.names import ProjectName, parse_project_name
from wheelyard.pages import Shelf, Shelved, Variant
from wheelyard.server.cors import CORS
from wheelyard.server.exchange import Exchange, Header
from wheelyard.server.sending import matches
from wheelyard.wire.negotiate import Encoding, Form, negotiate, negotiate_encoding

__all__ = ["SimplePages", "choose", "freshness_headers"]

_MAX_AGE_SECONDS = 600
_STALE_MAX_AGE_SECONDS = 10
_REUSED_SECONDS = 1
"""How long we use ourselves what may not be kept at all."""

_IN_PLACE_BYTES = 100_000
"""Smaller pages are rendered on the loop: a thread would cost more."""


@lru_cache(maxsize=1024)
def choose(accept: str | None, wanted: str | None, coding: str | None) -> tuple[Form, Encoding]:
    """Return the representation to send. Clients send few distinct headers, so this is kept."""
    return negotiate(accept, wanted), negotiate_encoding(coding)


@dataclass(frozen=True, slots=True)
class SimplePages:
    """Answers ``/simple/`` and ``/simple/NAME/`` of one index."""

    shelf: Shelf
    clock: Clock
    counters: Counters

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``simple`` in the path."""
        match parts:
            case []:
                await exchange.redirect("simple/")
            case [""]:
                await self.send(exchange, await self._root(exchange))
            case [text]:
                await exchange.redirect(f"{quote(_parse(text))}/")
            case [text, ""]:
                await self._page(exchange, text)
            case _:
                message = "A page of the Simple API is at `/simple/` or `/simple/NAME/`."
                raise BadInput(message)

    async def _root(self, exchange: Exchange) -> Shelved:
        """Return the list of projects; for who may not see all of them, of those that they may."""
        if exchange.reader.names == "all":
            return await self.shelf.root()
        return await self.shelf.part_of_root(exchange.reader.readable)

    async def _page(self, exchange: Exchange, text: str) -> None:
        """Answer with the page of the project, at its one true address."""
        name = _parse(text)
        if name != text:
            await exchange.redirect(f"../{name}/")
            return
        exchange.reader.admit(name)
        try:
            shelved = await self.shelf.page(name)
        except Absent:
            self.counters.count_cache("page", "absent")
            raise
        await self.send(exchange, shelved)

    async def as_html(self, exchange: Exchange, name: ProjectName, root: str) -> None:
        """Answer with the page of the project in HTML, whatever the client says it takes.

        It stands at another address than its own, from which ``root`` leads to that of the index:
        its links are meant from its own.
        """
        exchange.reader.admit(name)
        shelved = await self.shelf.page(name)
        variant = await _made(shelved, Form.HTML, "identity")
        base = f'<head>\n<base href="{root}simple/{name}/">'.encode()
        body = variant.body.replace(b"<head>", base, 1)
        headers = [header for header in variant.headers if header[0] == b"content-type"]
        length = (b"content-length", b"%d" % len(body))
        freshness = freshness_headers(shelved.known, self.clock.now())
        await exchange.answer(200, [*headers, length, *CORS, *freshness], body)

    async def send(self, exchange: Exchange, shelved: Shelved) -> None:
        """Answer with the representation that the client likes best, or with 304."""
        self.counters.count_cache("page", shelved.known.how)
        accept, coding = exchange.header(b"accept"), exchange.header(b"accept-encoding")
        form, encoding = choose(accept, _format_parameter(exchange), coding)
        variant = shelved.rendered.held(form, encoding)
        if variant is None:
            variant = await _made(shelved, form, encoding)
        await answer_variant(exchange, shelved, variant, self.clock)


async def answer_variant(
    exchange: Exchange, shelved: Shelved, variant: Variant, clock: Clock
) -> None:
    """Send a representation, or 304 to a client that has it."""
    freshness = freshness_headers(shelved.known, clock.now())
    condition = exchange.header(b"if-none-match")
    if condition is not None and matches(condition, variant.etag.decode()):
        kept = [header for header in variant.headers if header[0] in _HEADERS_OF_304]
        await exchange.answer(304, [*kept, *CORS, *freshness])
        return
    await exchange.answer(200, [*variant.headers, *CORS, *freshness], variant.body)


_HEADERS_OF_304 = {b"etag", b"vary", b"x-pypi-last-serial"}


def freshness_headers(known: Knowledge, now: float) -> list[Header]:
    """Return how long the answer is good for, and how we came by it.

    A stale answer gets a short life and no ``Age``: an age beyond ``max-age`` would have caches
    ask again at once, all of them, in the middle of an outage. What its owner wants to be asked for
    every time is asked for every time here as well: what was just published must be found.
    Source: RFC 9111, 5.1 and 5.2.2; RFC 9211.
    """
    # In whole seconds of our clock, so that an answer can be kept ready for as long as one lasts.
    age = max(0, int(int(now) - known.checked_at))
    if known.how == "stale":
        return [
            (b"cache-control", b"public, max-age=%d" % _STALE_MAX_AGE_SECONDS),
            (b"cache-status", b"wheelyard; hit; ttl=%d; detail=stale" % -age),
            (b"x-wheelyard-stale", b"%d" % age),
        ]
    if known.how == "own" or known.merged:
        # It is ours, so it may change at any moment, and an installer must see that at once.
        detail = b"merged" if known.merged else b"own"
        return [
            (b"cache-control", b"no-cache"),
            (b"cache-status", b"wheelyard; hit; detail=" + detail),
        ]
    lifetime = max(0, min(_MAX_AGE_SECONDS, int(known.fresh_until - known.checked_at)))
    status = b"fwd=miss; stored" if known.how == "miss" else b"hit; ttl=%d" % (lifetime - age)
    usable = b"public, max-age=%d" % lifetime if lifetime > _REUSED_SECONDS else b"no-cache"
    return [
        (b"cache-control", usable),
        (b"age", b"%d" % age),
        (b"cache-status", b"wheelyard; " + status),
    ]


async def _made(shelved: Shelved, form: Form, encoding: Encoding) -> Variant:
    """Return a representation that is not ready yet; large ones are made off the loop."""
    if shelved.size_bytes < _IN_PLACE_BYTES:
        return shelved.rendered.variant(form, encoding)
    return await anyio.to_thread.run_sync(shelved.rendered.variant, form, encoding)


def _format_parameter(exchange: Exchange) -> str | None:
    """Return the media type that the query asks for, if it does. Source: PEP 691."""
    query = exchange.scope.get("query_string", b"")
    if b"format=" not in query:
        return None
    values = parse_qs(query.decode("latin-1")).get("format")
    return values[0] if values else None


def _parse(text: str) -> ProjectName:
    """Return the normalised name in a path segment.

    Raises:
        BadInput: it is no name, however it is encoded.
    """
    try:
        return parse_project_name(unquote(text, errors="strict"))
    except UnicodeDecodeError as error:
        message = "The name in the path is not UTF-8."
        raise BadInput(message) from error
