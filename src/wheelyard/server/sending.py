"""Sending bytes: validators, ranges, and bodies that are still arriving.

A proven file's ETag is its digest. What is not proven yet goes out under an ETag that is never
used again, so that a client which resumes starts over instead of appending to bytes that may
have been wrong.
Source: RFC 9110, 8.8, 13 and 14.
"""

import math
import secrets
from dataclasses import dataclass

import anyio

from wheelyard.blobs import Blob, reading
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.server.exchange import Exchange, Header
from wheelyard.server.problems import range_not_satisfiable
from wheelyard.wire.ranges import Range, Unsatisfiable, parse_range

__all__ = ["BlobHeaders", "matches", "send_blob"]

_WATCH_BYTES = 1024**2
"""Answers longer than this stop when the client is gone; shorter ones cost less than the watch."""


@dataclass(frozen=True, slots=True)
class BlobHeaders:
    """The headers of a file, apart from those that follow from its bytes."""

    content_type: bytes
    cache_control: bytes
    extra: tuple[Header, ...] = ()
    patience_seconds: float = math.inf
    """How long the first byte of what is asked for may take: later, a client has given up."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """A status with its headers, and the part of the blob that goes with it."""

    status: int
    headers: list[Header]
    start: int
    stop: int | None
    patience_seconds: float


def matches(header: str | None, etag: str) -> bool:
    """Say whether an ``If-None-Match`` names ``etag``. Weak comparison: RFC 9110, 13.1.2."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in {tag.strip().removeprefix("W/") for tag in header.split(",")}


async def send_blob(exchange: Exchange, blob: Blob, headers: BlobHeaders) -> bool:
    """Answer with ``blob``, a part of it, or the news that the client has it already.

    Return whether a download of it began with this answer: it was all of it, or the part that
    begins it. A single byte is a question whether parts can be had.

    Raises:
        Unavailable: what is asked for does not arrive in time; a status can still be sent.
    """
    etag = f'"{blob.sha256}"' if blob.sha256 else f'"unproven-{secrets.token_hex(8)}"'
    common = [
        (b"etag", etag.encode()),
        (b"accept-ranges", b"bytes"),
        (b"cache-control", headers.cache_control),
        *headers.extra,
    ]
    if matches(exchange.header(b"if-none-match"), etag):
        await exchange.answer(304, common)
        return False
    common.append((b"content-type", headers.content_type))
    wanted = _wanted_range(exchange, blob.size, etag)
    if isinstance(wanted, Unsatisfiable):
        await exchange.problem(range_not_satisfiable(blob.size or 0))
        return False
    start, stop = (wanted.start, wanted.stop) if wanted else (0, blob.size)
    if stop is not None:
        common.append((b"content-length", b"%d" % (stop - start)))
    if wanted is not None:
        common.append((b"content-range", wanted.content_range(blob.size or 0).encode()))
    status = 206 if wanted else 200
    await _send_body(exchange, blob, _Answer(status, common, start, stop, headers.patience_seconds))
    is_probe = wanted is not None and stop == 1
    return start == 0 and not is_probe and not exchange.is_head


def _wanted_range(exchange: Exchange, size: int | None, etag: str) -> Range | Unsatisfiable | None:
    """Return the part that is asked for; None for the whole."""
    header = exchange.header(b"range")
    # A range has a meaning for GET only: RFC 9110, 14.2.
    if header is None or size is None or exchange.is_head:
        return None
    condition = exchange.header(b"if-range")
    # A date never matches: files have no date, and a weak validator may not be used here.
    if condition is not None and condition.strip() != etag:
        return None
    return parse_range(header, size)


async def _send_body(exchange: Exchange, blob: Blob, answer: _Answer) -> None:
    """Send status, headers and body."""
    start, stop = answer.start, answer.stop
    if exchange.is_head or start == stop:
        await exchange.answer(answer.status, answer.headers)
    elif stop is not None and stop - start <= _WATCH_BYTES:
        await _stream(exchange, blob, answer)
    else:
        await _stream_while_connected(exchange, blob, answer)


async def _stream(exchange: Exchange, blob: Blob, answer: _Answer) -> None:
    """Send the bytes as they come; the head goes with the first of them."""
    async with reading(blob, answer.start, answer.stop) as chunks:
        with anyio.move_on_after(answer.patience_seconds) as waiting:
            async for chunk in chunks:
                if not exchange.started:
                    waiting.deadline = math.inf
                    await exchange.start(answer.status, answer.headers)
                await exchange.write(chunk, more=True)
    if waiting.cancelled_caught:
        reason = f"it did not begin to arrive within {answer.patience_seconds:g} s"
        raise Unavailable("What was asked for", reason)
    if not exchange.started:
        await exchange.start(answer.status, answer.headers)
    await exchange.write(b"")


async def _stream_while_connected(exchange: Exchange, blob: Blob, answer: _Answer) -> None:
    """Send the bytes until the client leaves. ASGI does not tell a sender; it must be asked."""
    failure: WheelyardError | None = None
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            while (await exchange.receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        try:
            await _stream(exchange, blob, answer)
        except WheelyardError as error:
            # Carried out by hand: a task group would wrap it.
            failure = error
        tasks.cancel_scope.cancel()
    if failure is not None:
        raise failure
