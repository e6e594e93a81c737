"""One line per request, which no request can tear or forge."""

import errno
import io
import re
import sys
import threading
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from server.asgi import Call
from wheelyard.clock import FrozenClock
from wheelyard.errors import ConfigError
from wheelyard.server.access_log import AccessLog
from wheelyard.wire.access_logs import LogEntry, read_log

pytestmark = pytest.mark.anyio

COMBINED = re.compile(
    r'(?P<host>\S+) \S+ \S+ \[(?P<time>[^]]+)\] "(?P<request>[^"]*)" (?P<status>\d+) '
    r'(?P<size>\d+) "(?P<referer>[^"]*)" "(?P<agent>(?:[^"\\]|\\.)*)"\n'
)


async def written(call: Call, clock: FrozenClock, client: str = "192.0.2.1") -> str:
    """Return the line of a request that was answered with three bytes."""
    log = AccessLog(io.StringIO(), clock)
    exchange = call.exchange
    await exchange.answer(200, [], b"abc")
    log.write(exchange, client)
    await log._flush()
    assert isinstance(log.stream, io.StringIO)
    return log.stream.getvalue()


async def test_line_is_in_the_combined_format(clock: FrozenClock) -> None:
    """Every tool that reads Apache's logs reads it."""
    call = Call("/simple/flask/", {"User-Agent": "pip/26.3"})

    found = COMBINED.fullmatch(await written(call, clock))

    assert found is not None
    assert found.groupdict() == {
        "host": "192.0.2.1",
        "time": "21/Sep/2026:14:13:20 +0000",
        "request": "GET /simple/flask/ HTTP/1.1",
        "status": "200",
        "size": "3",
        "referer": "-",
        "agent": "pip/26.3",
    }


async def test_query_is_left_out(clock: FrozenClock) -> None:
    """It may carry what is nobody's business."""
    assert "secret" not in await written(Call("/simple/flask/?token=secret"), clock)


async def test_client_without_an_address_is_a_dash(clock: FrozenClock) -> None:
    """Behind a Unix socket there is none."""
    assert (await written(Call(), clock, "")).startswith("- - - [")


@pytest.mark.parametrize(
    "agent", ['pip" 200 0 "-" "x', "a\\", "a\nGET / HTTP/1.1", "a\rb", "a\x1b[2J", "\x00", "\x85"]
)
async def test_user_agent_cannot_end_its_field_or_the_line(clock: FrozenClock, agent: str) -> None:
    """What is written by a client is not read as written by us."""
    line = await written(Call(fields={"User-Agent": agent}), clock)

    assert COMBINED.fullmatch(line)
    assert line.count("\n") == 1
    assert line.rstrip("\n").isprintable()


@pytest.mark.parametrize(
    "agent", ['pip/24.0 {"ci":null,"name":"x, y"}', "caf\xc3\xa9 \xff", 'a\\" "b', "-", "a\tb"]
)
async def test_user_agent_can_be_read_again(clock: FrozenClock, agent: str) -> None:
    """A-96: by whoever counts from the log, as it was sent."""
    line = await written(Call("/a%2Bb?c", {"User-Agent": agent}), clock)
    (entry,) = read_log([line.encode()])

    assert isinstance(entry, LogEntry)
    assert entry.user_agent.encode("utf-8", "surrogateescape") == agent.encode("latin-1")
    assert (entry.path, entry.at, entry.bytes_sent) == ("/a+b", clock.now(), 3)


async def test_very_long_request_makes_a_short_line(clock: FrozenClock) -> None:
    """A log grows with the number of requests, not with what is in them."""
    line = await written(Call("/" + "a" * 60_000, {"User-Agent": "b" * 60_000}), clock)

    assert len(line) < 1_500


@pytest.mark.blocking  # the file is opened before any request is served
async def test_file_is_appended_to_line_by_line(clock: FrozenClock, tmp_path: Path) -> None:
    """Several workers write to it, and somebody may be reading it."""
    path = tmp_path / "access.log"
    path.write_text("before\n", "utf-8")
    log = AccessLog.open(str(path), clock)
    assert log is not None
    exchange = Call().exchange
    await exchange.answer(204, [])

    log.write(exchange, "192.0.2.1")
    await log.close()

    assert path.read_text("utf-8").startswith("before\n192.0.2.1 - - [")
    assert path.read_text("utf-8").endswith('"\n')
    assert log.stream.closed


async def test_lines_are_written_as_they_come(clock: FrozenClock) -> None:
    """In the background: no request waits for the disk."""
    stream = _Told()
    log, exchange = AccessLog(stream, clock), Call().exchange
    await exchange.answer(204, [])

    with anyio.fail_after(180):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(log.run)
            for client in ("192.0.2.1", "192.0.2.2"):
                log.write(exchange, client)
                await anyio.to_thread.run_sync(stream.flushed.acquire)
            tasks.cancel_scope.cancel()

    assert [line.split()[0] for line in stream.getvalue().splitlines()] == [
        "192.0.2.1",
        "192.0.2.2",
    ]


async def test_log_that_cannot_be_written_loses_lines_and_says_so(
    clock: FrozenClock, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk is no reason not to serve."""
    log, exchange = AccessLog(_Full(), clock), Call().exchange
    await exchange.answer(204, [])
    log.write(exchange, "192.0.2.1")

    await log.close()

    assert "cannot be written: [Errno 28]" in caplog.text
    assert "lost 1 lines" in caplog.text


async def test_log_that_is_far_behind_loses_lines_and_says_so(
    clock: FrozenClock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory is not where a slow pipe ends."""
    monkeypatch.setattr("wheelyard.server.access_log._MAX_WAITING", 2)
    stream = _Told()
    log, exchange = AccessLog(stream, clock), Call().exchange
    await exchange.answer(204, [])
    for _ in range(5):
        log.write(exchange, "192.0.2.1")

    await log._flush()

    assert stream.getvalue().count("\n") == 2
    assert "lost 3 lines" in caplog.text


class _Told(io.StringIO):
    """A stream that tells when it was flushed."""

    def __init__(self) -> None:
        super().__init__()
        self.flushed = threading.Semaphore(0)

    def flush(self) -> None:
        """Tell."""
        self.flushed.release()


class _Full(io.StringIO):
    """A stream on a disk that is full."""

    def write(self, text: str, /) -> int:
        """Fail."""
        raise OSError(errno.ENOSPC, "No space left on device")


def test_dash_is_standard_output(clock: FrozenClock) -> None:
    """For containers, whose logs are collected from there."""
    log = AccessLog.open("-", clock)

    assert log is not None
    assert log.stream is sys.stdout


def test_nothing_is_no_log(clock: FrozenClock) -> None:
    """The default."""
    assert AccessLog.open("", clock) is None


def test_file_that_cannot_be_written_is_told_at_the_start(
    clock: FrozenClock, tmp_path: Path
) -> None:
    """With its name and the reason."""
    with pytest.raises(ConfigError, match="cannot be written: No such file or directory"):
        AccessLog.open(str(tmp_path / "missing" / "access.log"), clock)
