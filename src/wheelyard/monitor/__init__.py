"""What the running server says about itself: counts, health, status, logs.

Start with ``counters.py`` (what is counted on the hot path) and ``snapshots.py`` (what one worker
has to tell); ``board.py`` puts the workers together, ``metrics.py`` and ``status.py`` render it for
Prometheus and for people, ``outages.py`` keeps the outage log and ``outage_report.py`` reads it to
people and ``webhook.py`` to machines, ``health.py`` decides about readiness, ``disk_watch.py``
looks after the disk, ``logs.py`` sets up the log.
May import: everything up to ``repository``; prometheus-client and structlog live here.

Importing this room is cheap, because ``wheelyard status`` needs its records and nothing else.
"""

from typing import TYPE_CHECKING

from wheelyard.late import late
from wheelyard.monitor.address import Address, forget_address, load_address, save_address
from wheelyard.monitor.badge import render_badge
from wheelyard.monitor.board import Board, clear_board
from wheelyard.monitor.counters import Counters
from wheelyard.monitor.health import Health, Signs, decide_health
from wheelyard.monitor.outage_report import OutageStatus, months_before
from wheelyard.monitor.snapshots import (
    AlarmSnapshot,
    ConnectionSnapshot,
    DoorSnapshot,
    WebhookSnapshot,
    WorkerSnapshot,
    total,
)
from wheelyard.monitor.status import (
    DoorStatus,
    Held,
    ReadinessStatus,
    ServerFacts,
    StatusReport,
    build_status,
    parse_status,
    render_status,
    report_readiness,
)
from wheelyard.monitor.syncs import SyncProblem, SyncStatus, report_sync

if TYPE_CHECKING:  # for laziness, not for a cycle: see `__getattr__`
    from wheelyard.monitor.disk_watch import DiskWatch
    from wheelyard.monitor.logs import configure_logs
    from wheelyard.monitor.metrics import METRICS_TYPE, render_metrics
    from wheelyard.monitor.outages import OutageWatch
    from wheelyard.monitor.publish_webhooks import PublishWebhook, PublishWebhookParts
    from wheelyard.monitor.taking import Activity, take_snapshot
    from wheelyard.monitor.turns import Turns
    from wheelyard.monitor.twins import TwinParts, TwinWatch
    from wheelyard.monitor.webhook import Webhook, WebhookParts, WebhookState

__all__ = [
    "METRICS_TYPE",
    "Activity",
    "Address",
    "AlarmSnapshot",
    "Board",
    "ConnectionSnapshot",
    "Counters",
    "DiskWatch",
    "DoorSnapshot",
    "DoorStatus",
    "Health",
    "Held",
    "OutageStatus",
    "OutageWatch",
    "PublishWebhook",
    "PublishWebhookParts",
    "ReadinessStatus",
    "ServerFacts",
    "Signs",
    "StatusReport",
    "SyncProblem",
    "SyncStatus",
    "Turns",
    "TwinParts",
    "TwinWatch",
    "Webhook",
    "WebhookParts",
    "WebhookSnapshot",
    "WebhookState",
    "WorkerSnapshot",
    "build_status",
    "clear_board",
    "configure_logs",
    "decide_health",
    "forget_address",
    "load_address",
    "months_before",
    "parse_status",
    "render_badge",
    "render_metrics",
    "render_status",
    "report_readiness",
    "report_sync",
    "save_address",
    "take_snapshot",
    "total",
]

_LATE = {
    "Activity": "wheelyard.monitor.taking",
    "DiskWatch": "wheelyard.monitor.disk_watch",
    "METRICS_TYPE": "wheelyard.monitor.metrics",
    "OutageWatch": "wheelyard.monitor.outages",
    "PublishWebhook": "wheelyard.monitor.publish_webhooks",
    "PublishWebhookParts": "wheelyard.monitor.publish_webhooks",
    "Turns": "wheelyard.monitor.turns",
    "TwinParts": "wheelyard.monitor.twins",
    "TwinWatch": "wheelyard.monitor.twins",
    "Webhook": "wheelyard.monitor.webhook",
    "WebhookParts": "wheelyard.monitor.webhook",
    "WebhookState": "wheelyard.monitor.webhook",
    "configure_logs": "wheelyard.monitor.logs",
    "render_metrics": "wheelyard.monitor.metrics",
    "take_snapshot": "wheelyard.monitor.taking",
}

if not TYPE_CHECKING:  # a type checker that saw it would believe in every name
    __getattr__ = late(__name__, _LATE)
