"""What the running server says about itself: counts, health, status, logs.

Start with ``counters.py`` (what is counted on the hot path) and ``snapshots.py`` (what one worker
has to tell); ``board.py`` puts the workers together, ``metrics.py`` and ``status.py`` render it for
Prometheus and for people, ``outages.py`` keeps the outage log and ``outage_report.py`` reads it to
people, ``health.py`` decides about readiness, ``logs.py`` sets up the log.
May import: everything up to ``repository``; prometheus-client and structlog live here.

Importing this room is cheap, because ``wheelyard status`` needs its records and nothing else.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from wheelyard.monitor.address import Address, forget_address, load_address, save_address
from wheelyard.monitor.board import Board, clear_board
from wheelyard.monitor.counters import Counters
from wheelyard.monitor.health import Health, Signs, decide_health
from wheelyard.monitor.outage_report import OutageStatus, months_before
from wheelyard.monitor.snapshots import (
    ConnectionSnapshot,
    DoorSnapshot,
    WorkerSnapshot,
    total,
)
from wheelyard.monitor.status import (
    Held,
    ServerFacts,
    StatusReport,
    build_status,
    parse_status,
    render_status,
)

if TYPE_CHECKING:  # for laziness, not for a cycle: see `__getattr__`
    from wheelyard.monitor.logs import configure_logs
    from wheelyard.monitor.metrics import METRICS_TYPE, render_metrics
    from wheelyard.monitor.outages import OutageWatch
    from wheelyard.monitor.taking import Activity, take_snapshot

__all__ = [
    "METRICS_TYPE",
    "Activity",
    "Address",
    "Board",
    "ConnectionSnapshot",
    "Counters",
    "DoorSnapshot",
    "Health",
    "Held",
    "OutageStatus",
    "OutageWatch",
    "ServerFacts",
    "Signs",
    "StatusReport",
    "WorkerSnapshot",
    "build_status",
    "clear_board",
    "configure_logs",
    "decide_health",
    "forget_address",
    "load_address",
    "months_before",
    "parse_status",
    "render_metrics",
    "render_status",
    "save_address",
    "take_snapshot",
    "total",
]

_LATE = {
    "Activity": "wheelyard.monitor.taking",
    "METRICS_TYPE": "wheelyard.monitor.metrics",
    "OutageWatch": "wheelyard.monitor.outages",
    "configure_logs": "wheelyard.monitor.logs",
    "render_metrics": "wheelyard.monitor.metrics",
    "take_snapshot": "wheelyard.monitor.taking",
}


def __getattr__(name: str) -> object:
    """Load a name that needs half of the program when it is first asked for."""
    if name not in _LATE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    return getattr(import_module(_LATE[name]), name)
