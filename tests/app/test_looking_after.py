"""Looking after: a server's disk is watched and read, and its webhooks are told."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, app_on, settings, upstream
from support.own_files import publish
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import look_after, running, tell_webhooks
from wheelyard.settings import HookUrl, IndexSettings, TellingSettings

pytestmark = pytest.mark.anyio


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream."""
    with running_simulator() as simulator:
        yield simulator


async def test_server_reads_what_it_holds(tmp_path: Path, index: Simulator) -> None:
    """The round through the store begins with the server, and is written down."""
    async with app_on(tmp_path, index) as app:
        await publish(app, make_wheel("acme", "1.0"))
        before = await app.catalog.scrubs.load()
        look_after(app)
        with anyio.fail_after(180):
            while await app.catalog.scrubs.load() is None:
                await anyio.lowlevel.checkpoint()

    assert before is None


async def test_server_expires_what_its_indexes_no_longer_keep(
    tmp_path: Path, index: Simulator
) -> None:
    """If they say so; an index and the view of what it has of its own are expired once."""
    rules = IndexSettings(name="main", keep_development_builds=1, expire_daily=True)
    told = replace(settings(tmp_path, upstream(index)), indexes=(rules,))
    async with running(told, NO_PIP) as app:
        for number in range(3):
            await publish(app, make_wheel("acme", f"1.0.dev{number}"))
        look_after(app)
        with anyio.fail_after(180):
            while len(lines := await app.catalog.audit.since()) < 6:
                await anyio.lowlevel.checkpoint()

    assert [line.action for line in lines[-2:]] == ["release.deleted"] * 2
    assert {line.actor for line in lines[-2:]} == {"wheelyard"}


async def test_webhooks_are_known_without_their_secrets(tmp_path: Path, index: Simulator) -> None:
    """Two of one address are two; an address may be a secret, so only its host is shown."""
    urls = tuple(HookUrl(f"https://hooks.example/secret-{number}") for number in (1, 2))
    told = replace(
        settings(tmp_path, upstream(index)), telling=TellingSettings(outage_webhooks=urls)
    )
    async with running(told, NO_PIP) as app:
        tell_webhooks(app, {})
        shown = [state.url for state in app.webhooks]

    assert len(set(shown)) == len(urls)
    assert not any("secret" in url for url in shown)


async def test_webhooks_of_both_kinds_are_told_unless_nobody_may_be_asked(
    tmp_path: Path, index: Simulator
) -> None:
    """Each is a line of the status; offline there is none."""
    url = HookUrl("https://hooks.example/a")
    telling = TellingSettings(outage_webhooks=(url,), publish_webhooks=(url,))
    told = replace(settings(tmp_path, upstream(index)), telling=telling)
    async with running(told, NO_PIP) as app:
        tell_webhooks(app, {})
        shown = [state.url for state in app.webhooks]
    silent = replace(told, server=replace(told.server, offline=True))
    async with running(silent, NO_PIP) as app:
        tell_webhooks(app, {})
        offline = list(app.webhooks)

    assert shown == ["https://hooks.example", "https://hooks.example (2)"]
    assert offline == []
