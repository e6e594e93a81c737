"""The change feed: what happened to projects of our own, for programs that follow along.

What somebody may not read is not told, and asking does not tell that it is there. Rights are those
of the moment of the answer, also at the end of a wait.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

import anyio

from wheelyard.app import HOSTED, Index
from wheelyard.catalog import JournalRow, Stretch, hosted_index, hosted_owner
from wheelyard.errors import Absent, LoginNeeded, Unavailable
from wheelyard.names import IndexName
from wheelyard.server.address import Addresses
from wheelyard.server.exchange import Exchange
from wheelyard.server.readers import Reader, Readers
from wheelyard.server.sending import matches
from wheelyard.server.who import shown_by
from wheelyard.wire.change_feed import (
    KINDS,
    ChangeNote,
    FeedQuestion,
    parse_feed_question,
    render_change_feed,
)

__all__ = ["Changes", "ChangesParts"]

_LOOK_SECONDS = 0.2
_MOST_WAITING = 200
"""How many clients may wait at a time; further ones are answered at once."""


class Feed(Protocol):
    """The catalog's ``ChangeFeed``."""

    def hosted_last_now(self) -> int:
        """Return the serial of the newest change of ours."""

    async def after(self, serial: int, owners: Sequence[str], limit: int) -> Stretch:
        """Return some changes after ``serial``."""


@dataclass(frozen=True, slots=True)
class ChangesParts:
    """What the feed is answered from. ``is_ending`` says that nobody may wait any more."""

    feed: Feed
    indexes: Mapping[IndexName, Index]
    readers: Readers
    addresses: Addresses
    is_ending: Callable[[], bool]


@dataclass(slots=True)
class Changes:
    """Answers ``/-/changes``."""

    parts: ChangesParts
    _waiting: int = field(default=0, init=False)

    async def __call__(self, exchange: Exchange) -> None:
        """Answer with what came after the serial that the client has seen."""
        query = exchange.scope.get("query_string", b"").decode("latin-1")
        question = parse_feed_question(query)
        newest = self.parts.feed.hosted_last_now()
        stretch, readers = await self._look(exchange, question)
        is_nothing_new = stretch.is_last and not stretch.rows
        # Counted only now, with nothing in between: many may have asked at the same moment.
        if question.wait_seconds > 0 and is_nothing_new and self._waiting < _MOST_WAITING:
            await self._wait(exchange, question, newest)
            stretch, readers = await self._look(exchange, question)
        is_private = not shown_by(exchange, self.parts.addresses).is_nothing
        await _send(exchange, stretch, readers, is_private=is_private)

    async def _look(
        self, exchange: Exchange, question: FeedQuestion
    ) -> tuple[Stretch, Mapping[str, Reader]]:
        """Return what there is to tell, with those to whom indexes may be shown by their owner."""
        readers = await self._readers(exchange)
        feed, limit = self.parts.feed, question.limit
        stretch = await feed.after(question.since, list(readers), limit)
        return stretch, readers

    async def _readers(self, exchange: Exchange) -> Mapping[str, Reader]:
        """Return as whom the client reads each owner of ours that it may see.

        Raises:
            LoginNeeded: there is nothing for somebody who does not say who they are.
        """
        shown = shown_by(exchange, self.parts.addresses)
        found: dict[str, Reader] = {}
        refusal: LoginNeeded | None = None
        for name, index in tuple(self.parts.indexes.items()):
            if name == HOSTED:
                continue
            try:
                reader = await self.parts.readers.of(index, shown)
            except LoginNeeded as error:
                refusal = error
            except Absent:
                continue
            else:
                found[hosted_owner(name)] = reader
        if refusal is not None and not found:
            raise LoginNeeded("The change feed")
        return found

    async def _wait(self, exchange: Exchange, question: FeedQuestion, newest: int) -> None:
        """Return once something of ours changed, the time is over, or the client has left."""
        self._waiting += 1
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(_until_left, exchange, tasks.cancel_scope)
                with anyio.move_on_after(question.wait_seconds):
                    while not self._is_over(newest):  # noqa: ASYNC110 - other processes change it
                        await anyio.sleep(_LOOK_SECONDS)
                tasks.cancel_scope.cancel()
        finally:
            self._waiting -= 1

    def _is_over(self, newest: int) -> bool:
        """Say whether there is nothing left to wait for."""
        try:
            changed = self.parts.feed.hosted_last_now() != newest
        except Unavailable:  # whoever looks next says it better
            return True
        return changed or self.parts.is_ending()


async def _until_left(exchange: Exchange, scope: anyio.CancelScope) -> None:
    """End the wait when the client leaves. ASGI does not tell; it must be asked."""
    while (await exchange.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


async def _send(
    exchange: Exchange, stretch: Stretch, readers: Mapping[str, Reader], *, is_private: bool
) -> None:
    """Send what the client may see of ``stretch``."""
    notes = [_note(row) for row in stretch.rows if _is_shown(row, readers[row.owner])]
    body = render_change_feed(notes, stretch.seen, more=not stretch.is_last)
    etag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    headers = [
        (b"etag", etag.encode()),
        (b"cache-control", b"private, no-cache" if is_private else b"no-cache"),
        (b"vary", b"Authorization"),
        (b"cache-status", b"wheelyard; detail=own"),
    ]
    if matches(exchange.header(b"if-none-match"), etag):
        await exchange.answer(304, headers)
        return
    headers += [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await exchange.answer(200, headers, body)


def _is_shown(row: JournalRow, reader: Reader) -> bool:
    """Say whether a change is told to somebody: it is of a kind that is told, and theirs to see."""
    return row.kind in KINDS and (reader.names == "all" or row.project in reader.names)


def _note(row: JournalRow) -> ChangeNote:
    """Return what is told of a change."""
    place = (str(hosted_index(row.owner)), row.project)
    return ChangeNote.of(row.serial, row.at, row.kind, place, row.detail)
