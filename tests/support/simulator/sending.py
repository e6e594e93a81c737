"""Put an answer on a connection, as well or as badly as its delivery says."""

import asyncio
import contextlib
import fcntl
import socket
import struct
import termios
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from http import HTTPStatus

from support.simulator.message import Answer, Cut, Delivery
from support.simulator.record import Entry

__all__ = ["Gone", "Line", "Sending"]

_NEVER_A_BODY = (204, 304)
_SMALL_BYTES = 64 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Gone(Exception):
    """The connection is over, because of the client or of a fault."""


class Line(asyncio.StreamReaderProtocol):
    """One connection: a reader, a writer, and a way to know when the client leaves."""

    def __init__(self, number: int) -> None:
        loop = asyncio.get_running_loop()
        self.number = number
        self.reader = asyncio.StreamReader(limit=_SMALL_BYTES, loop=loop)
        super().__init__(self.reader, loop=loop)
        self._writer: asyncio.StreamWriter | None = None
        self.gone: asyncio.Future[None] = loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        super().connection_made(transport)
        if isinstance(transport, asyncio.Transport):
            # Nothing is left in a buffer of ours: what was written was taken by the kernel.
            # With TLS, asyncio takes a full buffer to be one with as many bytes as the limit.
            is_secret = transport.get_extra_info("ssl_object") is not None
            transport.set_write_buffer_limits(high=int(is_secret), low=0)
            self._writer = asyncio.StreamWriter(transport, self, self.reader, self.gone.get_loop())

    def connection_lost(self, error: Exception | None) -> None:
        """Wake whoever waits on this connection."""
        super().connection_lost(error)
        if not self.gone.done():
            self.gone.set_result(None)

    def eof_received(self) -> bool:
        """Hang up as soon as the client does."""
        super().eof_received()
        return False

    async def write(self, data: bytes | memoryview) -> None:
        """Send bytes, and wait until the kernel has taken all of them.

        Raises:
            Gone: the client left.
        """
        if self._writer is None or self._writer.is_closing():
            raise Gone
        self._writer.write(data)
        try:
            await self._writer.drain()
        except ConnectionError as error:
            raise Gone from error

    async def pause(self, seconds: float) -> None:
        """Wait, but not for a client that left."""
        if seconds > 0:
            await asyncio.wait([self.gone], timeout=seconds)
            self._check()

    async def hold(self, ended: Future[None] | None) -> None:
        """Wait until a fault is cleared or the client leaves."""
        loop = asyncio.get_running_loop()
        released = asyncio.Event()

        def release(_: Future[None]) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(released.set)

        if ended is not None:
            ended.add_done_callback(release)
        self.gone.add_done_callback(lambda _: released.set())
        await released.wait()
        self._check()

    async def reset(self) -> None:
        """End the connection with RST, after what was sent has arrived."""
        await self._arrived()
        self.break_off()
        raise Gone

    def break_off(self) -> None:
        """End the connection with RST at once, whatever is on its way."""
        if self._writer is None or self.gone.done():
            return
        with contextlib.suppress(Gone):
            self._socket().setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)
        self._writer.transport.abort()

    def close(self) -> None:
        """End the connection with FIN."""
        if self._writer is not None:
            self._writer.close()

    async def _arrived(self) -> None:
        # RST throws away what is still queued here, so let the client's kernel have it first.
        descriptor = self._socket().fileno()
        for _ in range(2000):
            queued = fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0\0\0\0")
            if struct.unpack("i", queued)[0] == 0:
                return
            await self.pause(0.002)

    def _socket(self) -> socket.socket:
        if self._writer is None or self.gone.done():
            raise Gone
        found: socket.socket | None = self._writer.get_extra_info("socket")
        if found is None:  # TLS: the connection is lost, and `connection_lost` is about to say so
            raise Gone
        return found

    def _check(self) -> None:
        if self.gone.done():
            raise Gone


@dataclass(slots=True)
class Sending:
    """One answer on its way."""

    line: Line
    entry: Entry
    answer: Answer
    held_by: Future[None] | None = None

    async def run(self) -> None:
        """Send the answer.

        Raises:
            Gone: it ended early, and so did the connection.
        """
        delivery = self.answer.delivery
        await self.line.pause(delivery.delay_seconds)
        if delivery.raw is not None:
            await self.line.write(delivery.raw)
            raise Gone
        cut = delivery.cut
        if cut is not None and cut.after_bytes is None:
            await self._end(cut)
        self.entry.status = self.answer.status
        head = self._render_head()
        if self._has_no_body():
            await self.line.write(head)
        else:
            await self._send_body(head, delivery)
        if delivery.spoils_connection:
            raise Gone

    def _has_no_body(self) -> bool:
        return self.entry.request.method == "HEAD" or self.answer.status in _NEVER_A_BODY

    def _render_head(self) -> bytes:
        status, delivery = self.answer.status, self.answer.delivery
        lines = [f"HTTP/1.1 {status} {_reason(status)}"]
        lines += [f"{name}: {value}" for name, value in self.answer.headers.items()]
        size = self.answer.body.size
        if delivery.chunked:
            lines.append("Transfer-Encoding: chunked")
        elif status not in _NEVER_A_BODY:
            stated = delivery.stated_length
            lines.append(f"Content-Length: {size if stated is None else stated}")
        if not self.entry.request.keeps_connection:
            lines.append("Connection: close")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")

    async def _send_body(self, head: bytes, delivery: Delivery) -> None:
        size, cut = self.answer.body.size, delivery.cut
        plain = cut is None and not delivery.chunked and delivery.chunk_bytes is None
        if plain and size <= _SMALL_BYTES:
            body = b"".join(self.answer.body.chunks(0, size))
            await self._write_counted(head + body, size)
            return
        await self.line.write(head)
        first = size if cut is None or cut.after_bytes is None else min(cut.after_bytes, size)
        await self._send_part(0, first)
        if cut is not None and cut.after_bytes is not None:
            await self._end(cut)
            await self._send_part(first, size)
        if delivery.chunked:
            await self.line.write(b"0\r\n\r\n")

    async def _send_part(self, start: int, stop: int) -> None:
        delivery = self.answer.delivery
        for chunk in self._chunks(start, stop):
            await self.line.pause(delivery.chunk_delay_seconds)
            framed = b"%x\r\n%b\r\n" % (len(chunk), bytes(chunk)) if delivery.chunked else chunk
            await self._write_counted(framed, len(chunk))

    async def _write_counted(self, data: bytes | memoryview, body_bytes: int) -> None:
        # Counted first: a client that has the bytes must find them in the record.
        self.entry.sent_bytes += body_bytes
        try:
            await self.line.write(data)
        except Gone:
            self.entry.sent_bytes -= body_bytes
            raise

    def _chunks(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        step = self.answer.delivery.chunk_bytes
        if step is None:
            yield from self.answer.body.chunks(start, stop)
            return
        for at in range(start, stop, step):
            yield b"".join(self.answer.body.chunks(at, min(at + step, stop)))

    async def _end(self, cut: Cut) -> None:
        if cut.how == "stall":
            await self.line.hold(self.held_by)
        elif cut.how == "reset":
            await self.line.reset()
        else:
            raise Gone


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unheard Of"
