"""What runs beside the answers: the log of outages, the care of the disk, the webhooks."""

from collections.abc import Mapping
from functools import partial

from wheelyard.app.indexes import MAIN
from wheelyard.app.manifests import schedule_manifests
from wheelyard.app.program import App
from wheelyard.app.quotas import keep_quotas
from wheelyard.blobs import key_name
from wheelyard.catalog import hosted_owner
from wheelyard.decide.scrub import Pace, Work
from wheelyard.hosting import Expirer, Place
from wheelyard.mirror import Repair, Scrubber, ScrubParts, StoreParts
from wheelyard.monitor import (
    DiskWatch,
    OutageWatch,
    PublishWebhook,
    PublishWebhookParts,
    Turns,
    TwinParts,
    TwinWatch,
    Webhook,
    WebhookParts,
    WebhookState,
)
from wheelyard.settings import HookUrl
from wheelyard.transport import WebhookClient, WebhookRules, read_proxies

__all__ = ["look_after", "tell_webhooks", "watch_outages"]


def watch_outages(app: App, *, knows_all_doors: bool) -> None:
    """Have the outages of the doors written down."""
    watch = OutageWatch(
        app.catalog.outages,
        [door.state for door in app.doors],
        app.counters,
        app.clock,
        knows_all_doors=knows_all_doors,
    )
    app.background.start_soon(watch.run)


def look_after(app: App) -> None:
    """Have what a server holds looked after: watched, read once in a while, and expired."""
    if not app.settings.server.read_only:
        app.background.start_soon(Expirer(app.catalog, partial(_places, app)).run)
    app.background.start_soon(app.uses.run)
    keep_quotas(app)
    schedule_manifests(app)
    _watch_twins(app)
    parts, settings = app.fills.parts, app.settings.store
    watch = DiskWatch(
        parts.alarms, app.directory, app.catalog.scrubs, settings.min_free_bytes, parts.disk
    )
    app.background.start_soon(watch.run)
    if settings.scrub_days <= 0:
        return
    healing = None
    if not app.settings.is_offline:
        repository = app.indexes[MAIN].chain.repository
        healing = Repair(app.catalog, parts.store, parts.disk, repository)
    scrub = ScrubParts(
        StoreParts(app.catalog, parts.store, app.fills.locks),
        parts.alarms,
        app.clock,
        partial(_work, app),
        healing,
    )
    pace = Pace(settings.scrub_days, settings.scrub_bytes_per_second)
    app.background.start_soon(Scrubber(scrub, pace).run)


def _places(app: App) -> list[Place]:
    """Return the indexes of a server, each once whatever views there are of it."""
    rules = {index.rules.name: index.rules for index in app.indexes.values()}
    return [Place(each, "configuration") for each in rules.values()]


def _watch_twins(app: App) -> None:
    """Have public projects noticed that have a name of ours."""
    repository = app.indexes[MAIN].chain.repository
    parts = TwinParts(
        ours=app.catalog.hosting.names,
        public=app.public_names.all,
        mark=app.public_names.mark,
        renew=None if app.settings.is_offline else repository.projects,
        merged=app.settings.names.merge,
    )
    app.background.start_soon(TwinWatch(parts, app.twins).run)


def tell_webhooks(app: App, environment: Mapping[str, str]) -> None:
    """Have the webhooks of a server told, unless nobody may be asked for anything.

    Raises:
        ConfigError: the address of one is none.
    """
    if not app.settings.is_offline:
        _tell_of_outages(app, environment)
        _tell_of_changes(app, environment)


def _tell_of_outages(app: App, environment: Mapping[str, str]) -> None:
    """Have the webhooks told that are to hear of outages."""
    settings = app.settings
    parts = WebhookParts(
        app.catalog.outages,
        app.catalog.webhooks,
        app.fills.locks,
        app.fills.parts.disk,
        app.clock,
        app.directory.instance,
        settings.telling.outage_webhook_secret,
    )
    for url in settings.telling.outage_webhooks:
        client, state = _opened(app, url, environment)
        webhook = Webhook(client, key_name(url.reveal()), parts, state)
        app.background.start_soon(partial(_tell, client, webhook))


def _tell_of_changes(app: App, environment: Mapping[str, str]) -> None:
    """Have the webhooks told that are to hear of changes of our own projects."""
    settings = app.settings
    parts = PublishWebhookParts(
        app.catalog.change_feed,
        lambda: [hosted_owner(index) for index in app.indexes],
        app.catalog.webhooks,
        Turns(app.fills.locks, app.fills.parts.disk),
        app.clock,
        app.directory.instance,
        app.catalog.change_feed.hosted_last_now(),
        settings.telling.publish_webhook_secret,
    )
    for url in settings.telling.publish_webhooks:
        client, state = _opened(app, url, environment)
        webhook = PublishWebhook(client, key_name(url.reveal()), parts, state)
        app.background.start_soon(partial(_tell, client, webhook))


def _opened(
    app: App, url: HookUrl, environment: Mapping[str, str]
) -> tuple[WebhookClient, WebhookState]:
    """Return a client for the address of a webhook, and its line of the status."""
    client = WebhookClient(WebhookRules(url.reveal(), read_proxies(environment)))
    same = sum(state.url.partition(" ")[0] == client.shown for state in app.webhooks)
    state = WebhookState(f"{client.shown} ({same + 1})" if same else client.shown)
    app.webhooks.append(state)
    return client, state


async def _tell(client: WebhookClient, webhook: Webhook | PublishWebhook) -> None:
    """Tell one webhook until cancelled."""
    async with client:
        await webhook.run()


def _work(app: App) -> Work:
    """Return what was done for clients; who only looks how we are needs no disk."""
    requests = app.counters.requests.items()
    asked = sum(count for (route, _), count in requests if route != "operation")
    return Work(asked, app.fills.running)
