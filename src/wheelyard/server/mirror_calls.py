"""What mirror programs call by XML-RPC, answered with what the index's pages say.

Rules for changing this file:

- A method tells nothing that the reader could not read on the pages, and asks nobody whom the
  pages would not ask.
- Serials are those of the root list, of one owner; see DESIGN.md, section 7.
- Nothing here changes anything.
Source: PyPI's XML-RPC; ``standards.md`` 3.2.
"""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol, cast

import anyio
import anyio.to_thread
import msgspec

from wheelyard.app import HOSTED, Index
from wheelyard.catalog import Stretch
from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.model import ProjectList
from wheelyard.names import ProjectName, parse_project_name, sort_versions
from wheelyard.server.documents import JsonApi
from wheelyard.server.exchange import Exchange
from wheelyard.server.readers import Reader
from wheelyard.wire import changelog, json_api
from wheelyard.wire.xml_rpc import Call, Fault, Value

__all__ = ["RETIRED", "UNKNOWN_METHOD", "WRONG_ARGUMENTS", "Feed", "MirrorCalls"]

RETIRED: Final = -32500
UNKNOWN_METHOD: Final = -32601
WRONG_ARGUMENTS: Final = -32602
"""Source: "Specification for Fault Code Interoperability"; the first one is PyPI's."""

_PATIENCE_SECONDS: Final = 20.0
_STRETCHES: Final = 40
"""How many stretches of the journal one call goes over, once it has something to tell."""

_RETIRED: Final = frozenset(
    {
        *("browse", "changed_packages", "changelog", "package_data", "package_roles"),
        *("package_urls", "search", "system.multicall", "top_packages", "user_packages"),
    }
)
"""What PyPI once answered, and nobody does any more."""


class Feed(Protocol):
    """The catalog's ``ChangeFeed``."""

    async def after(self, serial: int, owners: Collection[str], limit: int) -> Stretch:
        """Return some changes after ``serial``."""


@dataclass(frozen=True, slots=True)
class _Method:
    """What a method takes, how many of that have to be there, and who answers."""

    takes: tuple[type, ...]
    least: int
    answer: Callable[..., Awaitable[Value]]

    def fits(self, arguments: tuple[Value, ...]) -> bool:
        """Say whether it can be called with ``arguments``; a flag is no number."""
        return self.least <= len(arguments) <= len(self.takes) and all(
            type(argument) is kind or (kind is bool and type(argument) is int)
            for argument, kind in zip(arguments, self.takes, strict=False)
        )


@dataclass(frozen=True, slots=True)
class MirrorCalls:
    """Answers the methods for one index.

    Lists are long on a mirror of everything, and to tell one takes a lot of memory: they are told
    one at a time, and who would wait too long is asked to come again.
    """

    index: Index
    documents: JsonApi
    feed: Feed
    patience_seconds: float = _PATIENCE_SECONDS
    _turn: anyio.Lock = field(default_factory=anyio.Lock)

    async def answer(self, exchange: Exchange, call: Call) -> Value | Fault:
        """Return what ``call`` is answered.

        Raises:
            Unavailable: nobody can say now.
        """
        method = self._methods().get(call.method)
        if method is None:
            return _no_method(call.method)
        if not method.fits(call.arguments):
            words = ", ".join(kind.__name__ for kind in method.takes)
            return Fault(WRONG_ARGUMENTS, f"`{call.method}` takes ({words}).")
        return await method.answer(exchange, *call.arguments)

    def _methods(self) -> Mapping[str, _Method]:
        """Return the methods by name."""
        return {
            "changelog_last_serial": _Method((), 0, self._changelog_last_serial),
            "changelog_since_serial": _Method((int,), 1, self._changelog_since_serial),
            "list_packages": _Method((), 0, self._list_packages),
            "list_packages_with_serial": _Method((), 0, self._list_packages_with_serial),
            "package_releases": _Method((str, bool), 1, self._package_releases),
            "release_data": _Method((str, str), 2, self._release_data),
            "release_urls": _Method((str, str), 2, self._release_urls),
            "system.listMethods": _Method((), 0, self._list_methods),
        }

    async def _list_methods(self, exchange: Exchange) -> Value:
        """Return the names of all methods. Source: XML-RPC introspection."""
        del exchange
        return sorted(self._methods())

    async def _list_packages(self, exchange: Exchange) -> Value:
        """Return the names of all projects."""
        return await self._told(exchange, lambda listed: [entry.name for entry in listed.projects])

    async def _list_packages_with_serial(self, exchange: Exchange) -> Value:
        """Return the serial of each project that has one."""
        return await self._told(exchange, changelog.serials_of)

    async def _changelog_last_serial(self, exchange: Exchange) -> Value:
        """Return the highest serial."""
        return await self._told(exchange, changelog.last_serial)

    async def _changelog_since_serial(self, exchange: Exchange, since: int) -> Value:
        """Return what changed after a serial, oldest first."""
        if self.index.name == HOSTED:
            return await self._in_turn(
                lambda: self._journalled(max(0, since), exchange.reader), "The list of changes"
            )
        return await self._told(
            exchange, lambda listed: cast("Value", changelog.listed_changes(listed, since))
        )

    async def _told(self, exchange: Exchange, tell: Callable[[ProjectList], Value]) -> Value:
        """Return what ``tell`` makes of the list of projects, as far as it is the reader's."""

        async def ask() -> Value:
            listed = await self.index.chain.repository.projects()
            return await anyio.to_thread.run_sync(_read, listed, exchange.reader, tell)

        try:
            return await self._in_turn(ask, "The list of projects")
        except Absent:
            return tell(ProjectList())

    async def _in_turn(self, ask: Callable[[], Awaitable[Value]], what: str) -> Value:
        """Return what ``ask`` does, one after the other and within our patience."""
        try:
            with anyio.fail_after(self.patience_seconds):
                async with self._turn:
                    return await ask()
        except TimeoutError as error:
            reason = f"others ask for it too, and it was not there in {self.patience_seconds:g} s"
            raise Unavailable(what, reason) from error

    async def _journalled(self, since: int, reader: Reader) -> Value:
        """Return what our own journal has after a serial.

        Who is told nothing believes that nothing changed, so the search goes on until something is
        found or there is nothing left.
        """
        entries: list[list[Value]] = []
        looked = 0
        while len(entries) < changelog.MOST:
            stretch = await self.feed.after(since, (self.index.owner,), changelog.MOST)
            for row in stretch.rows:
                entry = changelog.entry_of(row.serial, row.at, row.kind, row.project, row.detail)
                if entry is not None and (reader.names == "all" or row.project in reader.names):
                    entries.append(entry)
            looked += 1
            if stretch.is_last or (entries and looked >= _STRETCHES):
                break
            since = stretch.seen
        return cast("Value", changelog.shortened(entries))

    async def _package_releases(self, exchange: Exchange, text: str, show_hidden: int = 0) -> Value:
        """Return the versions of a project, the newest first; yanked ones only if asked for."""
        name = _parse_name(text)
        if name is None:
            return []
        try:
            exchange.reader.admit(name)
            project = await self.index.chain.repository.project(name)
        except Absent:
            return []
        if project.status.status == "quarantined":
            return []
        releases = json_api.releases_of(project)
        return sort_versions(
            each.version for each in releases if show_hidden or not each.is_yanked
        )[::-1]

    async def _release_data(self, exchange: Exchange, text: str, version: str) -> Value:
        """Return what a release says about itself; an empty struct if there is none."""
        document = await self._document(exchange, text, version)
        return {} if document is None else cast("Value", document["info"])

    async def _release_urls(self, exchange: Exchange, text: str, version: str) -> Value:
        """Return the files of a release; none if there is no such release."""
        document = await self._document(exchange, text, version)
        return [] if document is None else cast("Value", document["urls"])

    async def _document(
        self, exchange: Exchange, text: str, version: str
    ) -> dict[str, object] | None:
        """Return the JSON API's document about a release; None if there is no such release."""
        name = _parse_name(text)
        if name is None:
            return None
        try:
            found = await self.documents.load(exchange, name, version)
        except Absent:
            return None
        document: dict[str, object] = msgspec.json.decode(found.body)
        return document


def _no_method(name: str) -> Fault:
    """Return what is said of a method that is not here."""
    if name in _RETIRED:
        sentence = f"`{name}` is no longer supported; PyPI does not answer it either."
        return Fault(RETIRED, f"RuntimeError: {sentence}")
    return Fault(
        UNKNOWN_METHOD,
        f"There is no method `{name}`; `system.listMethods` tells which there are. "
        "For anything else use the JSON API, `/pypi/NAME/json`.",
    )


def _read(listed: ProjectList, reader: Reader, tell: Callable[[ProjectList], Value]) -> Value:
    """Return what ``tell`` makes of what the reader may see."""
    return tell(reader.readable(listed))


def _parse_name(text: str) -> ProjectName | None:
    """Return a project's name; None if it is none, so that there can be no such project."""
    try:
        return parse_project_name(text)
    except BadInput:
        return None
