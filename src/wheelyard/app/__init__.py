"""The composition root: settings become a running program.

Start with ``running.py`` (everything is opened, in order, and closed in reverse), then
``indexes.py`` (what clients point at) and ``looking_after.py`` (what runs beside the answers).
May import everything but ``web``, ``server`` and ``cli``; nothing below knows settings as a whole.
"""

from wheelyard.app.background import Background
from wheelyard.app.collecting import collected
from wheelyard.app.flat_pages import flat_page_of
from wheelyard.app.inboxes import watch_inboxes
from wheelyard.app.indexes import HOSTED, MAIN, Index, Indexes
from wheelyard.app.looking_after import look_after, tell_webhooks
from wheelyard.app.program import App
from wheelyard.app.publish_schedule import schedule_publishes, watch_publish
from wheelyard.app.publishing import PublishOrder, run_publish, run_switch
from wheelyard.app.running import running, via_token
from wheelyard.app.syncing import SyncOrder, plan_sync, run_sync, schedule_syncs

__all__ = [
    "HOSTED",
    "MAIN",
    "App",
    "Background",
    "Index",
    "Indexes",
    "PublishOrder",
    "SyncOrder",
    "collected",
    "flat_page_of",
    "look_after",
    "plan_sync",
    "run_publish",
    "run_switch",
    "run_sync",
    "running",
    "schedule_publishes",
    "schedule_syncs",
    "tell_webhooks",
    "via_token",
    "watch_inboxes",
    "watch_publish",
]
