"""The server of one simulator: connections in, recorded and possibly spoiled answers out."""

import asyncio
import socket
import ssl
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from support.simulator.contents import Contents
from support.simulator.faults import Context
from support.simulator.listener import Listener
from support.simulator.message import Answer, BadRequest, Door, Request, parse_request
from support.simulator.record import Recorder
from support.simulator.routes import Routes, classify
from support.simulator.sending import Gone, Line, Sending
from support.simulator.switches import Faults, spoil

__all__ = ["Server"]


@dataclass(eq=False)
class Server:
    """Everything that runs on the event loop of a simulator."""

    contents: Contents
    routes: Routes
    faults: Faults
    recorder: Recorder
    tls: ssl.SSLContext | None = None
    latency_seconds: float = 0
    mistakes: list[Exception] = field(default_factory=list)
    doors: dict[Door, Listener] = field(default_factory=dict)
    _lines: dict[Line, Door] = field(default_factory=dict)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _connections: int = 0

    def listen(self, door: Door, host: str, port: int) -> Listener:
        """Open a port."""
        listener = Listener(host, port, lambda accepted: self._welcome(accepted, door))
        listener.open()
        self.doors[door] = listener
        return listener

    def hang_up(self, door: Door) -> None:
        """Break every connection that came in through this door."""
        for line in [line for line, entered in self._lines.items() if entered == door]:
            line.break_off()

    async def close(self) -> None:
        """Give back the ports and break every connection."""
        for door, listener in self.doors.items():
            listener.close()
            self.hang_up(door)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _welcome(self, accepted: socket.socket, door: Door) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(accepted, door))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _converse(self, accepted: socket.socket, door: Door) -> None:
        self._connections += 1
        line = Line(self._connections)
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(lambda: line, accepted, ssl=self.tls)
        except OSError:  # a client that does not trust the certificate, or just leaves
            accepted.close()
            return
        self._lines[line] = door
        try:
            while await self._exchange(line, door):
                pass
        except (Gone, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError):
            pass
        finally:
            del self._lines[line]
            line.close()

    async def _exchange(self, line: Line, door: Door) -> bool:
        head = await line.reader.readuntil(b"\r\n\r\n")
        try:
            request = parse_request(head)
        except BadRequest:
            await line.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
            return False
        body = await line.reader.readexactly(int(request.headers.get("content-length", "0")))
        kind = classify(request.path)
        request = replace(request, kind=kind, body=body, door=door, connection=line.number)
        entry = self.recorder.begin(request)
        try:
            await line.pause(self.latency_seconds)
            if self.routes.is_heavy(request):
                answer, held_by = await asyncio.to_thread(self._answer, request)
            else:
                answer, held_by = self._answer(request)
            await Sending(line, entry, answer, held_by).run()
        except BaseException:
            self.recorder.end(entry, finished=False)
            raise
        self.recorder.end(entry, finished=True)
        return request.keeps_connection

    def _answer(self, request: Request) -> tuple[Answer, Future[None] | None]:
        try:
            answer = self.routes.answer(request)
            striking = self.faults.striking(request)
            if not striking:
                return answer, None
            answer, holder = spoil(striking, answer, lambda: self._context(request))
        except Exception as error:
            # A mistake in a test's own fault or predicate has to reach the test.
            self.mistakes.append(error)
            raise Gone from error
        return answer, holder.ended if holder is not None else None

    def _context(self, request: Request) -> Context:
        name = _project_asked_for(request)
        return Context(
            request,
            answer_from=lambda state: self.routes.answer(request, state),
            older_state=lambda: self.contents.before(name),
            emptied_state=lambda: self.contents.without_files(name),
        )


def _project_asked_for(request: Request) -> str | None:
    parts = request.path.split("/")
    return parts[2] if request.kind not in ("root", "other") and len(parts) > 2 else None
