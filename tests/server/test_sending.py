"""Validators, ranges and lengths of files; and what happens when their bytes fail."""

from collections.abc import AsyncIterator
from dataclasses import replace

import anyio
import pytest

from server.asgi import Call, FakeBlob
from wheelyard.errors import Corrupt, Unavailable
from wheelyard.server.sending import BlobHeaders, matches, send_blob

pytestmark = pytest.mark.anyio

HEADERS = BlobHeaders(b"application/octet-stream", b"immutable", ((b"x-extra", b"1"),))
CONTENT = b"0123456789"
ETAG = f'"{FakeBlob(CONTENT).sha256}"'


async def test_file_is_sent_whole() -> None:
    """The headers of the room and those of the bytes stand together."""
    call = Call()

    await send_blob(call.exchange, FakeBlob(CONTENT), HEADERS)

    assert (call.status, call.body, call.is_whole) == (200, CONTENT, True)
    assert call.headers == {
        "etag": ETAG,
        "accept-ranges": "bytes",
        "cache-control": "immutable",
        "x-extra": "1",
        "content-type": "application/octet-stream",
        "content-length": "10",
    }


async def test_head_reads_nothing() -> None:
    """The headers of GET, for the price of a look-up."""
    call, whole, blob = Call(method="HEAD"), Call(), FakeBlob(CONTENT)

    await send_blob(call.exchange, blob, HEADERS)
    await send_blob(whole.exchange, FakeBlob(CONTENT), HEADERS)

    assert (call.status, call.headers, call.body) == (200, whole.headers, b"")
    assert blob.reads == []


async def test_empty_file_is_sent_without_being_read() -> None:
    """No bytes are an answer too."""
    call, blob = Call(), FakeBlob(b"")

    await send_blob(call.exchange, blob, HEADERS)

    assert (call.status, call.headers["content-length"], call.is_whole) == (200, "0", True)
    assert blob.reads == []


@pytest.mark.parametrize(
    ("header", "span", "expected"),
    [
        ("bytes=0-0", "0-0", b"0"),
        ("bytes=3-", "3-9", b"3456789"),
        ("bytes=-3", "7-9", b"789"),
        ("bytes=8-99", "8-9", b"89"),
        ("bytes=-99", "0-9", CONTENT),
    ],
)
async def test_range_is_sent_alone(header: str, span: str, expected: bytes) -> None:
    """Exactly the bytes asked for are read, and their place is told."""
    call, blob = Call(fields={"Range": header}), FakeBlob(CONTENT)

    await send_blob(call.exchange, blob, HEADERS)

    assert (call.status, call.body) == (206, expected)
    assert call.headers["content-range"] == f"bytes {span}/10"
    assert call.headers["content-length"] == str(len(expected))
    assert call.headers["etag"] == ETAG
    start, last = span.split("-")
    assert blob.reads == [(int(start), int(last) + 1)]


async def test_range_past_the_end_is_refused_with_the_length() -> None:
    """A client that resumes a finished download learns that it is finished."""
    call = Call(fields={"Range": "bytes=10-"})

    await send_blob(call.exchange, FakeBlob(CONTENT), HEADERS)

    assert call.status == 416
    assert call.headers["content-range"] == "bytes */10"
    assert b"10 bytes" in call.body


@pytest.mark.parametrize(
    "condition",
    ['"other"', f"W/{ETAG}", "Wed, 21 Oct 2026 07:28:00 GMT", "", ETAG.strip('"')],
)
async def test_range_of_something_else_is_sent_whole(condition: str) -> None:
    """What the client holds a part of is not this file, or cannot be told from it."""
    call = Call(fields={"Range": "bytes=3-", "If-Range": condition})

    await send_blob(call.exchange, FakeBlob(CONTENT), HEADERS)

    assert (call.status, call.body) == (200, CONTENT)


async def test_range_of_the_very_file_is_honoured() -> None:
    """A strong tag that matches is what pip resumes with."""
    call = Call(fields={"Range": "bytes=3-", "If-Range": ETAG})

    await send_blob(call.exchange, FakeBlob(CONTENT), HEADERS)

    assert (call.status, call.body) == (206, CONTENT[3:])


async def test_file_that_is_held_already_is_not_sent_again() -> None:
    """A conditional request costs no bytes, whether or not it also has a range."""
    call = Call(fields={"If-None-Match": ETAG, "Range": "bytes=3-"})

    await send_blob(call.exchange, FakeBlob(CONTENT), HEADERS)

    assert (call.status, call.body) == (304, b"")
    assert call.headers["etag"] == ETAG
    assert "content-type" not in call.headers
    assert "content-length" not in call.headers


async def test_unproven_file_gets_a_tag_that_is_never_used_again() -> None:
    """A download that breaks is started over instead of being joined to bytes that were wrong."""
    first, second = Call(), Call(fields={"If-None-Match": "*"})

    await send_blob(first.exchange, FakeBlob(CONTENT, proven=False), HEADERS)
    await send_blob(second.exchange, FakeBlob(CONTENT, proven=False), HEADERS)

    assert first.headers["etag"].startswith('"unproven-')
    assert first.headers["etag"] != second.headers["etag"]


async def test_file_of_unknown_length_is_sent_to_its_end() -> None:
    """Without a length there are no ranges, and the server frames the body in chunks."""
    call = Call(fields={"Range": "bytes=3-"})

    await send_blob(call.exchange, FakeBlob(CONTENT, proven=False, sized=False), HEADERS)

    assert (call.status, call.body, call.is_whole) == (200, CONTENT, True)
    assert "content-length" not in call.headers


async def test_failure_before_the_first_byte_is_still_an_error() -> None:
    """Nothing has gone out, so the client can be told what is wrong."""
    call, blob = Call(), FakeBlob(b"", sized=False, fails=Unavailable("`a.whl`"))

    with pytest.raises(Unavailable):
        await send_blob(call.exchange, blob, HEADERS)

    assert call.messages == []


async def test_failure_after_the_first_byte_leaves_the_answer_unfinished() -> None:
    """The server cuts such an answer off; ended politely it would pass for a whole one."""
    failure = Corrupt("`a.whl`", expected="1", actual="2")
    call = Call()

    with pytest.raises(Corrupt):
        await send_blob(call.exchange, FakeBlob(CONTENT, fails=failure), HEADERS)

    assert (call.status, call.is_whole) == (200, False)


@pytest.mark.parametrize("size", [10, 2 * 1024**2])
async def test_failure_is_the_one_that_happened(size: int) -> None:
    """Long answers are watched by a task of their own, which must not wrap the error."""
    failure = Unavailable("`a.whl`", "the upstream went away")
    blob = FakeBlob(b"." * size, fails=failure, chunk_bytes=65_536)

    with pytest.raises(Unavailable) as caught:
        await send_blob(Call().exchange, blob, HEADERS)

    assert caught.value is failure


async def test_long_answer_stops_when_the_client_is_gone() -> None:
    """Nobody reads a file to the end for a client that has left."""
    call = Call()
    call.left.set()
    blob = _Endless(b"." * 4 * 1024**2)

    with anyio.fail_after(180):
        await send_blob(call.exchange, blob, HEADERS)

    assert not call.is_whole


async def test_part_that_does_not_arrive_in_time_is_an_error_with_a_status() -> None:
    """A client that asks for the middle of a growing file is not left without a word."""
    call = Call(fields={"Range": "bytes=2-3"})
    blob = _Late(b"0123456789", proven=False)

    with pytest.raises(Unavailable, match=r"within 0\.01 s"):
        await send_blob(call.exchange, blob, replace(HEADERS, patience_seconds=0.01))

    assert not call.exchange.started


class _Late(FakeBlob):
    """A blob whose bytes never come."""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Wait for ever."""
        await anyio.sleep_forever()
        yield b""


class _Endless(FakeBlob):
    """A blob that waits for ever after its first bytes."""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield a little, then nothing."""
        yield self.content[:10]
        await anyio.sleep_forever()


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("*", True),
        (" * ", True),
        ('"a"', True),
        ('W/"a"', True),
        ('"b", "a"', True),
        ('"b",W/"a" , "c"', True),
        ('"b"', False),
        ("a", False),
        ("", False),
        ('"A"', False),
    ],
)
async def test_tags_are_compared_weakly(header: str | None, expected: bool) -> None:  # noqa: FBT001 - a case
    """Source: RFC 9110, 13.1.2."""
    assert matches(header, '"a"') is expected
