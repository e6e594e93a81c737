"""Alarms: what is wrong with this machine's disk, from when it is noticed until it has passed.

Whoever cannot write or read says so, as often as it happens; the first time is one line in the
log. The end is noticed by whoever looks after the disk (``monitor/disk_watch.py``), also if nobody
asks for anything: no restart is needed.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from threading import Lock

from wheelyard.clock import Clock, Instant, SystemClock

__all__ = ["Alarm", "Alarms", "Trouble"]

_LOG = logging.getLogger(__name__)


class Trouble(Enum):
    """What does not work."""

    NOT_KEPT = "not-kept"
    """Nothing can be written: files and pages are passed on, and not kept."""
    UNREADABLE = "unreadable"
    """A held file cannot be read: it is fetched from elsewhere each time."""


_BEGINNINGS = {
    Trouble.NOT_KEPT: "Nothing can be kept: files and pages are passed on to clients as they come",
    Trouble.UNREADABLE: "The disk cannot read what is held; it is fetched from upstream each time",
}
_ENDINGS = {
    Trouble.NOT_KEPT: "Files and pages are kept again.",
    Trouble.UNREADABLE: "What is held can be read again.",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One trouble that lasts; ``subject`` is what it was noticed with, ``reason`` is for people."""

    since: Instant
    reason: str
    subject: str = ""

    def sentence(self, trouble: Trouble) -> str:
        """Return what is wrong, for people."""
        return f"{_BEGINNINGS[trouble]}: {self.reason}"


class Alarms:
    """The troubles of one process with one data directory; may be used from any thread."""

    def __init__(self, clock: Clock | None = None) -> None:
        """Begin without any; ``clock`` tells since when one lasts."""
        self._clock = clock or SystemClock()
        self._lasting: dict[Trouble, Alarm] = {}
        self._lock = Lock()

    @property
    def lasting(self) -> Mapping[Trouble, Alarm]:
        """What is wrong now."""
        with self._lock:
            return dict(self._lasting)

    def begin(self, trouble: Trouble, reason: str, subject: str = "") -> None:
        """Say that something does not work; again has no further effect."""
        alarm = Alarm(self._clock.now(), reason, subject)
        with self._lock:
            if trouble in self._lasting:
                return
            self._lasting[trouble] = alarm
        _LOG.error("Alarm: %s.", alarm.sentence(trouble).rstrip("."))

    def end(self, trouble: Trouble) -> None:
        """Say that it works again; harmless if it was never said that it does not."""
        with self._lock:
            if self._lasting.pop(trouble, None) is None:
                return
        _LOG.warning("End of alarm: %s", _ENDINGS[trouble])
