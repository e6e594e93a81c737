"""Which faults are set, for which requests, and how often they strike."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypedDict, Unpack

from support.simulator.faults import Context, Fault
from support.simulator.message import Answer, Request
from support.simulator.record import Where, check_where, matches

__all__ = ["FaultHandle", "FaultWords", "Faults"]


class FaultWords(TypedDict, total=False):
    """The keywords of `Simulator.fault`: let `after` requests pass, then strike `times` times."""

    times: int | None
    after: int


class FaultHandle:
    """One fault that was set; `clear` ends it and lets whatever it holds go on."""

    def __init__(self, where: Where, fault: Fault, **words: Unpack[FaultWords]) -> None:
        check_where(where)
        self.where = where
        self.fault = fault
        self._times = words.get("times")
        self._after = words.get("after", 0)
        self._seen = 0
        self.struck = 0
        """How many requests it has spoiled."""
        self.ended: Future[None] = Future()
        self._lock = threading.Lock()

    def clear(self) -> None:
        """End the fault, and let answers that it holds go on."""
        with self._lock:
            if not self.ended.done():
                self.ended.set_result(None)

    def strikes(self, request: Request) -> bool:
        """Count a request, and say whether the fault is for it."""
        if not matches(self.where, request):
            return False
        with self._lock:
            self._seen += 1
            spent = self._times is not None and self.struck >= self._times
            if self.ended.done() or spent or self._seen <= self._after:
                return False
            self.struck += 1
        return True


class Faults:
    """All faults of one simulator, applied in the order in which they were set."""

    def __init__(self) -> None:
        self._handles: tuple[FaultHandle, ...] = ()

    def add(self, handle: FaultHandle) -> None:
        """Set a fault."""
        self._handles = (*self._handles, handle)

    def clear(self) -> None:
        """End all faults."""
        handles, self._handles = self._handles, ()
        for handle in handles:
            handle.clear()

    def striking(self, request: Request) -> list[FaultHandle]:
        """Return the faults that this request meets, having counted it for each."""
        return [handle for handle in self._handles if handle.strikes(request)]


def spoil(
    handles: list[FaultHandle], answer: Answer, make_context: Callable[[], Context]
) -> tuple[Answer, FaultHandle | None]:
    """Return the spoiled answer, and the fault that holds it where one does."""
    holder: FaultHandle | None = None
    context = make_context()
    for handle in handles:
        before = answer.delivery.cut
        answer = handle.fault(context, answer)
        if answer.delivery.cut is not before:
            holder = handle
    return answer, holder
