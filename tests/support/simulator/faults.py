"""What can go wrong with an answer: each fault is a pure function that spoils a healthy one.

Faults that stop half-way (`silent`, `stall_after`) hold the answer until the fault is cleared, and
then let it go on; a test needs no clock for them.
"""

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from support.simulator.contents import State
from support.simulator.message import Answer, Content, Cut, Delivery, Flat, Request, Window

__all__ = [
    "Context",
    "Fault",
    "change_headers",
    "empty_page",
    "garbage",
    "login_page",
    "older_serial",
    "other_bytes",
    "redirect_loop",
    "redirect_to",
    "refuse",
    "reset_after",
    "short_chunked",
    "silent",
    "slow",
    "stall_after",
    "status",
    "truncate",
    "unparsable",
    "wants_credentials",
    "wrong_bytes",
    "wrong_length",
]

_LOGIN_PAGE = b"""<!DOCTYPE html>
<html><head><title>Sign in</title></head><body>
<form action="/login" method="post"><label>User <input name="user"></label>
<label>Password <input name="password" type="password"></label><button>Sign in</button></form>
<a href="/help/forgotten-1.0.tar.gz">Forgotten?</a></body></html>
"""


@dataclass(frozen=True, slots=True)
class Context:
    """What a fault may look at besides the answer itself."""

    request: Request
    answer_from: Callable[[State], Answer]
    """Answer the same request from another state."""
    older_state: Callable[[], State]
    """Return the state before the last change of what is asked for."""
    emptied_state: Callable[[], State]
    """Return the state in which what is asked for has no files."""


Fault = Callable[[Context, Answer], Answer]


# --- the connection -------------------------------------------------------------------------------


def refuse() -> Fault:
    """Reset the connection as soon as the request is read.

    This is as near to a refusal as one path can get; `Simulator.down` refuses for the whole door.
    """
    return _cut(None, "reset")


def silent() -> Fault:
    """Read the request and never answer, until the fault is cleared."""
    return _cut(None, "stall")


def stall_after(body_bytes: int) -> Fault:
    """Send the head and so many bytes, then nothing until the fault is cleared."""
    return _cut(body_bytes, "stall")


def reset_after(body_bytes: int) -> Fault:
    """Send the head and so many bytes, then reset the connection (RST)."""
    return _cut(body_bytes, "reset")


def truncate(body_bytes: int) -> Fault:
    """State the full length, send so many bytes, then close the connection politely."""
    return _cut(body_bytes, "close")


def slow(delay_seconds: float, *, chunk_bytes: int | None = None) -> Fault:
    """Wait before the head, or with `chunk_bytes` before each chunk of that size."""

    def spoil(_: Context, answer: Answer) -> Answer:
        if chunk_bytes is None:
            return _deliver(answer, replace(answer.delivery, delay_seconds=delay_seconds))
        drip = replace(answer.delivery, chunk_bytes=chunk_bytes, chunk_delay_seconds=delay_seconds)
        return _deliver(answer, drip)

    return spoil


def short_chunked(body_bytes: int) -> Fault:
    """Send so many bytes in chunks and end properly, as if that were all."""

    def spoil(_: Context, answer: Answer) -> Answer:
        kept = Window(answer.body, 0, min(body_bytes, answer.body.size))
        return replace(answer, body=kept, delivery=replace(answer.delivery, chunked=True))

    return spoil


def garbage(
    what: Literal["status-line", "two-lengths", "bad-chunk", "endless-head"] = "status-line",
) -> Fault:
    """Send something that is not HTTP, or contradicts itself."""
    texts = {
        "status-line": b"HTTP/9.9 yes indeed\r\n\r\nhello",
        "two-lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 5\r\n\r\nhello",
        "bad-chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n",
        "endless-head": b"HTTP/1.1 200 OK\r\n" + b"X-More: and more\r\n" * 100_000,
    }
    raw = texts[what]
    return lambda _, answer: _deliver(answer, replace(answer.delivery, raw=raw))


# --- the answer -----------------------------------------------------------------------------------


def status(
    code: int,
    *,
    retry_after: int | str | None = None,
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> Fault:
    """Answer with this status; `retry_after` is seconds, or any text to be sent instead."""
    said = {"Content-Type": "text/plain", **(headers or {})}
    if retry_after is not None:
        said["Retry-After"] = str(retry_after)
    return _always(Answer(status=code, headers=said, body=Flat(body)))


def redirect_to(url: str, code: int = 302) -> Fault:
    """Send the client elsewhere."""
    return _always(Answer(status=code, headers={"Location": url}))


def redirect_loop(code: int = 302) -> Fault:
    """Send the client to where it is already."""
    return lambda context, _: Answer(status=code, headers={"Location": context.request.path})


def wants_credentials(user: str, password: str) -> Fault:
    """Answer 401 to whoever does not send these credentials."""
    expected = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"WWW-Authenticate": 'Basic realm="index"', "Content-Type": "text/plain"}

    def spoil(context: Context, answer: Answer) -> Answer:
        if context.request.headers.get("authorization") == expected:
            return answer
        return Answer(status=401, headers=headers, delivery=answer.delivery)

    return spoil


def login_page() -> Fault:
    """Answer 200 with a form to sign in, as a captive portal does."""
    return _always(Answer(headers={"Content-Type": "text/html"}, body=Flat(_LOGIN_PAGE)))


def change_headers(changes: Mapping[str, str | None]) -> Fault:
    """Set headers, or drop those whose value is `None`."""
    return lambda _, answer: answer.with_headers(changes)


# --- the body -------------------------------------------------------------------------------------


def wrong_bytes(at: int | None = None) -> Fault:
    """Flip a bit of one byte of the body, in the middle unless `at` is given."""

    def spoil(_: Context, answer: Answer) -> Answer:
        where = answer.body.size // 2 if at is None else at
        return replace(answer, body=_Flipped(answer.body, where))

    return spoil


def other_bytes(content: bytes) -> Fault:
    """Send this body, its length rightly stated, in place of the true one."""
    return lambda _, answer: replace(answer, body=Flat(content))


def wrong_length(delta: int) -> Fault:
    """State a length that is wrong by `delta`, send everything, then close the connection."""

    def spoil(_: Context, answer: Answer) -> Answer:
        stated = max(0, answer.body.size + delta)
        return _deliver(answer, replace(answer.delivery, stated_length=stated, chunked=False))

    return spoil


def unparsable() -> Fault:
    """Send the first half of the body and call it all, under the right content type."""

    def spoil(_: Context, answer: Answer) -> Answer:
        half = Window(answer.body, 0, answer.body.size // 2)
        return replace(answer.with_headers({"ETag": None}), body=half)

    return spoil


def empty_page() -> Fault:
    """Send the page without any file, otherwise impeccable."""
    return lambda context, _: context.answer_from(context.emptied_state())


def older_serial() -> Fault:
    """Send what was there before the last change, serial and all, as a lagging mirror does."""
    return lambda context, _: context.answer_from(context.older_state())


def _always(fixed: Answer) -> Fault:
    # How the answer goes out stays, so that `slow` and `status` can be set together.
    return lambda _, answer: replace(fixed, delivery=answer.delivery)


def _deliver(answer: Answer, delivery: Delivery) -> Answer:
    return replace(answer, delivery=delivery)


def _cut(after_bytes: int | None, how: Literal["reset", "close", "stall"]) -> Fault:
    cut = Cut(after_bytes, how)
    return lambda _, answer: _deliver(answer, replace(answer.delivery, cut=cut))


@dataclass(frozen=True, slots=True)
class _Flipped:
    """Content of which one bit is not as it was."""

    whole: Content
    at: int

    @property
    def size(self) -> int:
        return self.whole.size

    def chunks(self, start: int, stop: int) -> Iterator[bytes | memoryview]:
        position = start
        for chunk in self.whole.chunks(start, stop):
            if position <= self.at < position + len(chunk):
                spoiled = bytearray(chunk)
                spoiled[self.at - position] ^= 1
                yield bytes(spoiled)
            else:
                yield chunk
            position += len(chunk)
