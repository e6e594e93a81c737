"""Start and stop servers, each in a process group and a folder of its own."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.asking import ask
from bench.errors import CannotMeasureError, CannotRunError
from bench.machine import load_process_tree, load_processor_seconds
from bench.peers.peer import Launch, Peer, Site

__all__ = ["Server", "find_port", "running_server", "wait_until_idle"]

START_SECONDS = 120
STOP_SECONDS = 15
POLL_SECONDS = 0.005
IDLE_STEP_SECONDS = 0.05
IDLE_SHARE = 0.05
IDLE_WAIT_SECONDS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A running server; `start_seconds` is from its command to its first answer."""

    name: str
    url: str
    pid: int
    page_path: Callable[[str], str]
    start_seconds: float = 0

    def page_url(self, project: str) -> str:
        """Return the address of a project's page, or of the list of projects for ``""``."""
        return self.url + self.page_path(project)


def find_port() -> int:
    """Return a port of loopback that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def running_server(peer: Peer, site: Site, prefix: Sequence[str] = ()) -> Iterator[Server]:
    """Run a server; `prefix` comes before its command, to keep it to one processor.

    Raises:
        CannotRunError: it does not start; the end of what it wrote is in the message.
    """
    site.folder.mkdir(parents=True, exist_ok=True)
    launch = peer.launch(site)
    log = site.folder / "output.log"
    with log.open("ab") as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            [*prefix, *launch.command],
            cwd=site.folder,
            env={**_own_environment(), **launch.environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _wait_until_live(process, launch, site, log)
        seconds = time.perf_counter() - began
        peer.finish(site)
        yield Server(
            name=peer.name,
            url=site.url,
            pid=process.pid,
            page_path=peer.page_path,
            start_seconds=seconds,
        )
    finally:
        _stop(process)


def wait_until_idle(server: Server) -> None:
    """Return as soon as a server has dealt with what the last load left behind."""
    give_up = time.monotonic() + IDLE_WAIT_SECONDS
    while time.monotonic() < give_up:
        before = load_processor_seconds(load_process_tree(server.pid))
        time.sleep(IDLE_STEP_SECONDS)
        spent = load_processor_seconds(load_process_tree(server.pid)) - before
        if spent < IDLE_STEP_SECONDS * IDLE_SHARE:
            return


def _own_environment() -> dict[str, str]:
    """Return this environment without what configures one of the servers."""
    foreign = ("WHEELYARD", "DEVPISERVER", "PROXPI", "PYPISERVER", "GUNICORN")
    return {name: value for name, value in os.environ.items() if not name.startswith(foreign)}


def _wait_until_live(
    process: "subprocess.Popen[bytes]", launch: Launch, site: Site, log: Path
) -> None:
    give_up = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < give_up:
        with contextlib.suppress(OSError, CannotMeasureError):
            ask(site.url + launch.live_path, {})
            return
        time.sleep(POLL_SECONDS)
    said = log.read_text("utf-8", errors="replace").strip().splitlines() or ["it said nothing"]
    ended = "no answer" if process.returncode is None else f"exit status {process.returncode}"
    raise CannotRunError(f"did not start ({ended}): {said[-1]}")


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End a server politely, then by force, with everything it started."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
