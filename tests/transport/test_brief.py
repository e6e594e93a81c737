"""Questions on kept connections: the same answers as any other way, and what is unusual goes it."""

import asyncio
import gzip

import anyio
import pytest

from transport.raw_server import OK, End, RawServer, Step, answer, redirect
from wheelyard.errors import Refused, Unavailable
from wheelyard.settings import Secret
from wheelyard.transport import (
    ClientRules,
    Credentials,
    Deadlines,
    Document,
    Fault,
    HttpClient,
    Limits,
    Request,
    fault_of,
)

pytestmark = pytest.mark.anyio

GZIPPED = gzip.compress(b"page" * 500)
SHORT = gzip.compress(b"page" * 100)[:-4]
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"


async def second(
    *scripts: tuple[Step, ...] | bytes, limits: Limits | None = None, deadline: float = 5.0
) -> tuple[Document, RawServer]:
    """Return the answer to the second question, which goes over the connection of the first."""
    rules = Deadlines(first_byte=deadline, between_chunks=deadline)
    async with RawServer.saying(OK, *scripts) as server:
        settings = ClientRules(server.url, deadlines=rules, limits=limits or Limits())
        async with HttpClient(settings) as client:
            await client.load(Request(server.url))
            return await client.load(Request(f"{server.url}second")), server


@pytest.mark.parametrize(
    ("script", "body"),
    [
        (answer(b"page", "X-Page: 1"), b"page"),
        (CHUNKED, b"ok"),
        (answer(GZIPPED, "Content-Encoding: gzip"), b"page" * 500),
        (answer(b""), b""),
        (answer(b"x" * 300_000), b"x" * 300_000),
    ],
    ids=["plain", "chunked", "coded", "empty", "long"],
)
async def test_answer_is_read_whole(script: bytes, body: bytes) -> None:
    """However it is framed, and on the connection that was there."""
    document, server = await second(script)

    assert (document.status, document.body) == (200, body)
    assert document.url == f"{server.url}second"
    assert server.connections == 1


@pytest.mark.parametrize("status", [304, 404, 429, 500, 503])
async def test_status_is_an_answer(status: int) -> None:
    """Whatever it is; who asked decides what it means."""
    script = answer(b"" if status == 304 else b"why", status=f"{status} Said")
    if status == 304:
        script = b"HTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n"
    document, server = await second(script)

    assert document.status == status
    assert server.connections == 1


async def test_request_says_the_same_as_any_other() -> None:
    """Who we are, for whom, and on which condition."""
    async with (
        RawServer.saying(OK) as server,
        HttpClient(
            ClientRules(
                server.url, credentials=Credentials("user", Secret("word")), via="1.1 somebody"
            )
        ) as client,
    ):
        for _ in range(2):
            await client.load(Request(f"{server.url}a/b?c=d", "text/html", etag='"x"'))

    first, again = (sorted(request.splitlines()) for request in server.requests)
    assert again == first
    assert server.connections == 1


async def test_connection_closed_while_it_rested_is_no_failure() -> None:
    """The question goes over a new one. Source: RFC 9112, 9.3.1."""
    async with (
        RawServer.saying((OK, End.CLOSE), OK) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        await server.closed.wait()
        document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert server.connections == 2


async def test_redirect_goes_the_ordinary_way() -> None:
    """It is judged there, hop by hop."""
    document, server = await second(redirect("/elsewhere"), redirect("/elsewhere"), OK)

    assert document.url == f"{server.url}elsewhere"


async def test_redirect_to_where_we_may_not_go_is_refused() -> None:
    """As on any other way."""
    place = redirect("http://169.254.169.254/")

    with pytest.raises(Refused):
        await second(place, place)


@pytest.mark.parametrize(
    ("script", "fault"),
    [
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", End.CLOSE), Fault.TRUNCATED),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", End.SILENCE), Fault.STALLED),
        ((End.SILENCE,), Fault.SILENT),
        ((b"SSH-2.0-OpenSSH\r\n\r\n",), Fault.FRAMING),
        ((answer(b"x" * 2000),), Fault.TOO_LARGE),
        ((answer(GZIPPED, "Content-Encoding: gzip"),), Fault.TOO_LARGE),
        ((answer(b"no gzip", "Content-Encoding: gzip"),), Fault.FRAMING),
        ((answer(SHORT, "Content-Encoding: gzip"),), Fault.TRUNCATED),
    ],
    ids=["cut", "stalled", "silent", "no-http", "large", "bomb", "no-gzip", "short-gzip"],
)
async def test_failure_is_the_one_of_the_ordinary_way(
    script: tuple[Step, ...], fault: Fault
) -> None:
    """Which word it begins with is what the outage log goes by."""
    with pytest.raises(Unavailable) as caught:
        await second(script, limits=Limits(document_bytes=1000), deadline=0.2)

    assert fault_of(caught.value) is fault


async def test_who_is_cancelled_leaves_no_half_read_connection() -> None:
    """The next question is not answered with the last one's answer."""
    late = (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nla",)
    async with (
        RawServer.saying((OK,), (*late, End.SILENCE), (OK,)) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        async with anyio.create_task_group() as tasks:
            server.asked.clear()
            tasks.start_soon(client.load, Request(server.url))
            await server.asked.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        document = await client.load(Request(server.url))

    assert document.body == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(
    "before",
    [None, b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n"],
    ids=["nothing", "hints"],
)
async def test_who_is_cancelled_before_the_answer_leaves_no_connection(
    before: bytes | None,
) -> None:
    """What is still on its way is the answer to nobody's question, and never to the next one."""
    gate = asyncio.Event()
    late: tuple[Step, ...] = (gate, answer(b"of the first"))
    if before is not None:
        late = (before, *late)
    async with (
        RawServer.saying((OK,), late, answer(b"of the second")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        async with anyio.create_task_group() as tasks:
            server.asked.clear()
            tasks.start_soon(client.load, Request(f"{server.url}first"))
            await server.asked.wait()
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
        documents: list[Document] = []

        async def ask() -> None:
            documents.append(await client.load(Request(f"{server.url}second")))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await anyio.wait_all_tasks_blocked()
            gate.set()

    assert [document.body for document in documents] == [b"of the second"]


async def test_hints_before_the_answer_leave_nothing_on_the_connection() -> None:
    """The ordinary way asks anew, and nobody is given what was meant for another. RFC 8297."""
    hinted = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" + answer(b"page")
    async with (
        RawServer.saying(OK, hinted, hinted, answer(b"last")) as server,
        HttpClient(ClientRules(server.url)) as client,
    ):
        await client.load(Request(server.url))
        document = await client.load(Request(f"{server.url}first"))
        last = await client.load(Request(f"{server.url}last"))

    assert (document.body, last.body) == (b"page", b"last")
