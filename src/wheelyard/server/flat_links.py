"""The flat page for ``--find-links``, of those projects that the reader may read.

It changes with each upload and with each file that is fetched, so caches ask every time; most are
told that nothing changed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from wheelyard.errors import BadInput
from wheelyard.pages.flat import FlatPage
from wheelyard.server.exchange import Exchange
from wheelyard.server.sending import matches
from wheelyard.wire.negotiate import negotiate_encoding

__all__ = ["FlatLinks"]

_HEADERS_OF_304 = {b"etag", b"vary"}


@dataclass(slots=True)
class FlatLinks:
    """Answers ``/+links/`` of one index; the page is made when it is first asked for."""

    make: Callable[[], FlatPage]
    _page: FlatPage | None = field(default=None, init=False)

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``+links`` in the path."""
        match parts:
            case []:
                await exchange.redirect("+links/")
            case [""]:
                await self._answer(exchange)
            case _:
                raise BadInput("The page for `--find-links` is at `/+links/`.")

    async def _answer(self, exchange: Exchange) -> None:
        """Answer with the page, or with 304."""
        encoding = negotiate_encoding(exchange.header(b"accept-encoding"))
        if self._page is None:
            self._page = self.make()
        variant = await self._page.variant(exchange.reader.names, encoding)
        freshness = [
            (b"cache-control", b"no-cache"),
            (b"cache-status", b"wheelyard; hit; detail=own"),
        ]
        if matches(exchange.header(b"if-none-match"), variant.etag.decode()):
            kept = [header for header in variant.headers if header[0] in _HEADERS_OF_304]
            await exchange.answer(304, [*kept, *freshness])
            return
        await exchange.answer(200, [*variant.headers, *freshness], variant.body)
