"""What became of the connection under a body."""

import asyncio

import aiohttp
import pytest

from transport.raw_server import OK, End, RawServer, answer
from wheelyard.transport.line import Line, _look_at

pytestmark = pytest.mark.anyio

UNMEASURED = b"HTTP/1.1 200 OK\r\n\r\nuntil the end"


@pytest.mark.parametrize(
    ("script", "cut"),
    [([UNMEASURED, End.CLOSE], False), ([UNMEASURED, End.RESET], True), ([OK], False)],
)
async def test_end_of_a_body_is_told_from_a_cut(script: list[bytes | End], *, cut: bool) -> None:
    """A body that ends with its connection is whole only if the connection was closed politely."""
    async with RawServer.saying(script) as server, aiohttp.ClientSession() as session:
        response = await session.get(server.url)
        line = Line.watch(response)
        await response.read()
        response.close()

    assert line.ended_by_cut() is cut


async def test_reader_is_told_when_the_library_forgets_it() -> None:
    """A broken chunk closes the connection; without a watch the reader would wait for ever."""
    broken = asyncio.Event()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with (
        RawServer.saying([head, broken, b"zz\r\n"]) as server,
        aiohttp.ClientSession() as session,
        session.get(server.url) as response,
    ):
        line = Line.watch(response)
        broken.set()
        with pytest.raises(aiohttp.ClientPayloadError):
            await response.content.readany()
        line.release()


async def test_released_line_leaves_nothing_on_the_connection() -> None:
    """A connection that serves a thousand answers does not remember them."""
    async with (
        RawServer.saying(answer(bytes(2_000_000))) as server,
        aiohttp.ClientSession() as session,
        session.get(server.url) as response,
    ):
        line = Line.watch(response)
        closed = line.closed
        assert closed is not None
        line.release()

        assert closed.remove_done_callback(line._note) == 0


async def test_connection_that_is_reset_while_it_rests_is_no_error() -> None:
    """Upstreams do so all the time; the loop would log each as an exception nobody looked at."""
    async with (
        RawServer.saying(answer(bytes(2_000_000))) as server,
        aiohttp.ClientSession() as session,
        session.get(server.url) as response,
    ):
        line = Line.watch(response)
        closed = line.closed
        assert closed is not None
        line.release()
        closed.set_exception(ConnectionResetError())
        await asyncio.sleep(0)

        assert not closed._log_traceback


async def test_many_answers_leave_one_look_at_the_end() -> None:
    """A thousand answers on one connection are no thousand callbacks."""
    async with (
        RawServer.saying(answer(bytes(2_000_000))) as server,
        aiohttp.ClientSession() as session,
        session.get(server.url) as response,
    ):
        lines = [Line.watch(response) for _ in range(3)]
        for line in lines:
            line.release()
        closed = lines[0].closed
        assert closed is not None

        assert closed.remove_done_callback(_look_at) == 1
