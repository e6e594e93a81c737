"""Is this server fit to answer? A decision about a few facts, without looking at anything.

Ready means: it can serve what it holds. An upstream that is down, a full disk or a lost
object store make a server *degraded*, never unready: a load balancer that takes it out for that
would take out every node at once, and turn an outage of somebody else into one of ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wheelyard.monitor.snapshots import DoorSnapshot

__all__ = ["Health", "Signs", "decide_health"]


@dataclass(frozen=True, slots=True)
class Signs:
    """What was found out about this server. Each text is what is wrong; empty if nothing is.

    ``free_bytes`` is None if nobody could tell.
    """

    is_draining: bool = False
    catalog_problem: str = ""
    blobs_problem: str = ""
    free_bytes: int | None = None
    min_free_bytes: int = 0
    doors: Sequence[DoorSnapshot] = ()
    alarms: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Health:
    """``reasons`` say why the server is not ready; ``degraded`` what it has to do without."""

    reasons: tuple[str, ...] = ()
    degraded: tuple[str, ...] = ()

    @property
    def is_ready(self) -> bool:
        """Whether the server can serve what it holds."""
        return not self.reasons


def decide_health(signs: Signs) -> Health:
    """Return whether the server is ready, and what it does without."""
    reasons = []
    if signs.is_draining:
        reasons.append("The server is stopping: send requests to another one.")
    if signs.catalog_problem:
        reasons.append(f"The catalog cannot be read: {signs.catalog_problem}")
    if signs.blobs_problem:
        reasons.append(f"The files cannot be read: {signs.blobs_problem}")
    degraded = [
        f"{door.url} does not answer: {door.last_error or 'no reason is known'}"
        for door in signs.doors
        if door.state == "down"
    ]
    degraded.extend(signs.alarms)
    if signs.alarms:
        return Health(tuple(reasons), tuple(degraded))
    if signs.free_bytes is not None and signs.free_bytes < signs.min_free_bytes:
        degraded.append(
            f"The disk has {signs.free_bytes:,} bytes left, less than `store.min_free_bytes` "
            f"({signs.min_free_bytes:,}): new files are not kept until there is room."
        )
    return Health(tuple(reasons), tuple(degraded))
