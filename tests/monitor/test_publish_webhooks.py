"""Telling webhooks what was published: all of it, in order, again if need be, after any restart."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from support.hosted_files import MAIN_OWNER, publish
from support.patience import until
from wheelyard.blobs import DiskThreads, KeyLocks
from wheelyard.catalog import Catalog, Change, JournalRow, open_catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Unavailable
from wheelyard.monitor.publish_webhooks import PublishWebhook, PublishWebhookParts, render_change
from wheelyard.monitor.turns import Turns
from wheelyard.monitor.webhook import WebhookState, sign
from wheelyard.settings import Secret
from wheelyard.wire.change_feed import KINDS

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.blocking(reason="opening and closing happen before and after the loop's work"),
]

SECRET = Secret("hunter2")


@dataclass(slots=True)
class FakePoster:
    """A receiver: keeps what it was sent, and answers as it is told."""

    status: int = 204
    failure: str = ""
    bodies: list[bytes] = field(default_factory=list)
    fields: list[Mapping[str, str]] = field(default_factory=list)
    attempts: int = 0

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Take a body, if it is to be taken."""
        self.attempts += 1
        if self.failure:
            raise Unavailable("`https://hooks.example`", self.failure)
        if self.status < 300:
            self.bodies.append(body)
            self.fields.append(headers)
        return self.status

    @property
    def told(self) -> list[str]:
        """What was taken, in short."""
        bodies = [json.loads(body) for body in self.bodies]
        return [f"{each['event']} {each['change']['project']}" for each in bodies]


@dataclass(slots=True)
class Site:
    """A catalog, a receiver, a clock that goes forward, and the webhook between them."""

    catalog: Catalog
    locks: KeyLocks
    clock: FrozenClock
    poster: FakePoster = field(default_factory=FakePoster)
    seconds: float = 0.0

    def webhook(self, name: str = "a") -> PublishWebhook:
        """Return the webhook as a process that has just started has it."""
        parts = PublishWebhookParts(
            self.catalog.change_feed,
            lambda: [MAIN_OWNER, "hosted:team"],
            self.catalog.webhooks,
            Turns(self.locks, DiskThreads(), 0.02),
            self.clock,
            "f00d",
            self.catalog.change_feed.hosted_last_now(),
            SECRET,
            lambda: self.seconds,
        )
        return PublishWebhook(self.poster, name, parts, WebhookState("https://hooks.example"))


@pytest.fixture
def site(tmp_path: Path, clock: FrozenClock) -> Iterator[Site]:
    """Open a catalog with nothing in it."""
    (tmp_path / "locks").mkdir()
    with open_catalog(tmp_path, clock) as catalog:
        yield Site(catalog, KeyLocks(tmp_path / "locks"), clock)


async def test_upload_is_told_with_what_a_receiver_needs(site: Site) -> None:
    """Which file of which project of which index, its digest, and a sentence."""
    webhook = site.webhook()
    await webhook.look()
    published = await publish(site.catalog, "demo-1.0.tar.gz")
    await webhook.look()

    body = json.loads(site.poster.bodies[-1])
    assert body["id"] == f"f00d-{published.serial}"
    assert body["text"] == "demo-1.0.tar.gz was added in main."
    assert (body["change"]["index"], body["change"]["serial"]) == ("main", published.serial)
    assert body["change"]["detail"]["sha256"] == published.file.sha256
    assert site.poster.told == ["project.created demo", "file.added demo"]


async def test_each_change_is_told_once_and_in_order(site: Site) -> None:
    """However often anybody looks; what happened to others' pages is nobody's news."""
    webhook = site.webhook()
    await webhook.look()
    await publish(site.catalog, "a-1.0.tar.gz")
    await site.catalog.journal.append(Change("page.changed", "main", "requests"))
    await webhook.look()
    await publish(site.catalog, "b-1.0.tar.gz", "hosted:team")
    await webhook.look()
    await webhook.look()

    assert site.poster.told == [
        "project.created a",
        "file.added a",
        "project.created b",
        "file.added b",
    ]
    assert (webhook.state.delivered, webhook.state.pending) == (4, 0)


async def test_post_is_signed(site: Site) -> None:
    """A receiver knows who speaks; the secret itself stays here."""
    webhook = site.webhook()
    await webhook.look()
    await publish(site.catalog, "demo-1.0.tar.gz")
    await webhook.look()

    [body, *_], [fields, *_] = site.poster.bodies, site.poster.fields
    assert fields["X-Hub-Signature-256"] == sign(body, SECRET)
    assert fields["X-Wheelyard-Event"] == "project.created"
    assert SECRET.reveal().encode() not in body


@pytest.mark.parametrize("trouble", ["refused: nobody listens", 500, 404])
async def test_what_is_not_taken_is_told_again_and_later_news_waits(
    site: Site, trouble: str | int
) -> None:
    """For as long as it takes, ever more rarely; nothing is left out and nothing overtakes."""
    webhook = site.webhook()
    await webhook.look()
    if isinstance(trouble, str):
        site.poster.failure = trouble
    else:
        site.poster.status = trouble
    await publish(site.catalog, "a-1.0.tar.gz")
    for _ in range(400):
        site.seconds += 5
        await webhook.look()
    attempts = site.poster.attempts
    await publish(site.catalog, "b-1.0.tar.gz")
    site.poster.failure, site.poster.status = "", 200
    site.seconds += 60
    await webhook.look()

    assert 30 < attempts < 60
    assert site.poster.told == [
        "project.created a",
        "file.added a",
        "project.created b",
        "file.added b",
    ]
    assert webhook.state.failed == attempts


async def test_restart_goes_on_where_it_was(site: Site) -> None:
    """What happened while nothing ran is told; what was told is not told again."""
    first = site.webhook()
    await first.look()
    await publish(site.catalog, "a-1.0.tar.gz")
    await first.look()
    await publish(site.catalog, "b-1.0.tar.gz")

    await site.webhook().look()

    assert site.poster.told[2:] == ["project.created b", "file.added b"]


async def test_new_webhook_hears_of_what_happens_from_then_on(site: Site) -> None:
    """A thousand old releases are no news."""
    await publish(site.catalog, "old-1.0.tar.gz")
    webhook = site.webhook()
    await webhook.look()
    await publish(site.catalog, "new-1.0.tar.gz")
    await webhook.look()

    assert site.poster.told == ["project.created new", "file.added new"]


async def test_each_webhook_has_its_own_place(site: Site) -> None:
    """One that is down keeps nothing from another."""
    down, well = site.webhook("down"), site.webhook("well")
    await down.look()
    await well.look()
    await publish(site.catalog, "a-1.0.tar.gz")
    site.poster.failure = "refused: nobody listens"
    await down.look()
    site.poster.failure = ""
    await well.look()
    site.seconds += 60
    await down.look()

    assert site.poster.told == ["project.created a", "file.added a"] * 2


async def test_of_two_processes_one_tells(site: Site) -> None:
    """And the other goes on when it ends."""
    async with anyio.create_task_group() as tasks:
        await site.webhook().look()  # from now on there is news
        tasks.start_soon(site.webhook().run)
        tasks.start_soon(site.webhook().run)
        await publish(site.catalog, "a-1.0.tar.gz")
        await until(lambda: len(site.poster.bodies) >= 2)
        tasks.cancel_scope.cancel()

    assert site.poster.told == ["project.created a", "file.added a"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_sentence(kind: str) -> None:
    """For people who read it in a chat."""
    detail = {"version": "1.0", "filename": "demo-1.0.tar.gz", "status": "archived"}
    row = JournalRow(7, Instant(1), kind, MAIN_OWNER, "demo", detail)

    text = json.loads(render_change(row, "id", "f00d"))["text"]

    assert "demo" in text
    assert kind not in text
    assert text.endswith(" in main.")
