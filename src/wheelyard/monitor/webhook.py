"""Telling webhooks that an outage has begun or is over.

The outage log is what there is to tell, and the catalog remembers how far each webhook was told:
see ``decide/telling.py``. One process at a time tells one webhook, under a lock; if it ends, the
next goes on, or the next start does. So each beginning and each end is told once. Only who is
killed between the receiver's answer and writing that down tells it again, with the same ``id``.

Each webhook has a task of its own and waits for no other; nobody else waits for any of them.
"""

import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import anyio
import msgspec

from wheelyard.blobs import DiskThreads, KeyLocks
from wheelyard.catalog import OutageRow
from wheelyard.clock import Clock, Instant
from wheelyard.decide import telling
from wheelyard.decide.telling import Entry, Event, News, Told
from wheelyard.errors import Refused, Unavailable, WheelyardError
from wheelyard.monitor.turns import Turns
from wheelyard.settings import Secret

__all__ = ["Webhook", "WebhookParts", "WebhookState", "render_news", "sign"]

_LOG = logging.getLogger(__name__)

_IS_TAKEN = range(200, 300)


class Poster(Protocol):
    """Where news goes; the transport's ``WebhookClient``."""

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Send a body and return the status of the answer."""


class OutageRows(Protocol):
    """What there is to tell; the catalog's ``Outages``."""

    async def among(self, newer_than: int, numbers: Sequence[int]) -> tuple[OutageRow, ...]:
        """Return the outages that are newer than one, and those with these numbers."""


class ToldRows(Protocol):
    """How far webhooks were told; the catalog's ``Webhooks``."""

    async def load(self, name: str) -> Told | None:
        """Return how far a webhook was told."""

    async def save(self, name: str, told: Told) -> None:
        """Write down how far a webhook was told."""


@dataclass(frozen=True, slots=True)
class WebhookParts:
    """What webhooks work with. ``seconds`` is a clock that only goes forward."""

    outages: OutageRows
    told: ToldRows
    locks: KeyLocks
    disk: DiskThreads
    clock: Clock
    instance: str
    secret: Secret | None = None
    seconds: Callable[[], float] = anyio.current_time


@dataclass(slots=True)
class WebhookState:
    """What became of the news for one webhook, as far as this process told it.

    ``url`` is its address without what may be secret. ``delivered`` and ``dropped`` count pieces of
    news, ``failed`` attempts; ``pending`` is how many pieces wait. ``last_result`` is the status of
    the last answer, or why there was none.
    """

    url: str
    delivered: int = 0
    failed: int = 0
    dropped: int = 0
    pending: int = 0
    last_at: Instant | None = None
    last_result: str = ""


class _Body(msgspec.Struct, frozen=True):
    """What is posted. Times are in UTC; ``until`` is None while the outage lasts."""

    event: Event
    id: str
    instance: str
    text: str
    upstream: str
    door: str
    cause: str
    reason: str
    since: datetime
    until: datetime | None
    stale_answers: int
    failed_answers: int


@dataclass(slots=True)
class Webhook:
    """Tells one webhook. ``name`` is what the catalog calls it."""

    client: Poster
    name: str
    parts: WebhookParts
    state: WebhookState
    _told: Told | None = field(default=None, init=False)
    _is_saved: bool = field(default=True, init=False)
    _first_seen: dict[News, float] = field(default_factory=dict, init=False)
    _attempts: int = field(default=0, init=False)
    _not_before: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """Tell what there is to tell, as long as no other process does, until cancelled."""
        turns = Turns(self.parts.locks, self.parts.disk)
        await turns.take(f"webhook:{self.name}", self._begin, self.look)

    async def look(self) -> None:
        """Tell what is new since the last look, as far as the receiver takes it.

        Raises:
            Unavailable: the catalog cannot be read or written now; the next look makes up for it.
        """
        told = await self._load()
        rows = await self.parts.outages.among(told.newest, told.lasting)
        by_number = {row.id: row for row in rows}
        waiting = list(telling.pending(told, _entries(rows)))
        now = self.parts.seconds()
        self._first_seen = {each: self._first_seen.get(each, now) for each in waiting}
        while waiting:
            self.state.pending = len(waiting)
            if len(waiting) > telling.MOST_PENDING:
                await self._drop(waiting[0], "too many pieces of news wait")
            elif not await self._attempt(waiting[0], by_number[waiting[0].id]):
                return
            waiting.pop(0)
        self.state.pending = 0

    def _begin(self) -> None:
        """Forget how far the webhook was told: another process may have told it more."""
        self._told = None

    async def _load(self) -> Told:
        """Return how far the webhook was told, and see to it that this is written down."""
        told = self._told or await self.parts.told.load(self.name)
        if told is None:
            told = telling.begin(_entries(await self.parts.outages.among(0, ())))
            self._is_saved = False
        self._told = told
        if not self._is_saved:
            await self.parts.told.save(self.name, told)
            self._is_saved = True
        return told

    async def _attempt(self, news: News, row: OutageRow) -> bool:
        """Tell one piece of news; say whether to go on to the next."""
        if self.parts.seconds() < self._not_before:
            return False
        result = await self._post(news, row)
        self.state.last_at, self.state.last_result = self.parts.clock.now(), result or "taken"
        if not result:
            self._attempts, self._not_before = 0, 0.0
            self.state.delivered += 1
            await self._settle(news)
            return True
        self.state.failed += 1
        return await self._put_off(news, result)

    async def _put_off(self, news: News, result: str) -> bool:
        """Note that an attempt failed; say whether the news was dropped for it."""
        self._attempts += 1
        now = self.parts.seconds()
        wait = telling.retry_after_seconds(self._attempts, now - self._first_seen[news])
        if wait is None:
            await self._drop(news, result)
            return True
        if self._attempts == 1:
            _LOG.warning(
                "The webhook at `%s` does not take its news: %s. It is tried again for some "
                "minutes.",
                self.state.url,
                result.rstrip("."),
            )
        self._not_before = now + wait
        return False

    async def _post(self, news: News, row: OutageRow) -> str:
        """Return why the receiver did not take one piece of news; empty if it did."""
        identity = f"{self.parts.instance}-{row.id}-{news.event.value.rpartition('.')[2]}"
        body = render_news(news.event, row, identity, self.parts.instance)
        headers = {
            "Content-Type": "application/json",
            "X-Wheelyard-Event": news.event.value,
            "X-Wheelyard-Delivery": identity,
        }
        if self.parts.secret is not None:
            headers["X-Hub-Signature-256"] = sign(body, self.parts.secret)
        try:
            status = await self.client.post(body, headers)
        except (Unavailable, Refused) as error:
            return error.reason
        except WheelyardError as error:
            return str(error)
        return "" if status in _IS_TAKEN else f"it answered with status {status}."

    async def _drop(self, news: News, reason: str) -> None:
        """Give one piece of news up."""
        self.state.dropped += 1
        _LOG.warning(
            "The webhook at `%s` is not told of `%s`: %s.",
            self.state.url,
            news.event.value,
            reason.rstrip("."),
        )
        await self._settle(news)

    async def _settle(self, news: News) -> None:
        """Write down that one piece of news is done with, even while the program ends."""
        with anyio.CancelScope(shield=True):
            self._told = telling.note(self._told or Told(), news)
            self._is_saved = False
            await self.parts.told.save(self.name, self._told)
            self._is_saved = True


def render_news(event: Event, row: OutageRow, identity: str, instance: str) -> bytes:
    """Return what is posted about an outage, as JSON; ``identity`` is that of this piece of news.

    ``text`` says it in a sentence, which chat programs show as it is.
    """
    until = row.ended_at if event is Event.END else None
    return msgspec.json.encode(
        _Body(
            event=event,
            id=identity,
            instance=instance,
            text=_sentence(event, row),
            upstream=row.upstream,
            door=row.url,
            cause=row.cause,
            reason=row.last_error,
            since=_moment(row.started_at),
            until=None if until is None else _moment(until),
            stale_answers=row.stale_answers,
            failed_answers=row.failed_answers,
        )
    )


def sign(body: bytes, secret: Secret) -> str:
    """Return the signature of ``body``, as GitHub's webhooks have it. Source: RFC 2104."""
    digest = hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def _sentence(event: Event, row: OutageRow) -> str:
    """Return what happened, for people."""
    if event is Event.START:
        return f"The door {row.url} is out: {row.last_error or row.cause}"
    seconds = max(0.0, (row.ended_at or row.started_at) - row.started_at)
    return (
        f"The door {row.url} answers again, after {seconds:.0f} seconds: meanwhile "
        f"{row.stale_answers} answers were old copies, and {row.failed_answers} could not be given."
    )


def _entries(rows: Sequence[OutageRow]) -> list[Entry]:
    """Return what the decision needs to know of outages."""
    return [Entry(row.id, row.ended_at is not None) for row in rows]


def _moment(seconds: float) -> datetime:
    """Return a moment in UTC, to the second."""
    return datetime.fromtimestamp(int(seconds), UTC)
