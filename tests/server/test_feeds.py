"""``/rss/...``: what is news, and for whom."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from server.asgi import Call
from support.app import app_on
from support.hosted_files import publish
from support.simulator import running_simulator
from wheelyard.app import MAIN, App
from wheelyard.clock import Instant
from wheelyard.errors import Absent, BadInput
from wheelyard.server.address import Addresses
from wheelyard.server.feeds import Feeds
from wheelyard.server.readers import EVERYBODY, Reader

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Site:
    """A running program, and the feeds of its main index."""

    app: App
    feeds: Feeds

    async def ask(self, *parts: str, reader: Reader = EVERYBODY, **fields: str) -> Call:
        """Return the answer for a feed."""
        call = Call("/rss/" + "/".join(parts), fields)
        exchange = call.exchange
        exchange.reader = reader
        await self.feeds(exchange, list(parts))
        return call

    async def titles(self, *parts: str, reader: Reader = EVERYBODY) -> list[str]:
        """Return what the items of a feed are called."""
        call = await self.ask(*parts, reader=reader)
        feed = ET.fromstring(call.body)  # noqa: S314 - our own
        return [str(item.findtext("title")) for item in feed.findall("channel/item")]


@asynccontextmanager
async def site_on(path: Path) -> AsyncIterator[Site]:
    """Run the program with two projects of its own."""
    with running_simulator() as simulator:
        async with app_on(path, simulator) as app:
            for filename, at in (("old-1.0.tar.gz", 10), ("new-1.0.tar.gz", 20)):
                await publish(app.catalog, filename, uploaded_at=Instant(at))
            sources = app.catalog, app.fills.parts.store
            addresses = Addresses("https://packages.example")
            yield Site(app, Feeds(app.indexes[MAIN], addresses, lambda: sources))


async def test_newest_release_comes_first(tmp_path: Path) -> None:
    """With links that a reader elsewhere can follow."""
    async with site_on(tmp_path) as site:
        call = await site.ask("updates.xml")

        assert await site.titles("updates.xml") == ["new 1.0", "old 1.0"]
        assert b"<link>https://packages.example/simple/new/</link>" in call.body


async def test_reader_is_told_of_what_they_may_read(tmp_path: Path) -> None:
    """In every feed, and a project's own feed is not there otherwise."""
    async with site_on(tmp_path) as site:
        reader = Reader(names=frozenset({"old"}), is_private=True)

        assert await site.titles("updates.xml", reader=reader) == ["old 1.0"]
        assert await site.titles("packages.xml", reader=reader) == ["old was added"]
        with pytest.raises(Absent):
            await site.ask("project", "new", "releases.xml", reader=reader)


async def test_project_that_is_not_ours_has_no_feed(tmp_path: Path) -> None:
    """And addresses that are none are explained."""
    async with site_on(tmp_path) as site:
        with pytest.raises(Absent):
            await site.ask("project", "requests", "releases.xml")
        with pytest.raises(BadInput, match="/rss/packages"):
            await site.ask("other.xml")
