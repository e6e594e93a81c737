"""The protocol class: uvicorn's HTTP/1.1 server with deadlines, limits and a reason phrase.

uvicorn has no deadline for receiving a request, no limit on headers or connections, and writes its
own reason phrases; that is added here, and nothing else.  It takes uvicorn's internals:
``internals.py`` lists them, and if any is absent, ``make_protocol`` gives uvicorn's own class.

Theory.  A connection is always in one ``Phase``, derived from uvicorn's own state, so a request
pays nothing for being watched: no timer is armed per request or per read (uvicorn's keep-alive
timer is not armed either, which makes a request cheaper here than there).  One sweep per second
and process (``watch.py``) looks at every connection: the same phase of the same request for longer
than it may last, without the progress it must show, ends the connection.  Deadlines are therefore
late by up to two sweeps, and never early.

Rules for editing: whoever lets a connection wait for its client must give that wait a phase.  An
error is answered only where the client can tell which request it belongs to: after all earlier
answers, never inside one.

Source: RFC 9112 (3.2 Host, 6 and 11 framing, 9.3 and 9.6 order and closing), RFC 9110, 15.5.
"""

import asyncio
import logging
from typing import ClassVar, cast

import httptools
from uvicorn._types import HTTPScope
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from wheelyard.errors import BadInput
from wheelyard.server.framing import (
    FULL,
    SLOW_BODY,
    SLOW_HEADERS,
    TOO_MANY_IN_ADVANCE,
    TOO_MUCH_FRAMING,
    WRONG_VERSION,
    Head,
    Headers,
    Refusal,
    describe_parser_error,
    find_excess,
    find_problem,
    render_refusal,
)
from wheelyard.server.internals import missing_internals, start_request
from wheelyard.server.patience import QUIET, Patience, Phase
from wheelyard.server.watch import LaneCounters, LaneLimits, Watch, bytes_unsent, reset

__all__ = ["LaneCounters", "LaneLimits", "make_protocol"]

LOGGER = logging.getLogger("wheelyard.server")

WRITE_BUFFER_BYTES = 16 * 1024
"""What may wait here for a slow client, besides what the application sent last.

The kernel has a buffer of its own, large enough that a fast client never waits for us.
"""

NOTABLE_HEADERS = frozenset((b"expect", b"host", b"transfer-encoding"))

NO_MORE_HEADERS = cast("Headers", ())
"""Takes the place of a request's headers once they are complete; nothing is added to it."""


class _Lane(HttpToolsProtocol):
    """uvicorn's protocol, watched and limited; ``make_protocol`` gives each server a subclass."""

    # As slots, because an object with more than 30 attributes in its dictionary is slow in all of
    # them, and uvicorn has 28.
    __slots__ = (
        *("limits", "draining", "deaf", "refusal", "lingering", "running", "signs", "problem"),
        *("read_bytes", "bytes_at_most", "bytes_at_least", "patience", "body_bytes", "resumed"),
    )

    watch: ClassVar[Watch]
    suspicious_bytes: ClassVar[int]
    max_headers: ClassVar[int]

    # None until there is one; uvicorn's annotations do not say so.
    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # as explained above
    scope: HTTPScope | None  # type: ignore[assignment]  # as explained above

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits = self.watch.limits
        self.draining = False
        # ``deaf``: nothing more is read from this client. ``refusal``: the answer that says why,
        # while it has to wait for earlier answers. ``lingering``: it was written.
        self.deaf = False
        self.refusal: bytes | None = None
        self.lingering = False
        self.running: RequestResponseCycle | None = None
        # About the headers being received. The bytes are bounds, because a read may also hold
        # the end of one request and the start of another; ``find_excess`` is exact, but slow.
        self.signs = 0  # 1 for each host, more for anything odd; a good request has exactly 1
        self.problem: Refusal | None = None
        self.read_bytes = 0
        self.bytes_at_most = 0
        self.bytes_at_least = 0
        self.patience = Patience()
        self.body_bytes = 0
        self.resumed = 0

    # Connections

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's signature
        super().connection_made(transport)
        transport.set_write_buffer_limits(WRITE_BUFFER_BYTES)
        address = self.client[0] if self.client else None
        if not self.watch.enter(self, address, self.loop):
            self._refuse(FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        self.watch.leave(self)
        super().connection_lost(exc)  # tells the newest request, which may not be the running one
        if self.running is not None:
            self.running.disconnected = True
            self.running.message_event.set()

    def shutdown(self) -> None:
        """Finish what runs and take no further request.

        An idle connection is closed by the second sweep from now, not at once: a client that keeps
        it busy gets one more answer, with ``connection: close``, instead of a lost request.
        """
        self.draining = True
        self._let_this_be_the_last()

    def _let_this_be_the_last(self) -> None:
        if self.cycle is not None:
            self.cycle.keep_alive = False

    def resume_writing(self) -> None:
        self.resumed += 1
        super().resume_writing()

    # Receiving

    def data_received(self, data: bytes) -> None:
        if self.deaf:
            return
        self.read_bytes = len(data)
        scope, body_bytes = self.scope, self.body_bytes
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # HTTP/1.1 is all we speak: this request is answered, what follows it is not one.
            self.deaf = True
            self._let_this_be_the_last()
            return
        except httptools.HttpParserError as error:
            has_reason = not isinstance(error, httptools.HttpParserCallbackError)
            reason = str(error) if has_reason else None
            self._refuse(self.problem or describe_parser_error(data, reason))
            return
        cycle = self.cycle
        if cycle is None or cycle.scope is not self.scope:
            self._check_unfinished_headers(data, have_just_begun=scope is not self.scope)
        elif cycle.more_body:
            self._check_body_framing(has_body=self.body_bytes != body_bytes)

    def _check_unfinished_headers(self, data: bytes, *, have_just_begun: bool) -> None:
        if self.scope is None:  # nothing but empty lines yet
            return
        self.bytes_at_most += len(data)
        self.bytes_at_least = 0 if have_just_begun else self.bytes_at_least + len(data)
        if self.bytes_at_most > self.suspicious_bytes:
            problem = find_excess(self._head(), self.limits)
            if problem is not None:
                self._refuse(problem)
                return
        if self.url and self.parser.get_http_version() == "0.0" and data.endswith(b"\r\n"):
            self._refuse(WRONG_VERSION)

    def _check_body_framing(self, *, has_body: bool) -> None:
        # There is no callback for chunk extensions and unfinished trailers, and the parser keeps
        # the latter in memory, however long.
        self.bytes_at_least = 0 if has_body else self.bytes_at_least + self.read_bytes
        if self.bytes_at_least > self.limits.max_header_bytes:
            self._refuse(TOO_MUCH_FRAMING)

    def _head(self) -> Head:
        version = self.parser.get_http_version()
        return Head(version, self.url, self.headers, self.bytes_at_least)

    # Parser callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.headers is NO_MORE_HEADERS:
            # A trailer: dropped, or it would become a header after those were checked.
            # Source: RFC 9110, 6.5.1.
            return
        name = name.lower()
        if name in NOTABLE_HEADERS:
            if name == b"host":
                self.signs += 1
            elif name == b"expect":
                self.expect_100_continue = value.lower() == b"100-continue"
            elif value != b"chunked":
                self.signs += 2
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        pipeline = self.pipeline
        if (  # cheap signs of trouble; the looks that cost more come after one of them
            self.signs != 1
            or self.bytes_at_most + self.read_bytes > self.suspicious_bytes
            or len(self.headers) > self.max_headers
            or pipeline
            or self.parser.get_http_version() != "1.1"
        ):
            self.problem = find_problem(self._head(), self.limits)
            if len(pipeline) >= self.limits.max_pipelined:
                self.problem = TOO_MANY_IN_ADVANCE
            if self.problem is not None:
                raise BadInput(self.problem.sentence)  # stops the parser: see ``data_received``
        start_request(self)
        if not pipeline:
            self.running = self.cycle
        if self.draining:
            self._let_this_be_the_last()
        self.headers = NO_MORE_HEADERS
        self.signs = self.bytes_at_most = self.bytes_at_least = 0

    def on_body(self, body: bytes) -> None:
        self.body_bytes += len(body)
        super().on_body(body)

    def on_response_complete(self) -> None:
        """Go on with the next request; as uvicorn's, without its keep-alive timer."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        cycle = self.cycle
        if self.pipeline:
            self.flow.resume_reading()
            self.running, app = self.pipeline.pop()
            self._start_asgi_task(self.running, app)
        elif self.refusal is not None:
            self._write_and_linger(self.refusal)
        elif self.expect_100_continue and cycle is not None and cycle.more_body:
            # Whether the body follows an answer that came first is up to the client, so the next
            # bytes could be either. Source: RFC 9110, 10.1.1.
            self._write_and_linger(b"")
        else:
            self.flow.resume_reading()

    def _should_upgrade(self) -> bool:
        return False

    # Refusing

    def _refuse(self, refusal: Refusal) -> None:
        """Read nothing more, and say why where that cannot be taken for another answer."""
        self.deaf = True
        if refusal not in (FULL, SLOW_BODY, SLOW_HEADERS):
            self.watch.counters.rejected += 1
            LOGGER.debug("A request was rejected: %s", refusal.sentence)
        answer = render_refusal(refusal, self.server_state.default_headers)
        cycle = self.cycle
        is_in_headers = cycle is None or cycle.scope is not self.scope
        if cycle is None or (is_in_headers and cycle.response_complete):
            self._write_and_linger(answer)
        elif cycle.response_complete:  # its body was the problem, but it is answered
            self.transport.close()
        elif is_in_headers or self.pipeline:  # earlier requests are not answered yet
            if not is_in_headers:
                self.pipeline.popleft()
            self.refusal = answer
            self.flow.pause_reading()
        else:
            cycle.disconnected = True
            cycle.message_event.set()
            if cycle.response_started:
                reset(self.transport)
            else:
                self._write_and_linger(answer)

    def _write_and_linger(self, data: bytes) -> None:
        # Closing now would reset the connection while the client still sends, and it would never
        # see the answer. Source: RFC 9112, 9.6.
        self.deaf = self.lingering = True
        self.transport.write(data)
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.flow.resume_reading()

    # Deadlines

    def look(self, now: float) -> None:
        """End this connection if it has been waiting for its client for too long."""
        phase, patience = self._phase(), self.patience
        if patience.is_new(phase, self.cycle):
            patience.begin(phase, self.cycle, now, self._moved_bytes(phase))
        elif patience.is_over(now, self.limits):
            moved_bytes = self._moved_bytes(phase)
            if patience.has_earned_more(moved_bytes, self.limits):
                patience.begin(phase, self.cycle, now, moved_bytes)
            else:
                self._expire(phase)

    def _phase(self) -> Phase:
        if self.transport.is_closing():
            return Phase.CLOSING
        if self.lingering:
            return Phase.LINGER
        if self.flow.write_paused:
            return Phase.READER
        cycle = self.cycle
        if cycle is None or cycle.response_complete:
            return self._phase_between_requests()
        is_owed = cycle.more_body and not cycle.waiting_for_100_continue
        is_listening = not self.deaf and not self.flow.read_paused
        if is_owed and is_listening and cycle.scope is self.scope:
            return Phase.BODY
        return Phase.APPLICATION

    def _phase_between_requests(self) -> Phase:
        if self.scope is not None and (self.cycle is None or self.cycle.scope is not self.scope):
            return Phase.HEADERS
        if self.draining:
            return Phase.LAST_CHANCE
        return Phase.HEADERS if self.scope is None else Phase.NEXT_REQUEST

    def _moved_bytes(self, phase: Phase) -> int:
        if phase is Phase.BODY:
            return self.body_bytes
        if phase in (Phase.READER, Phase.CLOSING):
            # Having been able to write again outweighs whatever was written since.
            return (self.resumed << 64) - bytes_unsent(self.transport)
        return 0

    def _expire(self, phase: Phase) -> None:
        is_over_already = phase is Phase.CLOSING and not bytes_unsent(self.transport)
        if phase not in QUIET and not is_over_already:
            self.watch.counters.timed_out += 1
        if phase in (Phase.READER, Phase.CLOSING):
            reset(self.transport)
        elif phase is Phase.BODY:
            self._refuse(SLOW_BODY)
        elif phase is Phase.HEADERS and self.scope is not None:
            self._refuse(SLOW_HEADERS)
        else:
            self.transport.close()


def make_protocol(limits: LaneLimits, counters: LaneCounters) -> type[HttpToolsProtocol]:
    """Return the class of the connections of one server, for uvicorn's ``http=``.

    ``counters`` is kept up to date by it.  Falls back to uvicorn's own class, with a warning, where
    the installed uvicorn is not the one we know.
    """
    missing = missing_internals()
    if missing:
        LOGGER.warning(
            "The installed uvicorn lacks %s: there are no deadlines for clients, no connection "
            "limits and no reason phrases. Install the version that this program asks for.",
            ", ".join(missing),
        )
        return HttpToolsProtocol

    class Lane(_Lane):
        __slots__ = ()
        watch = Watch(limits, counters)
        suspicious_bytes = limits.suspicious_bytes
        max_headers = limits.max_headers

    return Lane
