"""One request under the rules of its upstream: answers, redirects, limits."""

import asyncio
import gzip

import pytest

from transport.raw_server import OK, End, RawServer, answer, redirect
from wheelyard import __version__
from wheelyard.errors import ConfigError, Refused, Unavailable
from wheelyard.transport import (
    ClientRules,
    Deadlines,
    Fault,
    HttpClient,
    Limits,
    Request,
    fault_of,
)

pytestmark = pytest.mark.anyio

HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
MEBIBYTE = 1024 * 1024


async def test_load_returns_status_headers_and_unpacked_body() -> None:
    """The caller sees a page, whatever way it came."""
    body = gzip.compress(b"<html>")
    async with (
        RawServer.saying(answer(body, "Content-Encoding: gzip", 'ETag: "a"')) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        document = await client.load(Request(f"{server.url}simple/a/#fragment"))

    assert document.status == 200
    assert document.url == f"{server.url}simple/a/"
    assert document.headers["etag"] == '"a"'
    assert document.body == b"<html>"


async def test_request_line_and_fields_are_ours_alone() -> None:
    """Nothing but what the rules and the request say goes out."""
    async with RawServer.saying(OK) as server:
        rules = ClientRules(server.url, contact="https://ops.example", via="1.1 wy-4711")
        async with HttpClient(rules) as client:
            await client.load(Request(f"{server.url}a%2Fb?c=d%20e", accept="text/html"))

    assert server.requests[0] == (
        "GET /a%2Fb?c=d%20e HTTP/1.1\r\n"
        f"Host: 127.0.0.1:{server.port}\r\n"
        "Accept: text/html\r\n"
        "Accept-Encoding: gzip, deflate\r\n"
        f"User-Agent: wheelyard/{__version__} (+https://ops.example)\r\n"
        "Via: 1.1 wy-4711\r\n"
        "\r\n"
    )


async def test_open_yields_the_bytes_as_sent() -> None:
    """A file is never unpacked, and never asked for packed."""
    body = gzip.compress(b"a file that is a gzip itself")
    async with (
        RawServer.saying(answer(body, "Content-Encoding: gzip")) as server,
        HttpClient(ClientRules(server.url)) as client,
        client.open(Request(server.url)) as reply,
    ):
        received = b"".join([chunk async for chunk in reply.chunks])

    assert received == body
    assert reply.status == 200
    assert server.header("Accept-Encoding") == "identity"


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (Request("", start=2), "bytes=2-"),
        (Request("", start=2, stop=4), "bytes=2-3"),
        (Request("", suffix_bytes=7), "bytes=-7"),
    ],
)
async def test_part_is_asked_for_unpacked(request_: Request, field: str) -> None:
    """A range of a packed body could not be unpacked."""
    async with (
        RawServer.saying(answer(b"ok", status="206 Partial Content")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        fields = {name: getattr(request_, name) for name in ("start", "stop", "suffix_bytes")}
        document = await client.load(Request(server.url, **fields))

    assert document.status == 206
    assert server.header("Range") == field
    assert server.header("Accept-Encoding") == "identity"


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone", "429 Slow", "503 Sorry", "418 ?"])
async def test_status_is_an_answer(status: str) -> None:
    """What a status means is decided elsewhere."""
    async with (
        RawServer.saying(answer(b"why", status=status)) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        document = await client.load(Request(server.url))

    assert str(document.status) == status[:3]
    assert document.body == b"why"


async def test_conditional_request_may_be_answered_without_a_body() -> None:
    """304 has a length and no bytes."""
    not_modified = b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 99\r\n\r\n'
    async with (
        RawServer.saying(not_modified) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        document = await client.load(Request(server.url, etag='"a"'))

    assert (document.status, document.body) == (304, b"")
    assert server.header("If-None-Match") == '"a"'


async def test_head_has_headers_and_no_body() -> None:
    """The length may be that of something larger than the limit: nothing of it comes."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\nContent-Encoding: gzip\r\n\r\n"
    async with RawServer.saying(head) as server, HttpClient(ClientRules(server.url)) as client:
        document = await client.load(Request(server.url, method="HEAD", max_bytes=10))

    assert document.headers["content-length"] == "999"
    assert document.body == b""
    assert server.requests[0].startswith("HEAD / ")


async def test_connection_is_used_again() -> None:
    """A second page costs no second handshake."""
    async with RawServer.saying(OK) as server, HttpClient(ClientRules(server.url)) as client:
        for _ in range(3):
            await client.load(Request(server.url))

    assert server.connections == 1


async def test_fresh_connection_is_a_new_one_past_the_caches() -> None:
    """A second opinion does not come over the line of the first."""
    async with RawServer.saying(OK) as server, HttpClient(ClientRules(server.url)) as client:
        await client.load(Request(server.url))
        for _ in range(2):
            await client.load(Request(server.url, fresh_connection=True))

    assert server.connections == 3
    assert server.header("Cache-Control") == "no-cache"


async def test_body_that_was_not_read_leaves_no_trace_on_the_next_answer() -> None:
    """Whoever loses interest in a file does not spoil the page after it."""
    async with (
        RawServer.saying(answer(bytes(MEBIBYTE)), OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        async with client.open(Request(server.url)) as reply:
            await anext(aiter(reply.chunks))
        document = await client.load(Request(server.url))

    assert document.body == b"ok"


async def test_error_of_the_reader_passes_unchanged() -> None:
    """What goes wrong with the caller's own work is not an outage."""
    async with RawServer.saying(OK) as server, HttpClient(ClientRules(server.url)) as client:
        with pytest.raises(ZeroDivisionError):
            async with client.open(Request(server.url)):
                raise ZeroDivisionError


async def test_cookies_are_not_kept() -> None:
    """An upstream does not follow us around."""
    async with (
        RawServer.saying(answer(b"", "Set-Cookie: track=me; Path=/"), OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        document = await client.load(Request(server.url))
        await client.load(Request(server.url))

    assert server.header("Cookie") is None
    assert "set-cookie" not in document.headers


async def test_redirect_is_followed_and_the_last_url_told() -> None:
    """Relative links are resolved against where the page really was."""
    async with (
        RawServer.saying(redirect("/b/"), redirect("c?d=e", "301 Moved"), OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        document = await client.load(Request(f"{server.url}a"))

    assert document.url == f"{server.url}b/c?d=e"
    assert document.body == b"ok"


async def test_redirect_keeps_method_range_and_conditions() -> None:
    """The question is the same at the new place."""
    async with (
        RawServer.saying(redirect("/b"), answer(b"", status="206 Partial Content")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        request = Request(server.url, method="HEAD", start=3, etag='"a"', if_range='"a"')
        await client.load(request)

    first, second = (text.split("\r\n", 1) for text in server.requests)
    assert second[0] == "HEAD /b HTTP/1.1"
    assert second[1] == first[1]


async def test_redirect_without_location_is_an_answer() -> None:
    """There is nowhere to go."""
    async with (
        RawServer.saying(answer(b"", status="302 Found")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        document = await client.load(Request(server.url))

    assert document.status == 302


@pytest.mark.parametrize(
    "locations", [["/"], ["/b", "/"], ["/b", "/b"], ["/1", "/2", "/3", "/4", "/5"]]
)
async def test_redirect_in_a_circle_or_too_often_is_unavailable(locations: list[str]) -> None:
    """F15: at most three hops, and never the same place twice."""
    async with (
        RawServer.saying(*(redirect(location) for location in locations), OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        with pytest.raises(Unavailable) as caught:
            await client.load(Request(server.url))

    assert fault_of(caught.value) is Fault.REDIRECT_LOOP
    assert len(server.requests) <= 4


@pytest.mark.parametrize(
    "location",
    [
        "http://10.0.0.1/",
        "http://169.254.169.254/latest/meta-data/",
        "http://2130706433/",
        "http://files.internal/",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http://[::1",
        "http://user@10.0.0.1/",
    ],
)
async def test_redirect_into_the_network_is_refused(location: str) -> None:
    """T28: each hop is judged like the first."""
    async with (
        RawServer.saying(redirect(location)) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        with pytest.raises(Refused):
            await client.load(Request(server.url))

    assert len(server.requests) == 1


async def test_list_of_hosts_opens_a_second_host() -> None:
    """What the operator wrote down may be asked, and nothing beside it."""
    async with RawServer.saying(OK) as files, RawServer.saying(OK) as other:
        rules = ClientRules(
            "https://index.example/", allow_hosts=(f"http://127.0.0.1:{files.port}",)
        )
        async with HttpClient(rules) as client:
            document = await client.load(Request(files.url))
            with pytest.raises(Refused):
                await client.load(Request(other.url))

    assert document.status == 200
    assert other.connections == 0


async def test_upstream_that_is_no_url_is_a_configuration_error() -> None:
    """The message names the setting and hides the password."""
    with pytest.raises(ConfigError, match=r"`\[upstream.main\] urls` has") as caught:
        HttpClient(ClientRules("ftp://user:word-0815@index.example/", name="main"))

    assert "0815" not in str(caught.value)


async def test_client_outside_of_its_context_is_a_mistake() -> None:
    """Nothing is opened that nobody closes."""
    with pytest.raises(RuntimeError, match="outside"):
        await HttpClient(ClientRules("https://index.example/")).load(
            Request("https://index.example/")
        )


async def test_slow_files_do_not_keep_pages_waiting() -> None:
    """Documents have connections of their own."""
    async with RawServer.saying([HALF, End.SILENCE], OK) as server:
        rules = ClientRules(server.url, limits=Limits(file_connections=1, document_connections=1))
        async with HttpClient(rules) as client, client.open(Request(server.url)):
            document = await client.load(Request(server.url))

    assert document.body == b"ok"


async def test_too_many_files_at_once_are_told_from_an_outage() -> None:
    """A limit of ours is not held against the upstream."""
    async with RawServer.saying([HALF, End.SILENCE]) as server:
        rules = ClientRules(
            server.url, limits=Limits(file_connections=1), deadlines=Deadlines(queue=0.01)
        )
        async with HttpClient(rules) as client, client.open(Request(server.url)):
            with pytest.raises(Unavailable) as caught:
                async with client.open(Request(server.url)):
                    pytest.fail("there is no slot")

    assert fault_of(caught.value) is Fault.BUSY


async def test_slot_is_free_again_after_failures() -> None:
    """A failure takes nothing with it."""
    async with RawServer.saying([End.RESET], [End.RESET], [End.RESET], OK) as server:
        rules = ClientRules(server.url, limits=Limits(document_connections=1))
        async with HttpClient(rules) as client:
            for _ in range(3):
                with pytest.raises(Unavailable):
                    await client.load(Request(server.url))
            document = await client.load(Request(server.url))

    assert document.body == b"ok"


async def test_cancelled_request_gives_everything_back() -> None:
    """A caller who leaves frees the slot and the connection."""
    async with RawServer.saying([End.SILENCE], OK) as server:
        rules = ClientRules(server.url, limits=Limits(document_connections=1))
        async with HttpClient(rules) as client:
            leaving = asyncio.create_task(client.load(Request(server.url)))
            await server.asked.wait()
            leaving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await leaving
            document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert server.connections == 2
