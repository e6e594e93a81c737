"""RSS feeds of what is new among our own projects, of each index and for each reader."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from urllib.parse import unquote

import anyio.to_thread

from wheelyard.app import Index
from wheelyard.blobs import LocalBlobs
from wheelyard.catalog import Catalog, NewRelease, hosted_index
from wheelyard.clock import Instant
from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.names import ProjectName, Sha256, parse_project_name
from wheelyard.repository.front import Own
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange
from wheelyard.server.readers import Reader
from wheelyard.server.sending import matches
from wheelyard.wire.core_metadata import parse_core_metadata
from wheelyard.wire.rss import Channel, Item, render_rss

__all__ = ["Feeds"]

_PROJECTS = 40
_RELEASES = 100
_OF_ONE_PROJECT = 40
_LOOKED_AT = 1_000
"""How many are looked at to find as many that a reader may see."""

_MAX_SUMMARIES = 1_000


@dataclass(frozen=True, slots=True)
class _News:
    """A project or a release that is new."""

    owner: str
    project: ProjectName
    version: str
    at: Instant
    metadata_sha256: Sha256 | None = None


@dataclass(slots=True)
class Feeds:
    """Answers ``/rss/...`` of one index, out of the catalog and the store of ``sources``."""

    index: Index
    addresses: Addresses
    sources: Callable[[], tuple[Catalog, LocalBlobs]]
    _summaries: OrderedDict[Sha256, str] = field(default_factory=OrderedDict, init=False)

    async def __call__(self, exchange: Exchange, parts: list[str]) -> None:
        """Answer; ``parts`` is what follows ``rss`` in the path."""
        match parts:
            case ["packages.xml"]:
                title, news, most = "newest projects", await self._projects(), _PROJECTS
            case ["updates.xml"]:
                title, news, most = "newest releases", await self._releases(None), _RELEASES
            case ["project", text, "releases.xml"]:
                name = parse_project_name(unquote(text))
                if name != unquote(text):
                    await exchange.redirect(f"../{name}/releases.xml")
                    return
                exchange.reader.admit(name)
                title, most = f"releases of {name}", _OF_ONE_PROJECT
                news = await self._releases(name)
                if not news:
                    raise Absent(f"`{name}`")
            case _:
                message = (
                    "Feeds are at `/rss/packages.xml`, `/rss/updates.xml` and "
                    "`/rss/project/NAME/releases.xml`."
                )
                raise BadInput(message)
        shown = await self._shown(news, exchange.reader, most)
        await self._send(exchange, title, shown)

    @property
    def _own(self) -> Sequence[Own]:
        """The repositories of our own that are in the catalog, in their order."""
        return [own for own in self.index.chain.parts.own if hosted_index(own.owner) is not None]

    async def _projects(self) -> list[_News]:
        """Return the newest projects."""
        owners = [own.owner for own in self._own]
        rows = await self.sources()[0].hosted_lists.new_projects(owners, _LOOKED_AT)
        return [_News(row.owner, row.project, "", row.created_at) for row in rows]

    async def _releases(self, name: ProjectName | None) -> list[_News]:
        """Return the newest releases."""
        owners = [own.owner for own in self._own]
        rows = await self.sources()[0].hosted_lists.new_releases(owners, _LOOKED_AT, name)
        return [_release(row) for row in rows]

    async def _shown(self, news: Sequence[_News], reader: Reader, most: int) -> list[_News]:
        """Return what the reader may see of ``news``, as far as it is given out."""
        shown: list[_News] = []
        for each in news:
            if len(shown) == most:
                break
            readable = reader.names == "all" or each.project in reader.names
            if readable and await self._is_given_out(each):
                shown.append(each)
        return shown

    async def _is_given_out(self, news: _News) -> bool:
        """Say whether the index shows files of the project, and those of this owner."""
        front = self.index.chain.parts
        if news.project in front.ownership.blocked:
            return False
        for own in front.own:
            if own.has(news.project):
                if own.owner != news.owner:
                    return False
                try:
                    project = await own.project(news.project)
                except Absent:
                    return False
                return bool(project.files) and project.status.status != "quarantined"
        return False

    async def _send(self, exchange: Exchange, title: str, news: Sequence[_News]) -> None:
        """Send a feed, or the news that the client has it."""
        base = self.addresses.base_of(exchange.scope) + self.index.prefix
        where = f"the index {self.index.name}"
        channel = Channel(f"{title} in {where}", f"{base}simple/", f"{title} in {where}")
        items = [await self._item(base, each) for each in news]
        body = await anyio.to_thread.run_sync(render_rss, channel, items)
        etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
        headers = [
            (b"etag", etag.encode()),
            (b"cache-control", b"no-cache"),
            (b"cache-status", b"wheelyard; detail=own"),
        ]
        if matches(exchange.header(b"if-none-match"), etag):
            await exchange.answer(304, headers)
            return
        headers += [
            (b"content-type", b"text/xml; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
        ]
        await exchange.answer(200, headers, body)

    async def _item(self, base: str, news: _News) -> Item:
        """Return one piece of news as the feed has it."""
        title = f"{news.project} {news.version}" if news.version else f"{news.project} was added"
        link = f"{base}simple/{news.project}/"
        return Item(
            title,
            link,
            f"{link}#{news.version}",
            await self._summary(news.metadata_sha256),
            news.at,
        )

    async def _summary(self, digest: Sha256 | None) -> str:
        """Return what a release says of itself in a line; nothing if that is not held."""
        if digest is None:
            return ""
        known = self._summaries.get(digest)
        if known is None:
            known = self._summaries[digest] = await self._load_summary(digest)
            while len(self._summaries) > _MAX_SUMMARIES:
                self._summaries.popitem(last=False)
        return known

    async def _load_summary(self, digest: Sha256) -> str:
        """Return the summary in core metadata that are held."""
        try:
            blob = await self.sources()[1].find(digest)
            content = b"" if blob is None else b"".join([chunk async for chunk in blob.read()])
            return parse_core_metadata(content).summary
        except (BadInput, Unavailable):
            return ""


def _release(row: NewRelease) -> _News:
    """Return a row as news."""
    return _News(row.owner, row.project, row.version, row.published_at, row.metadata_sha256)
