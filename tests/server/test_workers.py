"""Serving in a process of its own, with one worker and with two: signals, deaths, the start."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

GENEROUS_SECONDS = 180.0

PROGRAM = textwrap.dedent(
    '''
    """A server: /held waits for the file `gate`; the rest tells who answers."""

    import asyncio, functools, os, pathlib, sys
    from wheelyard.errors import ConfigError, WheelyardError
    from wheelyard.server.listen import bind_sockets, listening_port
    from wheelyard.server.process import ServeOptions
    from wheelyard.server.watch import LaneLimits
    from wheelyard.server.workers import serve

    DIRECTORY = pathlib.Path(__file__).parent

    def make(problem, worker):
        async def app(scope, receive, send):
            if scope["type"] == "lifespan":
                await receive()
                if problem == "setting":
                    raise ConfigError("No such index.")
                await send({"type": "lifespan.startup.complete"})
                await receive()
                (DIRECTORY / f"ended-{worker.number}").touch()
                await send({"type": "lifespan.shutdown.complete"})
                return
            start = {"type": "http.response.start", "status": 200, "headers": []}
            await send(start)
            await send({"type": "http.response.body", "body": b"+", "more_body": True})
            if scope["path"] == "/held":
                while not (DIRECTORY / "gate").exists():
                    await asyncio.sleep(0.01)
            body = f"{worker.number} {os.getpid()} {worker.draining}".encode()
            await send({"type": "http.response.body", "body": body})
        return app

    if __name__ == "__main__":
        workers, problem = int(sys.argv[1]), sys.argv[2]
        sockets = bind_sockets("127.0.0.1", 0)
        port = listening_port(sockets)
        options = ServeOptions(workers=workers, limits=LaneLimits(sweep_seconds=0.02))
        try:
            announce = functools.partial(print, port, flush=True)
            serve(functools.partial(make, problem), sockets, options, announce)
        except WheelyardError as error:
            print(error, file=sys.stderr)
            sys.exit(2 if isinstance(error, ConfigError) else 1)
    '''
)


@dataclass(slots=True)
class Program:
    """A running server."""

    process: subprocess.Popen[str]
    directory: Path
    port: int
    connections: list[http.client.HTTPConnection] = field(default_factory=list)

    def begin(self, path: str) -> http.client.HTTPResponse:
        """Return an answer whose first byte has come."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=GENEROUS_SECONDS)
        self.connections.append(connection)
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.read(1) == b"+"
        return response

    def ask(self) -> tuple[int, int]:
        """Return number and process of the worker that answers."""
        number, process, _ = self.begin("/").read().split()
        return int(number), int(process)

    def ask_until(self, condition: Callable[[int, int], bool]) -> tuple[int, int]:
        """Ask until the right worker answers."""
        deadline = time.monotonic() + GENEROUS_SECONDS
        while time.monotonic() < deadline:
            number, process = self.ask()
            if condition(number, process):
                return number, process
        pytest.fail("the right worker never answered")

    def open_gate(self) -> None:
        """Let every /held go on."""
        (self.directory / "gate").touch()

    def wait_until_refusing(self) -> None:
        """Wait until nobody listens any more."""
        deadline = time.monotonic() + GENEROUS_SECONDS
        while time.monotonic() < deadline:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=180).close()
            except OSError:
                return
            time.sleep(0.02)  # a connection in the queue of a closing listener waits a second

    def has_ended_well(self, worker: int) -> bool:
        """Say whether the application of this worker was ended in order."""
        return (self.directory / f"ended-{worker}").exists()


def start(directory: Path, workers: int, problem: str = "") -> subprocess.Popen[str]:
    """Start the program in a session of its own, so that its group can be signalled."""
    (directory / "program.py").write_text(PROGRAM)
    source = Path(__file__).parents[2] / "src"
    return subprocess.Popen(
        [sys.executable, str(directory / "program.py"), str(workers), problem],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(source)},
        start_new_session=True,
    )


@contextlib.contextmanager
def run(directory: Path, workers: int) -> Iterator[Program]:
    """Start the program and wait for its announcement."""
    process = start(directory, workers)
    assert process.stdout is not None
    program = Program(process, directory, int(process.stdout.readline()))
    try:
        yield program
    finally:
        for connection in program.connections:
            connection.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=GENEROUS_SECONDS)


@pytest.mark.parametrize(
    ("workers", "number"), [(1, signal.SIGTERM), (1, signal.SIGINT), (2, signal.SIGTERM)]
)
def test_signal_to_the_group_finishes_what_runs_and_exits_0(
    tmp_path: Path, workers: int, number: signal.Signals
) -> None:
    """A service manager signals every process of the group, and no request fails."""
    with run(tmp_path, workers) as program:
        held = [program.begin("/held") for _ in range(4)]

        os.killpg(program.process.pid, number)

        program.wait_until_refusing()
        program.open_gate()
        assert all(response.read().endswith(b"True") for response in held)
        assert program.process.wait(GENEROUS_SECONDS) == 0
        assert all(program.has_ended_well(each) for each in range(1, workers + 1))


@pytest.mark.parametrize("workers", [1, 2])
def test_second_signal_does_not_wait(tmp_path: Path, workers: int) -> None:
    """Who asks twice means it."""
    with run(tmp_path, workers) as program:
        program.begin("/held")
        program.process.send_signal(signal.SIGTERM)
        program.wait_until_refusing()

        program.process.send_signal(signal.SIGINT)

        assert program.process.wait(GENEROUS_SECONDS) == 0


def test_killed_worker_comes_back_while_the_other_serves(tmp_path: Path) -> None:
    """Requests of the other worker do not notice."""
    with run(tmp_path, 2) as program:
        number, victim = program.ask()
        other = program.ask_until(lambda other, _: other != number)

        os.kill(victim, signal.SIGKILL)

        back = program.ask_until(lambda again, process: again == number and process != victim)
        assert back[1] not in (victim, other[1])
        assert program.ask_until(lambda again, _: again == other[0]) == other


def test_hangup_replaces_the_workers_and_drops_nobody(tmp_path: Path) -> None:
    """New certificates and new code come in without a request lost."""
    with run(tmp_path, 2) as program:
        number, process = program.ask()
        held = program.begin("/held")

        program.process.send_signal(signal.SIGHUP)

        program.ask_until(lambda again, successor: again == number and successor != process)
        program.open_gate()
        assert held.read()


def test_workers_end_with_their_supervisor(tmp_path: Path) -> None:
    """A supervisor that is killed leaves no workers behind, and their requests are finished."""
    with run(tmp_path, 2) as program:
        held = program.begin("/held")

        program.process.kill()

        program.wait_until_refusing()
        program.open_gate()
        assert held.read()
        deadline = time.monotonic() + GENEROUS_SECONDS
        while not (program.has_ended_well(1) and program.has_ended_well(2)):
            assert time.monotonic() < deadline
            time.sleep(0.01)


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_setting_is_one_sentence_and_exit_2(tmp_path: Path, workers: int) -> None:
    """Whichever process finds out, the person who started the server reads it once."""
    process = start(tmp_path, workers, "setting")

    _, errors = process.communicate(timeout=GENEROUS_SECONDS)

    assert errors == "No such index.\n"
    assert process.returncode == 2
