"""Telling webhooks what happened to projects of our own.

The journal is what there is to tell, and the catalog remembers up to which serial each webhook was
told. So nothing waits in memory, a restart forgets nothing, and what is told comes in order. A
webhook that is new hears of what happens from then on.

Each change is told at least once: it is told again, ever more rarely, until the receiver takes it,
and what came after it waits. Only who is killed between the receiver's answer and writing that down
tells it again, with the same ``id``. No change is ever left out: a receiver that builds or copies
packages would have a hole that nobody sees.
"""

import logging
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

import anyio
import msgspec

from wheelyard.catalog import JournalRow, Stretch, hosted_index
from wheelyard.clock import Clock
from wheelyard.decide import telling
from wheelyard.errors import Refused, Unavailable, WheelyardError
from wheelyard.monitor.turns import Turns
from wheelyard.monitor.webhook import Poster, WebhookState, sign
from wheelyard.settings import Secret
from wheelyard.wire.change_feed import KINDS, ChangeNote

__all__ = ["PublishWebhook", "PublishWebhookParts", "render_change"]

_LOG = logging.getLogger(__name__)

_IS_TAKEN = range(200, 300)
_PIECE = 100
_UNSAVED = 10_000
"""How many serials without news go by before that is written down."""


class Feed(Protocol):
    """The catalog's ``ChangeFeed``."""

    async def after(self, serial: int, owners: Collection[str], limit: int) -> Stretch:
        """Return some changes after ``serial``, and up to where that was."""


class Positions(Protocol):
    """How far webhooks were told; the catalog's ``Webhooks``."""

    async def load_position(self, name: str) -> int | None:
        """Return the serial up to which a webhook was told."""

    async def save_position(self, name: str, serial: int) -> None:
        """Write down up to which serial a webhook was told."""


@dataclass(frozen=True, slots=True)
class PublishWebhookParts:
    """What webhooks work with. ``owners`` are those of whom is told.

    ``start`` is the newest serial when the program began: from there on a new webhook is told.
    ``seconds`` is a clock that only goes forward.
    """

    feed: Feed
    owners: Callable[[], Collection[str]]
    positions: Positions
    turns: Turns
    clock: Clock
    instance: str
    start: int = 0
    secret: Secret | None = None
    seconds: Callable[[], float] = anyio.current_time


class _Body(msgspec.Struct, frozen=True):
    """What is posted: the change as the change feed has it, and a sentence for chat programs."""

    event: str
    id: str
    instance: str
    text: str
    change: ChangeNote


@dataclass(slots=True)
class PublishWebhook:
    """Tells one webhook. ``name`` is what the catalog calls it."""

    client: Poster
    name: str
    parts: PublishWebhookParts
    state: WebhookState
    _position: int | None = field(default=None, init=False)
    _saved: int = field(default=-1, init=False)
    _attempts: int = field(default=0, init=False)
    _not_before: float = field(default=0.0, init=False)

    async def run(self) -> None:
        """Tell what there is to tell, as long as no other process does, until cancelled."""
        await self.parts.turns.take(f"publish-webhook:{self.name}", self._begin, self.look)

    async def look(self) -> None:
        """Tell what is new since the last look, as far as the receiver takes it.

        Raises:
            Unavailable: the catalog cannot be read or written now; the next look makes up for it.
        """
        position = await self._load()
        while True:
            stretch = await self.parts.feed.after(position, self.parts.owners(), _PIECE)
            told = [row for row in stretch.rows if row.kind in KINDS]
            for number, row in enumerate(told):
                self.state.pending = len(told) - number
                if not await self._attempt(row):
                    return
                await self._save(row.serial)
            self.state.pending = 0
            position = self._position = stretch.seen
            if position - self._saved >= _UNSAVED:
                await self._save(position)
            if stretch.is_last:
                return

    def _begin(self) -> None:
        """Forget how far the webhook was told: another process may have told it more."""
        self._position = None

    async def _load(self) -> int:
        """Return up to which serial the webhook was told, and see to it that this is written."""
        if self._position is None:
            position = await self.parts.positions.load_position(self.name)
            if position is None:
                position = self.parts.start
                await self._save(position)
            self._position = self._saved = position
        return self._position

    async def _attempt(self, row: JournalRow) -> bool:
        """Tell one change; say whether it was taken."""
        if self.parts.seconds() < self._not_before:
            return False
        result = await self._post(row)
        self.state.last_at, self.state.last_result = self.parts.clock.now(), result or "taken"
        if not result:
            self._attempts, self._not_before = 0, 0.0
            self.state.delivered += 1
            return True
        self.state.failed += 1
        self._attempts += 1
        wait = telling.retry_after_seconds(self._attempts, 0.0) or 0.0
        self._not_before = self.parts.seconds() + wait
        if self._attempts == 1:
            _LOG.warning(
                "The webhook at `%s` does not take what was published: %s. It is tried again "
                "until it does.",
                self.state.url,
                result.rstrip("."),
            )
        return False

    async def _post(self, row: JournalRow) -> str:
        """Return why the receiver did not take one change; empty if it did."""
        identity = f"{self.parts.instance}-{row.serial}"
        body = render_change(row, identity, self.parts.instance)
        headers = {
            "Content-Type": "application/json",
            "X-Wheelyard-Event": row.kind,
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

    async def _save(self, serial: int) -> None:
        """Write down that the webhook was told up to ``serial``, even while the program ends."""
        with anyio.CancelScope(shield=True):
            self._position = serial
            await self.parts.positions.save_position(self.name, serial)
            self._saved = serial


def render_change(row: JournalRow, identity: str, instance: str) -> bytes:
    """Return what is posted about a change, as JSON; ``identity`` is that of this piece of news.

    ``text`` says it in a sentence, which chat programs show as it is.
    """
    index = str(hosted_index(row.owner))
    note = ChangeNote.of(row.serial, row.at, row.kind, (index, row.project), row.detail)
    return msgspec.json.encode(_Body(row.kind, identity, instance, _sentence(note), note))


def _sentence(note: ChangeNote) -> str:
    """Return what happened, for people."""
    detail = note.detail
    release = f"{note.project} {detail['version']}" if "version" in detail else note.project
    what = {
        "project.created": f"{note.project} was created",
        "file.added": f"{detail.get('filename', release)} was added",
        "file.accepted": f"{detail.get('filename', release)} may be uploaded anew",
        "release.yanked": f"{release} was yanked",
        "release.unyanked": f"{release} is no longer yanked",
        "release.deleted": f"{release} was deleted",
        "project.deleted": f"{note.project} was deleted",
        "project.status": f"{note.project} is now {detail.get('status', 'in another state')}",
    }.get(note.kind, f"{note.project}: {note.kind}")
    reason = detail.get("reason")
    return f"{what} in {note.index}: {reason}" if reason else f"{what} in {note.index}."
