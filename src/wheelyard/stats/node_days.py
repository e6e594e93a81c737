"""Where the nodes of a site publish their counts: a directory, or an address, one file per day."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

import anyio
import anyio.to_thread

from wheelyard.errors import BadInput, Unavailable
from wheelyard.transport import Client, Request, display_url
from wheelyard.wire.local_stats import day_filename, parse_day_filename, parse_stats_listing

__all__ = [
    "DirectoryDays",
    "FoundFile",
    "Node",
    "NodeDays",
    "UrlDays",
    "is_address",
    "listing_url",
    "parse_node",
]

MAX_FILE_BYTES: Final = 64 * 1024**2
_MAX_LISTING_BYTES: Final = 4 * 1024**2
_MAX_DAYS: Final = 20_000
_BELOW: Final = ("", "local-stats/days", "days")
_NAMED: Final = re.compile(r"([a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?)=(.+)", re.ASCII | re.DOTALL)
_SAYABLE: Final = re.compile(r"[^a-z0-9]+")
_OK: Final = 200
_NOT_MODIFIED: Final = 304
_NOT_FOUND: Final = 404


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a site: what it is called, and where its files are."""

    name: str
    source: str


def is_address(source: str) -> bool:
    """Say whether ``source`` is an address, and no directory."""
    return source.lower().startswith(("http://", "https://"))


def parse_node(text: str) -> Node:
    """Return the node that ``NAME=SOURCE`` or ``SOURCE`` means.

    Without a name it is called after its source, so another address would be another node.

    Raises:
        BadInput: there is nothing in it.
    """
    if not text.strip():
        raise BadInput("A source is empty: give a directory, or an address.")
    if found := _NAMED.fullmatch(text):
        return Node(found[1], found[2])
    where = listing_url(text) if is_address(text) else str(Path(text).absolute())
    said = _SAYABLE.sub("-", display_url(where).lower() if is_address(text) else where.lower())
    digest = sha256(where.encode("utf-8", "surrogateescape")).hexdigest()[:10]
    return Node(f"{said.strip('-')[-30:].strip('-')}-{digest}".strip("-"), text)


def listing_url(address: str) -> str:
    """Return the address of the listing of a node, of which its own address may be given."""
    base = f"{address.partition('?')[0].partition('#')[0].rstrip('/')}/"
    return base if base.endswith("/local-stats/days/") else f"{base}local-stats/days/"


@dataclass(frozen=True, slots=True)
class FoundFile:
    """The file of one day, as it is now. ``etag`` is empty where nobody gave one."""

    body: bytes
    etag: str = ""


class NodeDays(Protocol):
    """What one node publishes."""

    async def days(self) -> Sequence[date]:
        """Return the days that there are files of, in order.

        Raises:
            Unavailable: the node cannot be asked now.
        """

    async def file(self, day: date, etag: str) -> FoundFile | None:
        """Return the file of a day; None if it is the one that ``etag`` names, or is gone.

        Raises:
            Unavailable: it cannot be had now.
        """


class DirectoryDays:
    """Files in a directory, or where they are in the tree of a mirror."""

    def __init__(self, directory: Path) -> None:
        """Read ``directory``, or its ``local-stats/days`` or ``days``."""
        self._directory = directory
        self._found = directory

    async def days(self) -> Sequence[date]:
        """Return the days that there are files of, in order."""
        return await anyio.to_thread.run_sync(self._list)

    async def file(self, day: date, etag: str) -> FoundFile | None:
        """Return the file of a day; None if it is gone."""
        del etag
        return await anyio.to_thread.run_sync(self._load, day)

    def _list(self) -> Sequence[date]:
        if not self._directory.is_dir():
            raise Unavailable(f"The directory `{self._directory}`", "there is none of that name")
        for below in _BELOW:
            self._found = self._directory / below
            try:
                names = [each.name for each in self._found.iterdir()]
            except OSError:
                continue
            days = {parse_day_filename(name) for name in names}
            if found := sorted(day for day in days if day is not None):
                return found
        return ()

    def _load(self, day: date) -> FoundFile | None:
        path = self._found / day_filename(day)
        try:
            with path.open("rb") as file:
                body = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"`{path}`", error.strerror or str(error)) from error
        if len(body) > MAX_FILE_BYTES:
            raise Unavailable(f"`{path}`", f"it is larger than {MAX_FILE_BYTES} bytes")
        return FoundFile(body)


class UrlDays:
    """Files that a server publishes below ``/local-stats/days/``."""

    def __init__(self, client: Client, url: str) -> None:
        """Ask at ``url``, the address of the listing."""
        self._client = client
        self._url = url

    async def days(self) -> Sequence[date]:
        """Return the days that there are files of, in order."""
        request = Request(self._url, "text/html", max_bytes=_MAX_LISTING_BYTES)
        document = await self._client.load(request)
        shown = f"`{display_url(self._url)}`"
        if document.status != _OK:
            raise Unavailable(shown, f"status {document.status}")
        days = parse_stats_listing(document.body)
        if len(days) > _MAX_DAYS:
            raise Unavailable(shown, f"it lists more than {_MAX_DAYS} days")
        return days

    async def file(self, day: date, etag: str) -> FoundFile | None:
        """Return the file of a day; None if it is the one that ``etag`` names, or is gone."""
        url = f"{self._url}{day_filename(day)}"
        request = Request(url, etag=etag or None, max_bytes=MAX_FILE_BYTES)
        document = await self._client.load(request)
        if document.status in {_NOT_MODIFIED, _NOT_FOUND}:
            return None
        if document.status != _OK:
            raise Unavailable(f"`{display_url(url)}`", f"status {document.status}")
        return FoundFile(document.body, document.headers.get("etag", ""))
