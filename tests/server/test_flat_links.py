"""``/+links/``: the flat page over HTTP."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from server.asgi import Call
from wheelyard.errors import BadInput
from wheelyard.pages import Rendered, Variant
from wheelyard.pages.flat import FlatPage, Readable
from wheelyard.server.flat_links import FlatLinks
from wheelyard.server.readers import Reader
from wheelyard.wire.negotiate import Encoding, Form

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class FakePage:
    """A page; remembers for whom it was."""

    asked: list[Readable] = field(default_factory=list)

    async def variant(self, readable: Readable, encoding: Encoding) -> Variant:
        """Return the page."""
        self.asked.append(readable)
        body = b"<a href='demo-1.0.tar.gz'>demo-1.0.tar.gz</a>" * 50
        return Rendered({Form.HTML: lambda: body}).variant(Form.HTML, encoding)


async def ask(call: Call, parts: list[str], page: FakePage | None = None) -> Call:
    """Have a request answered."""
    handler = FlatLinks(lambda: cast("FlatPage", page or FakePage()))
    await handler(call.exchange, parts)
    return call


async def test_flat_page_is_html_and_never_fresh() -> None:
    """What was just published is found by the next install."""
    call = await ask(Call(), [""])

    assert call.status == 200
    assert call.headers["content-type"].startswith("text/html")
    assert call.headers["cache-control"] == "no-cache"
    assert call.body.startswith(b"<a ")


async def test_flat_page_is_compressed_for_who_takes_it() -> None:
    """Ten thousand links are megabytes."""
    call = await ask(Call(fields={"Accept-Encoding": "gzip"}), [""])

    assert call.headers["content-encoding"] == "gzip"


async def test_client_that_has_the_page_is_told_so() -> None:
    """A page of megabytes is sent once."""
    first = await ask(Call(), [""])

    again = await ask(Call(fields={"If-None-Match": first.headers["etag"]}), [""])

    assert (again.status, again.body) == (304, b"")


async def test_flat_page_is_that_of_the_reader() -> None:
    """Whoever that is, the edge has found out."""
    page = FakePage()
    call = Call()
    exchange = call.exchange
    exchange.reader = Reader(names=frozenset({"demo"}), is_private=True)

    await FlatLinks(lambda: cast("FlatPage", page))(exchange, [""])

    assert page.asked == [frozenset({"demo"})]
    assert "private" in call.headers["cache-control"]


async def test_address_without_slash_leads_to_the_page() -> None:
    """Links on it are relative, so it has one address."""
    call = await ask(Call("/+links"), [])

    assert (call.status, call.headers["location"]) == (301, "+links/")


async def test_nothing_is_below_the_page() -> None:
    """A sentence says where it is."""
    with pytest.raises(BadInput):
        await ask(Call(), ["demo"])
