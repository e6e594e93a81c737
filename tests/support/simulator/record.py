"""Remember every request, and let a test wait until one has come."""

import fnmatch
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, fields
from typing import get_args

from support.simulator.message import Kind, Request

__all__ = ["Entry", "Recorded", "Recorder", "Where", "check_where", "matches"]

Where = str | Callable[[Request], bool]
"""A kind such as `"page"`, a path or glob beginning with `/`, `"*"`, or a predicate."""

_KINDS = frozenset(get_args(Kind))


def check_where(where: Where) -> None:
    """Refuse words that mean nothing.

    Raises:
        ValueError: the words are neither a kind nor a path.
    """
    if isinstance(where, str) and where not in _KINDS and where[:1] not in ("*", "/"):
        kinds = ", ".join(sorted(_KINDS))
        raise ValueError(f"`{where}` is no kind ({kinds}), and no path begins like this")


def matches(where: Where, request: Request) -> bool:
    """Say whether a request is one of those meant."""
    if not isinstance(where, str):
        return where(request)
    if where in _KINDS:
        return request.kind == where
    return fnmatch.fnmatchcase(request.path, where)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded(Request):
    """A request and what became of it, as of the moment when the test looked."""

    status: int | None = None
    """`None` until the answer begins, and for ever if it never did."""
    sent_bytes: int = 0
    """Bytes of the body that went out."""
    finished: bool = False
    aborted: bool = False
    """The connection ended, from either side, before the answer was whole."""


class Entry:
    """The growing record of one request; belongs to the connection that answers it."""

    __slots__ = ("aborted", "finished", "request", "sent_bytes", "status")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.status: int | None = None
        self.sent_bytes = 0
        self.finished = False
        self.aborted = False

    def freeze(self) -> Recorded:
        """Return what is known now."""
        asked = {each.name: getattr(self.request, each.name) for each in fields(Request)}
        return Recorded(
            **asked,
            status=self.status,
            sent_bytes=self.sent_bytes,
            finished=self.finished,
            aborted=self.aborted,
        )


class Recorder:
    """All requests of one simulator, in the order in which they came."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._waiting: list[tuple[Callable[[], bool], Future[None]]] = []
        self._lock = threading.Lock()

    def begin(self, request: Request) -> Entry:
        """Record a request that has just come."""
        entry = Entry(request)
        with self._lock:
            self._entries.append(entry)
        self._wake()
        return entry

    def end(self, entry: Entry, *, finished: bool) -> None:
        """Record that an answer is whole, or will never be."""
        entry.finished = finished
        entry.aborted = not finished
        self._wake()

    def asked(self, where: Where = "*") -> list[Recorded]:
        """Return the requests meant, oldest first."""
        check_where(where)
        with self._lock:
            entries = list(self._entries)
        return [entry.freeze() for entry in entries if matches(where, entry.request)]

    def count(self, where: Where = "*") -> int:
        """Return how many requests meant have come."""
        check_where(where)
        with self._lock:
            return self._count(where)

    def forget(self) -> None:
        """Start counting at zero; requests in progress go on unrecorded."""
        with self._lock:
            self._entries.clear()

    @property
    def sent_bytes(self) -> int:
        """Return how many bytes of bodies went out."""
        with self._lock:
            return sum(entry.sent_bytes for entry in self._entries)

    def when_seen(self, where: Where, count: int) -> Future[None]:
        """Return a future that is done as soon as `count` requests meant have come."""
        check_where(where)
        return self._when(lambda: self._count(where) >= count)

    def when_settled(self) -> Future[None]:
        """Return a future that is done as soon as no answer is under way."""
        return self._when(lambda: all(each.finished or each.aborted for each in self._entries))

    def _when(self, holds: Callable[[], bool]) -> Future[None]:
        future: Future[None] = Future()
        with self._lock:
            self._waiting.append((holds, future))
        self._wake()
        return future

    def _wake(self) -> None:
        with self._lock:
            if not self._waiting:
                return
            reached = [each for each in self._waiting if each[0]()]
            self._waiting = [each for each in self._waiting if each not in reached]
        for _, future in reached:
            # A waiter that lost patience has cancelled its future.
            if future.set_running_or_notify_cancel():
                future.set_result(None)

    def _count(self, where: Where) -> int:
        return sum(matches(where, entry.request) for entry in self._entries)
