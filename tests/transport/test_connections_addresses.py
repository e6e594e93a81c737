"""One bad machine among the many behind a name: F18, with two addresses of loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from transport.raw_server import OK, End, RawServer, Step, answer
from wheelyard.errors import Unavailable
from wheelyard.transport import ClientRules, Deadlines, HttpClient, Request
from wheelyard.transport.resolver import Lookup

pytestmark = [pytest.mark.anyio, pytest.mark.allow_hosts(["127.0.0.1", "127.0.0.2"])]

GOOD, BAD = "127.0.0.1", "127.0.0.2"
HASTY = Deadlines(connect=60, first_byte=0.5, between_chunks=0.5)
PATIENT = Deadlines(connect=60, first_byte=60, between_chunks=60)


@pytest.fixture(autouse=True)
def _whatever_fails_does_so_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is silent, what took long did so because of this machine."""
    monkeypatch.setattr("wheelyard.transport.client._SOON_SECONDS", 60.0)


@dataclass(frozen=True, slots=True)
class Host:
    """A name with two addresses, the bad one first."""

    client: HttpClient
    good: RawServer
    bad: RawServer

    @property
    def url(self) -> str:
        """Return an address at the host."""
        return f"http://files.example:{self.good.port}/a"

    async def body(self) -> bytes:
        """Return what a request brings."""
        return (await self.client.load(Request(self.url))).body


@asynccontextmanager
async def opened(
    *bad: Iterable[Step] | bytes, good: bytes = OK, deadlines: Deadlines = PATIENT
) -> AsyncIterator[Host]:
    """Serve ``files.example`` from two addresses, of which one answers with ``bad``."""
    async with RawServer.saying(good) as well, RawServer.saying(*bad) as ill:
        await ill.listen(BAD, well.port)
        rules = ClientRules(f"http://files.example:{well.port}/", deadlines=deadlines)
        async with HttpClient(rules, _lookup()) as client:
            yield Host(client, well, ill)


def _lookup() -> Lookup:
    """Return a resolver that knows one name."""

    async def look_up(host: str, port: int, family: socket.AddressFamily) -> Sequence[str]:
        del host, port, family
        return [BAD, GOOD]

    return look_up


QUICK: dict[str, list[Step] | bytes] = {
    "f09-reset": [End.RESET],
    "f10-500": answer(b"", status="500 Oops"),
    "f10-502": answer(b"", status="502 Bad Gateway"),
    "f17-no-http": b"what?\r\n\r\n",
}


@pytest.mark.parametrize("fault", QUICK)
async def test_question_that_failed_quickly_is_put_to_the_other_address(fault: str) -> None:
    """The caller never learns of it, so that no circuit of the host opens."""
    async with opened(QUICK[fault]) as host:
        bodies = [await host.body() for _ in range(4)]

    assert bodies == [b"ok"] * 4
    assert len(host.bad.requests) == 1


async def test_silent_address_costs_one_question_its_answer_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A failure that took long is not made good at once; the next question goes elsewhere."""
    monkeypatch.setattr("wheelyard.transport.client._SOON_SECONDS", 0.1)
    async with opened([End.SILENCE], deadlines=HASTY) as host:
        with pytest.raises(Unavailable, match="silent"):
            await host.body()
        bodies = [await host.body() for _ in range(3)]

    assert bodies == [b"ok"] * 3
    assert len(host.bad.requests) == 1


async def test_body_that_broke_off_goes_on_at_the_other_address() -> None:
    """F09: who resumes a file does not get to the same bad machine again."""
    half: list[Step] = [b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234", End.RESET]
    async with opened(half) as host:
        with pytest.raises(Unavailable, match=r"reset|truncated"):
            await host.body()
        body = await host.body()

    assert body == b"ok"
    assert len(host.bad.requests) == 1


async def test_kept_connection_to_a_bad_address_is_not_used_again() -> None:
    """One that was idle while the machine went bad on another connection."""
    async with opened(OK, OK, answer(b"", status="502 Bad Gateway")) as host:
        # Two at a time, so that two connections are kept, whichever address they lead to.
        for _ in range(4):
            await asyncio.gather(host.body(), host.body())
        before = len(host.bad.requests)
        bodies = [await host.body() for _ in range(4)]

    assert bodies == [b"ok"] * 4
    assert len(host.bad.requests) == before


async def test_host_that_fails_at_every_address_is_asked_once_at_each() -> None:
    """Then it is the host: who counts failures is told, and nothing is asked for ever."""
    broken = answer(b"", status="502 Bad Gateway")
    async with opened(broken, good=broken) as host:
        statuses = [(await host.client.load(Request(host.url))).status for _ in range(2)]

    assert statuses == [502, 502]
    assert len(host.bad.requests) + len(host.good.requests) == 3


async def test_host_that_asks_for_patience_is_not_asked_at_its_other_address() -> None:
    """F11: 503 with Retry-After speaks for all of its machines."""
    patience = answer(b"", "Retry-After: 5", status="503 Later")
    async with opened(patience, good=patience) as host:
        document = await host.client.load(Request(host.url))

    assert document.status == 503
    assert len(host.bad.requests) + len(host.good.requests) == 1
