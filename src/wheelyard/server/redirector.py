"""The redirector: an ASGI application that answers every request with where to go.

It keeps nothing, reads nothing from a disk and waits for nobody: what a request gets follows from
its path and from what the checks last found (``target_watch.py``). Rules for changing this file:

- An answer names a configured address or none at all; what a client sent is only ever appended.
- Every answer carries the header by which redirectors know each other.
- No answer may be stored: it is true until the next check.
- Nothing of a request but its first line and the length of its body is looked at. Credentials are
  neither read nor passed on; clients do not show them to another host either.

Source: RFC 9110, 15.4.8 (307), 10.2.2 (Location); RFC 9111, 5.2.2.5 (no-store).
"""

import logging
from collections import Counter
from dataclasses import dataclass, field, replace

from wheelyard.clock import Clock, Instant
from wheelyard.decide.redirecting import (
    Asked,
    Decision,
    Malformed,
    NobodyThere,
    NotHere,
    Role,
    SendOn,
    Ways,
    decide,
)
from wheelyard.errors import Absent, BadInput, Unavailable, WheelyardError
from wheelyard.monitor.redirect_metrics import METRICS_TYPE, RedirectFacts, render_redirect_metrics
from wheelyard.monitor.snapshots import ConnectionSnapshot
from wheelyard.server.access_log import AccessLog
from wheelyard.server.address import Addresses
from wheelyard.server.cors import CORS
from wheelyard.server.exchange import READS, Exchange, Receive, Scope, Send
from wheelyard.server.problems import Problem, method_not_allowed, problem_of
from wheelyard.server.process import Worker
from wheelyard.server.target_check import REDIRECTOR
from wheelyard.server.target_watch import TargetWatch

__all__ = ["Redirector", "RedirectorParts"]

_LOG = logging.getLogger(__name__)

_LIVE, _READY, _METRICS = "/-/live", "/-/ready", "/-/metrics"
_OWN = frozenset({_LIVE, _READY, _METRICS})
_TEXT = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class RedirectorParts:
    """What a redirector is made of. ``instance`` is what others know it by."""

    ways: Ways
    watch: TargetWatch
    instance: str
    worker: Worker
    clock: Clock
    addresses: Addresses
    started_at: Instant
    access_log: AccessLog | None = None
    answers: Counter[str] = field(default_factory=Counter)


class Redirector:
    """Answers every HTTP request of a redirector."""

    def __init__(self, parts: RedirectorParts) -> None:
        """Send clients to what ``parts.watch`` says is healthy."""
        self._parts = parts
        self._mark = (REDIRECTOR.encode(), parts.instance.encode())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Source: ASGI 3.0, HTTP."""
        asked = _asked_by(scope)
        exchange = Exchange(scope, receive, send, asked.path)
        outcome = "own"
        try:
            if asked.path in _OWN:
                await self._answer_own(exchange)
            else:
                decision = decide(asked, self._parts.ways, self._parts.watch.health)
                outcome = _outcome(decision)
                await self._carry_out(exchange, decision)
        except WheelyardError as error:
            await self._explain(exchange, problem_of(error))
        except Exception:  # noqa: BLE001 - the last line: a client never sees a traceback
            _LOG.exception("A request failed in a way that nobody foresaw: %r.", asked.path)
            if not exchange.started:
                await self._explain(exchange, problem_of(WheelyardError()))
        self._parts.answers[outcome] += 1
        if self._parts.access_log is not None:
            self._parts.access_log.write(exchange, self._parts.addresses.client_of(scope))

    async def _carry_out(self, exchange: Exchange, decision: Decision) -> None:
        """Send the client on, or say why not.

        Raises:
            Unavailable: nobody who could answer is healthy.
            Absent: nobody who could answer was configured.
            BadInput: the request cannot be sent on.
        """
        match decision:
            case SendOn(location, target):
                is_read = exchange.scope["method"] in READS
                await _take_body(exchange)
                headers = (
                    (b"location", location.encode("ascii")),
                    (b"content-length", b"0"),
                    (b"cache-control", b"no-store"),
                    (b"cache-status", b"wheelyard; detail=redirect-%b" % target.role.encode()),
                    *(CORS if is_read else ()),
                    self._mark,
                )
                await exchange.answer(307, headers)
            case NobodyThere():
                raise self._unavailable()
            case NotHere():
                raise Absent(f"`{exchange.path[:200]}`", "what this redirector sends to")
            case Malformed(sentence):
                raise BadInput(sentence)

    async def _answer_own(self, exchange: Exchange) -> None:
        """Answer what is asked about this redirector itself.

        Raises:
            Unavailable: it is not ready.
        """
        if exchange.scope["method"] not in READS:
            await self._explain(exchange, method_not_allowed(", ".join(sorted(READS))))
        elif exchange.path == _LIVE:
            await self._send(exchange, _TEXT, b"alive\n")
        elif exchange.path == _METRICS:
            await self._send(exchange, METRICS_TYPE, render_redirect_metrics(self._facts()))
        elif self._parts.worker.draining:
            raise Unavailable("This redirector", "it is being stopped.")
        elif not self._parts.watch.is_ready:
            raise self._unavailable()
        else:
            # Not what a server says: a redirector must never be taken for one.
            await self._send(exchange, _TEXT, b"redirecting\n")

    def _unavailable(self) -> Unavailable:
        """Return the error while nobody is healthy who could answer."""
        down = {t: seen for t, seen in self._parts.watch.health.items() if not seen.is_up}
        said = " ".join(f"`{target.root}`: {seen.problem}." for target, seen in down.items())
        return Unavailable("What this redirector sends to", said)

    def _facts(self) -> RedirectFacts:
        """Return everything that there is to tell."""
        parts, counters = self._parts, self._parts.worker.counters
        return RedirectFacts(
            parts.started_at,
            parts.watch.is_ready and not parts.worker.draining,
            ConnectionSnapshot(
                open=counters.open,
                accepted=counters.accepted,
                refused=counters.refused,
                rejected=counters.rejected,
                timed_out=counters.timed_out,
            ),
            parts.answers,
            parts.watch.health,
            parts.watch.checks,
        )

    async def _send(self, exchange: Exchange, content_type: str, body: bytes) -> None:
        """Send a small answer that is true now and not a second later."""
        headers = (
            (b"content-type", content_type.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
            (b"cache-status", b"wheelyard; detail=own"),
            self._mark,
        )
        await exchange.answer(200, headers, body)

    async def _explain(self, exchange: Exchange, problem: Problem) -> None:
        """Send a sentence about what went wrong, upload clients in the status line too."""
        marked = replace(problem, headers=(*problem.headers, self._mark))
        await exchange.problem(marked, has_reason=exchange.scope["method"] == "POST")


def _asked_by(scope: Scope) -> Asked:
    """Return what of a request counts, as it was sent."""
    raw: bytes = scope.get("raw_path") or scope["path"].encode("utf-8")
    path, _, rest = raw.partition(b"?")
    query: bytes = scope.get("query_string") or rest
    lengths = [value for name, value in scope["headers"] if name == b"content-length"]
    chunked = any(name == b"transfer-encoding" for name, _ in scope["headers"])
    has_body = chunked or any(value.strip(b"0") for value in lengths)
    return Asked(scope["method"], path.decode("latin-1"), query.decode("latin-1"), has_body)


async def _take_body(exchange: Exchange) -> None:
    """Let a client that is not going to stay send what it has to send.

    It reads nothing before that, and closing in the middle of it would lose our answer. Whoever
    stays gets the answer at once, and what still comes is dropped below. Source: RFC 9112, 9.6.
    """
    stays = exchange.scope.get("http_version") == "1.1" and "close" not in (
        exchange.header(b"connection") or ""
    )
    if stays or exchange.header(b"expect") is not None:
        return
    more = True
    while more:
        message = await exchange.receive()
        more = message["type"] == "http.request" and message.get("more_body", False)


def _outcome(decision: Decision) -> str:
    """Return what became of a request, for the counters."""
    match decision:
        case SendOn(_, target):
            return "static" if target.role is Role.STATIC else "dynamic"
        case NobodyThere():
            return "unavailable"
        case NotHere():
            return "absent"
        case Malformed():
            return "malformed"
