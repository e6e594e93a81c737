"""Telling webhooks: each piece of news once, again if need be, and nothing secret anywhere."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from wheelyard.blobs import DiskThreads, KeyLocks
from wheelyard.catalog import Catalog, OutageRow, open_catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.decide import telling
from wheelyard.errors import Unavailable
from wheelyard.monitor.webhook import Webhook, WebhookParts, WebhookState, sign
from wheelyard.settings import Secret

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="opening and closing happen before and after the loop's work"),
]

DOOR = "https://index.example/simple/"
SECRET = Secret("hunter2")


@dataclass(slots=True)
class FakePoster:
    """A receiver: keeps what it was sent, and answers as it is told."""

    status: int = 204
    failure: str = ""
    bodies: list[dict[str, object]] = field(default_factory=list)
    fields: list[Mapping[str, str]] = field(default_factory=list)
    attempts: int = 0

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Take a body, if it is to be taken."""
        self.attempts += 1
        if self.failure:
            raise Unavailable("`https://hooks.example`", self.failure)
        if self.status < 300:
            self.bodies.append(json.loads(body))
            self.fields.append({**headers, "expected": sign(body, SECRET)})
        return self.status

    @property
    def events(self) -> list[object]:
        """The kinds of news that were taken."""
        return [body["event"] for body in self.bodies]


@dataclass(slots=True)
class Site:
    """A catalog, a receiver, a clock that goes forward, and the webhook between them."""

    catalog: Catalog
    locks: KeyLocks
    clock: FrozenClock
    poster: FakePoster = field(default_factory=FakePoster)
    seconds: float = 0.0
    disk: DiskThreads = field(default_factory=DiskThreads)

    def webhook(self) -> Webhook:
        """Return the webhook as a process that has just started has it."""
        parts = WebhookParts(
            self.catalog.outages,
            self.catalog.webhooks,
            self.locks,
            self.disk,
            self.clock,
            "f00d",
            SECRET,
            lambda: self.seconds,
        )
        return Webhook(self.poster, "a", parts, WebhookState("https://hooks.example"))

    async def begin(self, url: str = DOOR) -> OutageRow:
        """Write down that a door is out."""
        row = OutageRow("main", url, self.clock.now(), cause="refused", last_error="refused: x.")
        began = await self.catalog.outages.begin(row)
        assert began is not None
        return began

    async def end(self, row: OutageRow) -> None:
        """Write down that it is back, after 62 seconds."""
        await self.catalog.outages.add(row, 7, 2)
        await self.catalog.outages.end(row, Instant(row.started_at + 62))


@pytest.fixture
def site(tmp_path: Path, clock: FrozenClock) -> Iterator[Site]:
    """Open a catalog with nothing in it."""
    (tmp_path / "locks").mkdir()
    with open_catalog(tmp_path, clock) as catalog:
        yield Site(catalog, KeyLocks(tmp_path / "locks"), clock)


async def test_beginning_and_end_are_told_once(site: Site) -> None:
    """However often anybody looks; each says which door, since when, and what it cost."""
    webhook = site.webhook()
    await webhook.look()
    row = await site.begin()
    await webhook.look()
    await webhook.look()
    await site.end(row)
    await webhook.look()
    await webhook.look()

    start, end = site.poster.bodies
    assert start == {
        "event": "outage.start",
        "id": f"f00d-{row.id}-start",
        "instance": "f00d",
        "text": f"The door {DOOR} is out: refused: x.",
        "upstream": "main",
        "door": DOOR,
        "cause": "refused",
        "reason": "refused: x.",
        "since": start["since"],
        "until": None,
        "stale_answers": 0,
        "failed_answers": 0,
    }
    assert (end["event"], end["id"]) == ("outage.end", f"f00d-{row.id}-end")
    assert (end["stale_answers"], end["failed_answers"]) == (7, 2)
    assert "after 62 seconds: meanwhile 7 answers were old copies, and 2" in str(end["text"])
    assert end["until"] is not None
    assert (webhook.state.delivered, webhook.state.pending) == (2, 0)


async def test_news_is_signed(site: Site) -> None:
    """As GitHub does it, so that what checks those checks ours; the secret is nowhere else."""
    webhook = site.webhook()
    await webhook.look()
    await site.begin()
    await webhook.look()

    [fields] = site.poster.fields
    assert fields["X-Hub-Signature-256"] == fields["expected"]
    assert fields["X-Wheelyard-Event"] == "outage.start"
    assert fields["X-Wheelyard-Delivery"] == site.poster.bodies[0]["id"]
    assert "hunter2" not in f"{fields}{site.poster.bodies}"


def test_signature_is_that_of_the_body() -> None:
    """By the standard library's own words."""
    digest = hmac.new(b"hunter2", b"body", hashlib.sha256).hexdigest()

    assert sign(b"body", SECRET) == f"sha256={digest}"


async def test_restart_in_the_middle_repeats_nothing(site: Site) -> None:
    """Another process goes on from where the first was: the end comes, the beginning not again."""
    first = site.webhook()
    await first.look()
    row = await site.begin()
    await first.look()

    second = site.webhook()
    await second.look()
    await site.end(row)
    await second.look()

    assert site.poster.events == ["outage.start", "outage.end"]


async def test_news_of_before_a_restart_is_told_after_it(site: Site) -> None:
    """What happened while nobody could tell it is not lost."""
    await site.webhook().look()
    row = await site.begin()
    await site.end(row)

    await site.webhook().look()

    assert site.poster.events == ["outage.start", "outage.end"]


async def test_new_webhook_hears_only_the_end_of_what_lasts(site: Site) -> None:
    """Old news is none."""
    await site.end(await site.begin())
    lasting = await site.begin()
    webhook = site.webhook()
    await webhook.look()
    await site.end(lasting)
    await webhook.look()

    assert site.poster.events == ["outage.end"]


@pytest.mark.parametrize("status", [301, 307, 404, 410, 429, 500, 503])
async def test_receiver_that_does_not_take_it_is_tried_again(
    site: Site, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """After a second, two, four; in the right order; and the log has it once."""
    webhook = site.webhook()
    await webhook.look()
    row = await site.begin()
    await site.end(row)
    site.poster.status = status
    with caplog.at_level(logging.WARNING):
        for site.seconds in (0.0, 0.5, 1.0, 1.5, 2.9, 3.0, 6.9):  # tried at 0, 1 and 3
            await webhook.look()
    assert (site.poster.attempts, webhook.state.failed, webhook.state.pending) == (3, 3, 2)
    assert str(status) in webhook.state.last_result

    site.poster.status, site.seconds = 200, 7.0
    await webhook.look()

    assert site.poster.events == ["outage.start", "outage.end"]
    assert (webhook.state.delivered, webhook.state.dropped) == (2, 0)
    assert webhook.state.last_result == "taken"
    assert caplog.text.count("does not take its news") == 1


async def test_receiver_that_is_gone_is_given_up(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """After five minutes the news is dropped, and counted; the next is tried anew."""
    site.poster.failure = "refused: nobody listens at `https://hooks.example`."
    webhook = site.webhook()
    await webhook.look()
    row = await site.begin()
    while webhook.state.dropped == 0:
        await webhook.look()
        site.seconds += 1.0

    assert 300 <= site.seconds < 400
    assert site.poster.attempts < 15
    assert "is not told of `outage.start`: refused" in caplog.text

    site.poster.failure = ""
    site.seconds += 60
    await site.end(row)
    await webhook.look()

    assert site.poster.events == ["outage.end"]


async def test_queue_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a flood of news the last is told."""
    monkeypatch.setattr(telling, "MOST_PENDING", 6)
    webhook = site.webhook()
    await webhook.look()
    for number in range(6):
        await site.end(await site.begin(f"https://door-{number}.example/"))

    await webhook.look()

    assert webhook.state.dropped == 6
    assert len(site.poster.bodies) == 6
    assert site.poster.bodies[-1]["door"] == "https://door-5.example/"


class BrokenRows:
    """A catalog that cannot be written for a while."""

    def __init__(self, site: Site) -> None:
        """Break at once."""
        self.site, self.is_broken = site, True

    async def load(self, name: str) -> None:
        """Know of nothing."""

    async def save(self, name: str, told: object) -> None:
        """Fail while broken."""
        if self.is_broken:
            raise Unavailable("The catalog", "it is locked")


async def test_what_cannot_be_written_down_is_not_told_twice(site: Site) -> None:
    """This process remembers what it told, and writes it down later."""
    webhook, rows = site.webhook(), BrokenRows(site)
    rows.is_broken = False
    object.__setattr__(webhook.parts, "told", rows)
    await webhook.look()
    await site.begin()
    rows.is_broken = True
    for _ in range(3):
        with pytest.raises(Unavailable):
            await webhook.look()
    rows.is_broken = False
    await webhook.look()

    assert site.poster.events == ["outage.start"]


async def test_of_several_workers_one_tells(site: Site) -> None:
    """The others wait for its lock; if it ends, one of them goes on."""
    workers, first = [site.webhook() for _ in range(3)], anyio.CancelScope()

    async def run_first() -> None:
        with first:
            await workers[0].run()

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_first)
            while await site.catalog.webhooks.load("a") is None:
                await anyio.lowlevel.checkpoint()
            tasks.start_soon(workers[1].run)
            tasks.start_soon(workers[2].run)
            row = await site.begin()
            while not site.poster.bodies:
                await anyio.lowlevel.checkpoint()
            first.cancel()
            await site.end(row)
            while len(site.poster.bodies) < 2:
                await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    assert site.poster.events == ["outage.start", "outage.end"]
    assert workers[0].state.delivered == 1
    assert workers[1].state.delivered + workers[2].state.delivered == 1
