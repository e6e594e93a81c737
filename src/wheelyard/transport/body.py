"""Bodies read with a limit, a least rate and a deadline between chunks."""

import asyncio
from collections.abc import AsyncIterator

from wheelyard.errors import Unavailable
from wheelyard.transport.base import Fault
from wheelyard.transport.decoding import BadCodingError, make_decoder
from wheelyard.transport.faults import FAILURES
from wheelyard.transport.pace import Pace
from wheelyard.transport.rules import ClientRules
from wheelyard.transport.sender import Answer

__all__ = ["Body", "read_document"]

PAUSE_BYTES = 1024 * 1024


class Body(AsyncIterator[bytes]):
    """The chunks of one answer, as sent, up to ``limit`` bytes in all."""

    def __init__(self, answer: Answer, rules: ClientRules, limit: int) -> None:
        self._answer = answer
        self._gap_seconds = rules.deadlines.between_chunks
        self._pace = Pace(rules.limits.least_bytes_per_second, rules.deadlines.rate_window)
        self._limit = limit
        self._received = 0

    def __aiter__(self) -> "Body":
        return self

    async def __anext__(self) -> bytes:
        """Return the next chunk.

        Raises:
            Unavailable: the body stalled, is too slow, too large, cut, or badly framed.
        """
        clock = asyncio.get_running_loop().time
        started = clock()
        chunk = await self._read()
        if not chunk:
            if self._answer.line.ended_by_cut():
                raise self.failure(Fault.RESET, "the connection was reset within the body")
            raise StopAsyncIteration
        self._received += len(chunk)
        if self._received > self._limit:
            raise self.failure(Fault.TOO_LARGE, f"the body is larger than {self._limit} bytes")
        if not self._pace.add(len(chunk), clock() - started):
            least = self._pace.least_bytes_per_second
            raise self.failure(Fault.SLOW, f"the body arrives at less than {least} bytes/s")
        return chunk

    def failure(self, fault: Fault, detail: str) -> Unavailable:
        """Return the error for this answer, whose connection is then of no more use."""
        return self._answer.failure(fault, detail)

    async def _read(self) -> bytes:
        """Return what is there, after waiting for something; nothing at the end."""
        content = self._answer.response.content
        try:
            chunk = content.read_nowait()
            if chunk or content.at_eof():
                return chunk
            async with asyncio.timeout(self._gap_seconds):
                return await content.readany()
        except FAILURES as error:
            self._answer.blame()
            attempt, cut = self._answer.attempt, self._answer.line.was_cut()
            self._answer.close()
            raise attempt.failure(error, cut=cut) from error


async def read_document(body: Body, content_encoding: str | None, limit: int) -> bytes:
    """Return the whole body, its content coding undone, if it is at most ``limit`` bytes.

    Raises:
        Unavailable: as reading a chunk; or the coding is broken, unasked for, or a bomb.
    """
    pieces: list[bytes] = []
    size, pause_at = 0, PAUSE_BYTES
    try:
        decoder = make_decoder(content_encoding)
        async for chunk in body:
            for piece in decoder.feed(chunk):
                size += len(piece)
                if size > limit:
                    detail = f"the document is larger than {limit} bytes when unpacked"
                    raise body.failure(Fault.TOO_LARGE, detail)
                pieces.append(piece)
                if size >= pause_at:
                    # Few bytes may unpack for long; others go on meanwhile.
                    pause_at = size + PAUSE_BYTES
                    await asyncio.sleep(0)
    except BadCodingError as error:
        raise body.failure(Fault.FRAMING, str(error)) from error
    if not decoder.finished():
        raise body.failure(Fault.TRUNCATED, "the content coding ends before its end mark")
    return b"".join(pieces)
