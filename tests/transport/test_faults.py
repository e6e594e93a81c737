"""F01 to F21 as far as a connection goes: each failure has its own word."""

import asyncio
import socket
from collections.abc import Sequence
from contextlib import closing

import pytest

from support.simulator import Simulator
from transport.raw_server import OK, End, RawServer, Step, answer
from wheelyard.errors import Refused, Unavailable
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

NEVER = End.SILENCE
HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
HALF = HEAD + b"Content-Length: 9\r\n\r\nhe"
PATIENT = Deadlines(resolve=60, connect=60, first_byte=60, between_chunks=60, total=60)


async def read_all(client: HttpClient, url: str) -> object:
    """Read a file and throw it away."""
    async with client.open(Request(url)) as reply:
        return [len(chunk) async for chunk in reply.chunks]


async def fault_on(rules: ClientRules, *, streamed: bool) -> Fault | None:
    """Return the fault that one request to the rules' own place ends with."""
    async with HttpClient(rules) as client:
        ask = read_all(client, rules.origin) if streamed else client.load(Request(rules.origin))
        with pytest.raises(Unavailable) as caught:
            await ask
    return fault_of(caught.value)


@pytest.mark.parametrize("streamed", [False, True], ids=["load", "open"])
@pytest.mark.parametrize(
    ("fault", "script"),
    [
        # Connections that end.
        (Fault.RESET, [End.RESET]),
        (Fault.RESET, [End.CLOSE]),
        (Fault.RESET, [HEAD, End.CLOSE]),
        (Fault.RESET, [HEAD + b"Content-Length: 9\r\n\r\nhello", End.RESET]),
        (Fault.RESET, [CHUNKED + b"5\r\nhello\r\n", End.RESET]),
        (Fault.RESET, [HEAD + b"\r\nno length", End.RESET]),
        (Fault.TRUNCATED, [HEAD + b"Content-Length: 9\r\n\r\nhello", End.CLOSE]),
        (Fault.TRUNCATED, [CHUNKED + b"5\r\nhello\r\n", End.CLOSE]),
        (Fault.TRUNCATED, [CHUNKED + b"5\r\nhel", End.CLOSE]),
        (Fault.TRUNCATED, [CHUNKED + b"5\r\nhello\r\n0\r\n", End.CLOSE]),
        # Framing.
        (Fault.FRAMING, [b"HTTP/9.9 yes\r\n\r\n"]),
        (Fault.FRAMING, [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]),
        (Fault.FRAMING, [b"<html>hello</html>\r\n\r\n"]),
        (Fault.FRAMING, [HEAD + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\nhello"]),
        (Fault.FRAMING, [HEAD + b"Content-Length: 2, 5\r\n\r\nhello"]),
        (Fault.FRAMING, [HEAD + b"Content-Length: -5\r\n\r\nhello"]),
        (Fault.FRAMING, [HEAD + b"Content-Length: 1" + 30 * b"0" + b"\r\n\r\n"]),
        (Fault.FRAMING, [HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"]),
        (Fault.FRAMING, [HEAD + b"X-Nul: a\x00b\r\nContent-Length: 0\r\n\r\n"]),
        (Fault.FRAMING, [HEAD + b"No colon\r\nContent-Length: 0\r\n\r\n"]),
        (Fault.FRAMING, [b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"]),
        (Fault.FRAMING, [CHUNKED + b"zz\r\nhello\r\n"]),
        (Fault.FRAMING, [CHUNKED, b"5\r\nhelloX\r\n"]),
        (Fault.FRAMING, [answer(b"hello") + b" and more"]),
        # Sizes.
        (Fault.TOO_LARGE, [HEAD + b"X-Long: " + bytes(70_000).replace(b"\0", b"a") + b"\r\n\r\n"]),
        (Fault.TOO_LARGE, [HEAD + 500 * b"X-Many: a\r\n" + b"\r\n"]),
        (Fault.TOO_LARGE, [b"HTTP/1.1 200 " + 70_000 * b"a"]),
        (Fault.TOO_LARGE, [CHUNKED + 300 * (b"400\r\n" + bytes(1024) + b"\r\n")]),
    ],
)
async def test_fault_of_a_script_has_its_word(
    fault: Fault, script: Sequence[Step], *, streamed: bool
) -> None:
    """Whatever comes back that is not a whole answer is ``Unavailable``, and says why."""
    limits = Limits(document_bytes=200_000, file_bytes=200_000)
    async with RawServer.saying(script) as server:
        rules = ClientRules(server.url, deadlines=PATIENT, limits=limits)

        assert await fault_on(rules, streamed=streamed) is fault


@pytest.mark.parametrize(
    ("fault", "script", "deadlines"),
    [
        (Fault.SILENT, [NEVER], Deadlines(first_byte=0.05)),
        (Fault.SILENT, [HEAD + b"X-Half: of a hea", NEVER], Deadlines(first_byte=0.05)),
        (Fault.STALLED, [HALF, NEVER], Deadlines(between_chunks=0.05)),
        (Fault.STALLED, [CHUNKED + b"5\r\nhel", NEVER], Deadlines(between_chunks=0.05)),
    ],
)
@pytest.mark.parametrize("streamed", [False, True], ids=["load", "open"])
async def test_silence_has_the_word_of_its_phase(
    fault: Fault, script: Sequence[Step], deadlines: Deadlines, *, streamed: bool
) -> None:
    """F06, F07: an upstream that stops talking is given up when the phase's time is over."""
    async with RawServer.saying(script) as server:
        rules = ClientRules(server.url, deadlines=deadlines)

        assert await fault_on(rules, streamed=streamed) is fault


async def test_document_that_takes_too_long_in_all_is_slow() -> None:
    """T20: a page has a total, however busily it drips."""
    async with RawServer.saying([HALF, NEVER]) as server:
        rules = ClientRules(server.url, deadlines=Deadlines(total=0.05))

        assert await fault_on(rules, streamed=False) is Fault.SLOW


async def test_file_below_the_least_rate_is_slow() -> None:
    """T20: a file has no total, but a least rate."""
    async with RawServer.saying([CHUNKED, *([b"1\r\na\r\n"] * 1_000), NEVER]) as server:
        rules = ClientRules(
            server.url,
            deadlines=Deadlines(rate_window=0.0),
            limits=Limits(least_bytes_per_second=1_000_000_000),
        )

        assert await fault_on(rules, streamed=True) is Fault.SLOW


async def test_slow_reader_is_not_held_against_the_upstream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """T20: while nobody reads, no clock of the upstream runs."""
    loop = asyncio.get_running_loop()
    body = bytes(2_000_000)
    tell_time = loop.time
    async with (
        RawServer.saying(answer(body)) as server,
        HttpClient(ClientRules(server.url)) as client,
        client.open(Request(server.url)) as reply,
    ):
        received = [await anext(aiter(reply.chunks))]
        monkeypatch.setattr(loop, "time", lambda: tell_time() + 3_600)
        received += [chunk async for chunk in reply.chunks]
        monkeypatch.undo()

    assert sum(map(len, received)) == len(body)


async def test_closed_port_is_refused() -> None:
    """F02."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]

    assert await fault_on(ClientRules(f"http://127.0.0.1:{port}/"), streamed=False) is Fault.REFUSED


async def test_port_that_answers_nothing_is_a_connect_timeout() -> None:
    """F03: the first request costs the connect budget and not a client's patience."""
    async with Simulator() as upstream:
        upstream.vanish()
        rules = ClientRules(upstream.url, deadlines=Deadlines(connect=0.1))

        assert await fault_on(rules, streamed=False) is Fault.CONNECT_TIMEOUT


async def test_handshake_that_stalls_is_a_connect_timeout() -> None:
    """F05: the connection is there, TLS never is."""
    async with RawServer.saying([NEVER]) as server:
        rules = ClientRules(f"https://127.0.0.1:{server.port}/", deadlines=Deadlines(connect=0.1))

        assert await fault_on(rules, streamed=False) is Fault.CONNECT_TIMEOUT


async def test_plain_http_on_a_tls_port_is_a_tls_fault() -> None:
    """F04: a handshake that is none is told from a broken connection."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/"
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(asyncio.to_thread(_greet_one, listener))

            assert await fault_on(ClientRules(url), streamed=False) is Fault.TLS


def _greet_one(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(10)
        connection.sendall(b"220 mail.example ready to serve you\r\n" * 10)


async def _no_address(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def _never_resolves(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
    await asyncio.Event().wait()
    return []


@pytest.mark.parametrize("lookup", [_no_address, _never_resolves], ids=["no-name", "no-resolver"])
async def test_name_that_does_not_resolve_is_a_dns_fault(lookup: object) -> None:
    """F01: no such name, and nobody who answers for names."""
    rules = ClientRules("http://index.invalid/", deadlines=Deadlines(resolve=0.05))
    async with HttpClient(rules, lookup=lookup) as client:  # type: ignore[arg-type] # two of them
        with pytest.raises(Unavailable) as caught:
            await client.load(Request(rules.origin))

    assert fault_of(caught.value) is Fault.DNS


async def test_look_up_that_outlives_its_request_serves_the_next_one() -> None:
    """A slow resolver is asked once, and who gave up leaves no damage behind."""
    found = asyncio.Event()
    asked: list[str] = []

    async def lookup(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        asked.append(host)
        await found.wait()
        return ["127.0.0.1"]

    async with RawServer.saying(OK) as server:
        url = f"http://index.example:{server.port}/"
        rules = ClientRules(url, deadlines=Deadlines(resolve=0.05))
        async with HttpClient(rules, lookup=lookup) as client:
            with pytest.raises(Unavailable):
                await client.load(Request(url))
            found.set()
            document = await client.load(Request(url))

    assert document.body == b"ok"
    assert asked == ["index.example"]


async def test_stranger_that_resolves_into_this_network_is_never_connected_to() -> None:
    """T28: a public name with a private address is refused at the moment of connecting."""

    async def lookup(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        return ["127.0.0.1"]

    async with RawServer.saying(OK) as server:
        rules = ClientRules("http://index.example/")
        async with HttpClient(rules, lookup=lookup) as client:
            with pytest.raises(Refused, match="allow_hosts"):
                await client.load(Request(f"http://files.example:{server.port}/"))

    assert server.connections == 0
