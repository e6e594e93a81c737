"""Brief: the usual question, on a connection that is open already.

Who fills a mirror asks the same place for a million small documents. Most of what a request costs
the HTTP library is made for what is unusual: cookies, redirects, middlewares, a connection to be
made. Here a kept connection is taken out of the library's own pool, asked, and given back; how an
answer is parsed and what ends a connection stay the library's business.

Whatever is unusual is not dealt with here: ``None`` says that the ordinary way is to be taken. That
is so if there is no kept connection, with a proxy, with a redirect, and if a kept connection turns
out to be closed before anything came (RFC 9112, 9.3.1). So connections are made in one place alone,
under all rules of ``connections.py``.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import aiohttp
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http_parser import RawResponseMessage

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Document, Fault, Request
from wheelyard.transport.decoding import BadCodingError, make_decoder
from wheelyard.transport.faults import FAILURES, Attempt, unavailable
from wheelyard.transport.headers import header_table
from wheelyard.transport.pace import Pace, Progress
from wheelyard.transport.sender import BLAMED, SICK, Sender
from wheelyard.transport.urls import DEFAULT_PORTS, Origin, Target

__all__ = ["Brief"]

_REDIRECTS = range(301, 309)
_NOT_MODIFIED = 304
_FIRST_FINAL_STATUS = 200
_NO_CONTENT = 204


@dataclass(frozen=True, slots=True)
class Brief:
    """Asks on the kept connections of ``sender``."""

    sender: Sender

    async def load(
        self, request: Request, target: Target, headers: dict[str, str], limit: int
    ) -> Document | None:
        """Return the whole answer of ``target``, or None if the ordinary way is to be taken.

        Raises:
            Unavailable: as the ordinary way.
        """
        if request.method != "GET" or request.body is not None or request.fresh_connection:
            return None
        if self.sender.rules.proxies.choose(target) is not None:
            return None
        context = await self.sender.context(target, None, own=target.origin == self.sender.origin)
        connection = await self.sender.connections.kept(target.origin, context)
        if connection is None:
            return None
        question = _Question(self.sender, target, connection, limit)
        try:
            return await question.put(_written(target, headers | self._extra(target)))
        finally:
            question.end()

    def _extra(self, target: Target) -> dict[str, str]:
        """Return the fields that depend on where the request goes."""
        return self.sender.extra_headers(target, None, own=target.origin == self.sender.origin)


class _Question:
    """One request on one kept connection, and what becomes of the connection."""

    def __init__(self, sender: Sender, target: Target, connection: Connection, limit: int) -> None:
        self._sender = sender
        self._target = target
        self._connection = connection
        self._limit = limit
        self._progress = Progress(asyncio.timeout(None), Fault.SILENT)
        self._progress.seconds = sender.rules.deadlines.first_byte
        self._is_owed = False

    async def put(self, written: bytes | None) -> Document | None:
        """Ask, and return the answer; None if it is none that is dealt with here."""
        protocol, transport = self._connection.protocol, self._connection.transport
        if written is None or protocol is None or transport is None:
            return None
        deadlines = self._sender.rules.deadlines
        began = asyncio.get_running_loop().time()
        message: RawResponseMessage | None = None
        try:
            async with asyncio.timeout_at(began + deadlines.first_byte) as timeout:
                self._expect(protocol)
                self._is_owed = True
                transport.write(written)
                message, content = await protocol.read()
                if not _is_usual(message):
                    return None
                headers = header_table(message.headers)
                self._refuse_large(headers)
                if not content.is_eof():
                    self._progress.enter_body(deadlines.between_chunks)
                body = await self._read(content, timeout, began + deadlines.total)
                self._is_owed = False
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            if message is None:  # it was closed while it rested
                return None
            raise self._failure(error) from error
        except FAILURES as error:
            raise self._failure(error) from error
        return self._judged(message.code, headers, self._decoded(body, headers))

    def end(self) -> None:
        """Give the connection back, unless an answer is still owed on it.

        Whoever was cancelled, or has seen what is not dealt with here, leaves none: what comes
        later would be taken for the answer to the next question.
        """
        if self._is_owed:
            self._connection.close()
        else:
            self._connection.release()

    def _expect(self, protocol: ResponseHandler) -> None:
        """Have the library parse one answer, within our limits."""
        limits = self._sender.rules.limits
        protocol.set_response_params(
            read_until_eof=True,
            auto_decompress=False,
            max_line_size=limits.header_bytes,
            max_field_size=limits.header_bytes,
            max_headers=limits.headers,
        )

    async def _read(
        self, content: aiohttp.StreamReader, deadline: asyncio.Timeout, over_at: float
    ) -> bytes:
        """Return the body as sent. Most come with their header."""
        pieces: list[bytes] = []
        received = 0
        rules, clock = self._sender.rules, asyncio.get_running_loop().time
        pace = Pace(rules.limits.least_bytes_per_second, rules.deadlines.rate_window)
        while True:
            if not (chunk := content.read_nowait()):
                if content.at_eof():
                    return b"".join(pieces)
                asked = clock()
                deadline.reschedule(min(asked + rules.deadlines.between_chunks, over_at))
                chunk = await content.readany()
                if not pace.add(len(chunk), clock() - asked):
                    least = rules.limits.least_bytes_per_second
                    detail = f"the body arrives at less than {least} bytes/s"
                    raise self._fault(Fault.SLOW, detail)
            received += len(chunk)
            if received > self._limit:
                detail = f"the body is larger than {self._limit} bytes"
                raise self._fault(Fault.TOO_LARGE, detail)
            pieces.append(chunk)

    def _decoded(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        """Return the body with its content coding undone."""
        coding = headers.get("content-encoding")
        if coding is None:
            return body
        pieces: list[bytes] = []
        size = 0
        try:
            decoder = make_decoder(coding)
            for piece in decoder.feed(body):
                pieces.append(piece)
                if (size := size + len(piece)) > self._limit:
                    detail = f"the document is larger than {self._limit} bytes when unpacked"
                    raise self._fault(Fault.TOO_LARGE, detail)
        except BadCodingError as error:
            raise self._fault(Fault.FRAMING, str(error)) from error
        if not decoder.finished():
            raise self._fault(Fault.TRUNCATED, "the content coding ends before its end mark")
        return b"".join(pieces)

    def _judged(self, status: int, headers: dict[str, str], body: bytes) -> Document | None:
        """Return the answer, unless another machine of the same host can give a better one."""
        if status in SICK and "retry-after" not in headers:
            self._sender.blame(self._target, self._peer)
            if self._sender.has_other_address(self._target):
                return None
        else:
            self._sender.praise(self._target, self._peer)
        return Document(status, self._target.url, headers, body)

    def _refuse_large(self, headers: Mapping[str, str]) -> None:
        """Raise if the answer announces more than it may have."""
        announced = headers.get("content-length", "")
        if announced.isdigit() and int(announced) > self._limit:
            detail = f"the body is said to have {announced} bytes, more than {self._limit}"
            raise self._fault(Fault.TOO_LARGE, detail)

    @property
    def _peer(self) -> str:
        """The address at the other end; empty if it is gone already."""
        return self._sender.connections.peer_of(self._connection)

    def _fault(self, fault: Fault, detail: str) -> Unavailable:
        """Return the error for this answer, whose connection is then of no more use."""
        if fault in BLAMED:
            self._sender.blame(self._target, self._peer)
        self._connection.close()
        return unavailable(self._target.url, fault, detail)

    def _failure(self, error: Exception) -> Unavailable:
        """Return what ``error`` means; the connection is then of no more use."""
        self._sender.blame(self._target, self._peer)
        self._connection.close()
        return Attempt(self._target, self._progress).failure(error)


def _is_usual(message: RawResponseMessage) -> bool:
    """Say whether the answer is final, no redirect, and tells where its body ends."""
    if message.code < _FIRST_FINAL_STATUS or message.code in _REDIRECTS:
        return message.code == _NOT_MODIFIED
    is_measured = message.chunked or "Content-Length" in message.headers
    return is_measured or message.code == _NO_CONTENT


def _written(target: Target, headers: Mapping[str, str]) -> bytes | None:
    """Return the request as it is sent; None if it is not plain ASCII."""
    path = f"{target.path}?{target.query}" if target.query else target.path
    lines = [f"GET {path} HTTP/1.1", f"Host: {_host(target.origin)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    text = "\r\n".join(lines)
    if not text.isascii() or text.count("\n") != len(lines) - 1 or " " in path:
        return None
    return f"{text}\r\n\r\n".encode("ascii")


def _host(origin: Origin) -> str:
    """Return the value of ``Host``. Source: RFC 9110, 7.2."""
    host = f"[{origin.host}]" if ":" in origin.host else origin.host
    return host if DEFAULT_PORTS.get(origin.scheme) == origin.port else f"{host}:{origin.port}"
