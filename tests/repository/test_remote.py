"""A file at an upstream: ranges, wholes that come instead, and ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from blobs.fakes import read_all, read_error
from support.fakes import FakeClient
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Refused, Unavailable
from wheelyard.repository.remote import RemoteBlob
from wheelyard.transport import Reply, Request

pytestmark = pytest.mark.anyio

URL = "https://user:secret@files.index.example/flask-1.0.tar.gz?signature=abc"
SHOWN = "`https://files.index.example/flask-1.0.tar.gz?...`"
CONTENT = b"0123456789abcdefghij"
SIZE = len(CONTENT)


def part(start: int, stop: int, size: int | str = SIZE, body: bytes | None = None) -> FakeClient:
    """Return a client whose upstream answers with a part of the file."""
    content = CONTENT[start:stop] if body is None else body
    content_range = f"bytes {start}-{stop - 1}/{size}"
    return FakeClient().answer(URL, content, 206, content_range=content_range)


def whole(content_length: str = str(SIZE), content_encoding: str = "identity") -> FakeClient:
    """Return a client whose upstream answers with all of the file."""
    headers = {"content_length": content_length, "content_encoding": content_encoding}
    return FakeClient().answer(URL, CONTENT, 200, **headers)


def remote(client: FakeClient) -> RemoteBlob:
    """Return the file behind ``client``."""
    return RemoteBlob(client, URL, FrozenClock())


async def test_whole_file_is_asked_for_without_a_range() -> None:
    """The usual download; its length is known from then on."""
    client = whole()
    blob = remote(client)

    assert await read_all(blob) == CONTENT
    assert (client.asked[0].url, client.asked[0].start, client.asked[0].stop) == (URL, 0, None)
    assert blob.size == SIZE


async def test_nothing_is_asked_before_somebody_reads() -> None:
    """A blob of an upstream is a promise, not a connection."""
    client = whole()

    blob = remote(client)

    assert client.asked == []
    assert (blob.size, blob.sha256) == (None, None)


async def test_rest_of_a_file_is_asked_for_as_a_range() -> None:
    """What broke off goes on where it stopped; the length is that of the whole."""
    client = part(12, SIZE)
    blob = remote(client)

    assert await read_all(blob, 12) == CONTENT[12:]
    assert (client.asked[0].start, client.asked[0].stop) == (12, None)
    assert blob.size == SIZE


async def test_range_is_asked_for_with_both_ends() -> None:
    """A reader of one member costs one member."""
    client = part(3, 9)

    assert await read_all(remote(client), 3, 9) == CONTENT[3:9]
    assert (client.asked[0].start, client.asked[0].stop) == (3, 9)


@pytest.mark.parametrize("chunk_bytes", [1, 4, 7, 100])
@pytest.mark.parametrize(
    ("start", "stop"), [(0, None), (6, None), (8, 16), (0, 5), (3, 4), (19, 20), (0, 20), (5, 99)]
)
async def test_whole_in_answer_to_a_range_is_cut_to_it(
    start: int, stop: int | None, chunk_bytes: int
) -> None:
    """A server may ignore a range; readers do not notice. Source: RFC 9110, 14.2."""
    client = whole()
    client.chunk_bytes = chunk_bytes

    assert await read_all(remote(client), start, stop) == CONTENT[start:stop]


@pytest.mark.parametrize("client", [whole(), part(3, SIZE)], ids=["whole", "part"])
async def test_more_than_was_asked_for_is_not_passed_on(client: FakeClient) -> None:
    """A reader of a range gets that range, and the connection is let go at its end."""
    assert await read_all(remote(client), 3, 9) == CONTENT[3:9]
    assert client.open_replies == 0


async def test_no_empty_chunk_is_passed_on() -> None:
    """An empty chunk would look like an end to whoever counts by chunks."""
    chunks = [chunk async for chunk in remote(whole()).read(10, 13)]

    assert all(chunks)
    assert b"".join(chunks) == CONTENT[10:13]


@pytest.mark.parametrize(
    "content_range",
    [
        "",
        "bytes 0-19/20",
        "bytes 11-19/20",
        "bytes 13-19/20",
        "bytes */20",
        "bytes 12-30/20",
        "items 12-19/20",
    ],
)
async def test_part_that_begins_elsewhere_is_unavailable(content_range: str) -> None:
    """Bytes that belong elsewhere are never put where somebody waits for others."""
    client = FakeClient().answer(URL, CONTENT[12:], 206, content_range=content_range)

    with pytest.raises(Unavailable, match="another range"):
        await read_all(remote(client), 12)


async def test_part_without_the_length_of_the_whole_leaves_it_unknown() -> None:
    """A star says that nobody knows; then nobody is told a length."""
    blob = remote(part(12, SIZE, "*"))

    assert await read_all(blob, 12) == CONTENT[12:]
    assert blob.size is None


@pytest.mark.parametrize("length", ["", "-1", "many", "1e3", "٣"])
async def test_length_that_is_no_number_is_unknown(length: str) -> None:
    """A header is the word of a stranger."""
    blob = remote(whole(content_length=length))

    await read_all(blob)

    assert blob.size is None


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
async def test_coded_file_is_unavailable(coding: str) -> None:
    """A digest is of the file as it is; what a proxy made of it proves nothing."""
    client = whole(content_encoding=coding)

    with pytest.raises(Unavailable, match="compressed"):
        await read_all(remote(client))


async def test_truncated_body_raises_after_what_came() -> None:
    """A short file never ends as if it were whole."""
    client = whole()
    client.breaks_after = 8

    got, error = await read_error(remote(client))

    assert (got, error) == (CONTENT[:8], "Unavailable")
    assert client.open_replies == 0


@pytest.mark.parametrize("status", [404, 410])
async def test_file_that_is_not_there_is_absent(status: int) -> None:
    """The upstream says so with certainty."""
    client = FakeClient().answer(URL, b"no such file", status)

    with pytest.raises(Absent) as caught:
        await read_all(remote(client))

    assert caught.value.what == SHOWN


@pytest.mark.parametrize("status", [204, 301, 304, 401, 403, 416, 429, 500, 503])
async def test_status_that_is_no_answer_is_unavailable(status: int) -> None:
    """Nobody is told that a file does not exist because somebody could not give it."""
    client = FakeClient().answer(URL, b"<html>", status, retry_after="7")

    with pytest.raises(Unavailable) as caught:
        await read_all(remote(client))

    assert str(status) in caught.value.reason
    assert caught.value.what == SHOWN
    assert caught.value.retry_seconds == (None if status == 304 else 7)
    assert caught.value.failing == {429: "door"}.get(status, "thing" if status >= 500 else "")


async def test_tail_is_asked_for_as_a_suffix() -> None:
    """The end of a file is had in one request, before anybody knows its length."""
    client = part(14, SIZE)
    blob = remote(client)

    assert await blob.read_tail(6) == CONTENT[14:]
    assert client.asked[0].suffix_bytes == 6
    assert blob.size == SIZE


@pytest.mark.parametrize("byte_count", [SIZE, 100])
@pytest.mark.parametrize("client", [whole(), part(0, SIZE)], ids=["whole", "part"])
async def test_tail_of_a_shorter_file_is_all_of_it(client: FakeClient, byte_count: int) -> None:
    """A suffix longer than the file is the file. Source: RFC 9110, 14.1.2."""
    blob = remote(client)

    assert await blob.read_tail(byte_count) == CONTENT
    assert blob.size == SIZE


@pytest.mark.parametrize("length", [str(SIZE), ""], ids=["long", "unknown"])
async def test_tail_is_unavailable_where_only_the_whole_is_given(length: str) -> None:
    """A large wheel is not downloaded for its last bytes."""
    client = whole(length)

    with pytest.raises(Unavailable, match="does not answer ranges"):
        await remote(client).read_tail(6)


@pytest.mark.parametrize(
    "client",
    [
        pytest.param(part(0, 6), id="beginning"),
        pytest.param(part(13, 19), id="not-the-end"),
        pytest.param(part(4, SIZE), id="more"),
        pytest.param(part(14, SIZE, body=CONTENT), id="more-than-it-says"),
        pytest.param(FakeClient().answer(URL, CONTENT[14:], 206), id="unsaid"),
    ],
)
async def test_part_that_is_not_the_tail_is_unavailable(client: FakeClient) -> None:
    """Bytes are taken for the end of a file only if they are, and only as many as were wanted."""
    with pytest.raises(Unavailable, match="another range"):
        await remote(client).read_tail(6)


async def test_coded_tail_is_unavailable() -> None:
    """As with the whole."""
    client = FakeClient().answer(
        URL, CONTENT[14:], 206, content_range="bytes 14-19/20", content_encoding="gzip"
    )

    with pytest.raises(Unavailable, match="compressed"):
        await remote(client).read_tail(6)


@pytest.mark.parametrize("content_type", ["text/html", "text/html; charset=utf-8"])
async def test_page_in_place_of_a_file_that_nothing_proves_is_unavailable(
    content_type: str,
) -> None:
    """Without a digest a portal's form would be recorded as the file, for ever."""
    client = FakeClient().answer(URL, b"<form>", content_type=content_type)
    blob = RemoteBlob(client, URL, FrozenClock(), is_unstated=True)

    with pytest.raises(Unavailable, match="page instead of the file"):
        await read_all(blob)


@pytest.mark.parametrize(
    ("content_type", "is_unstated"),
    [("text/html", False), ("application/gzip", True), ("", True)],
)
async def test_type_of_a_file_says_nothing_else(content_type: str, *, is_unstated: bool) -> None:
    """Object stores lose types; a digest knows better, and other types may be anything."""
    client = FakeClient().answer(URL, CONTENT, content_type=content_type)

    assert (
        await read_all(RemoteBlob(client, URL, FrozenClock(), is_unstated=is_unstated)) == CONTENT
    )


async def test_sentences_hide_secrets() -> None:
    """Neither password nor signature of a URL is shown to anybody."""
    with pytest.raises(Absent) as caught:
        await read_all(remote(FakeClient()))

    assert "secret" not in str(caught.value)
    assert "abc" not in str(caught.value)


class Refusing(FakeClient):
    """A client that may not go where it is sent."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Reply]:
        """Refuse."""
        raise Refused(self.what, "it is plain http on another host")
        yield  # what makes this a generator


async def test_redirect_to_a_place_that_is_not_admitted_is_unavailable() -> None:
    """F16: a portal is no policy of ours, and the file is where it was."""
    with pytest.raises(Unavailable, match="the upstream redirects: "):
        await read_all(remote(Refusing("`http://portal.example/`")))


@pytest.mark.parametrize("what", [SHOWN, "Host `files.index.example`"])
async def test_place_that_is_not_admitted_is_refused(what: str) -> None:
    """Files may not come from everywhere, and whoever runs the server is told."""
    with pytest.raises(Refused):
        await read_all(remote(Refusing(what)))
