"""Inboxes: directories whose files a server publishes."""

from wheelyard.app.program import App
from wheelyard.blobs import IncomingParts
from wheelyard.catalog import hosted_owner
from wheelyard.upload.inbox import Inbox, InboxParts
from wheelyard.upload.pipeline import Destination

__all__ = ["watch_inboxes"]


def watch_inboxes(app: App) -> None:
    """Publish what is put into the inbox of each index that has one, while the program runs."""
    if app.settings.server.read_only:
        return
    fills = app.fills
    incoming = IncomingParts(
        fills.parts.store, fills.parts.budget, fills.parts.disk, app.directory.spool
    )
    for rules in app.settings.indexes:
        if rules.inbox is None:
            continue
        parts = InboxParts(
            rules.inbox,
            Destination(
                hosted_owner(rules.name),
                volatile=rules.volatile,
                open_days=rules.close_releases_days,
                max_bytes=rules.max_bytes,
            ),
            app.pipeline,
            incoming,
            fills.locks,
            app.settings.upload.inbox_seconds,
        )
        app.background.start_soon(Inbox(parts).run)
