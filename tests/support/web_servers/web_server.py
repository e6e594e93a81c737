"""What all web servers have in common: a port, a syntax check, a start, and an end."""

import contextlib
import os
import random
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

__all__ = [
    "Place",
    "RunningWebServer",
    "WebServer",
    "check_syntax",
    "free_port",
    "open_folder",
    "running",
]

_PATIENCE_SECONDS = 180.0
_ATTEMPTS = 5
_PATH = f"{os.defpath}:/usr/sbin:/usr/local/sbin:/usr/local/bin:/sbin"

# Below the range out of which systems hand out ports by themselves (`bind` to 0, and each outgoing
# connection), so that between choosing one and listening on it only a test like this can take it.
# The order is the system's chance: pytest-randomly winds `random` back before each test, and two
# tests would begin with the same port, of which the first one may have stopped its server.
_UNTRIED = iter(random.SystemRandom().sample(range(20_000, 32_000), 12_000))


@dataclass(frozen=True, slots=True)
class Place:
    """Where one server runs: a folder of its own, and the port that it is to listen on."""

    folder: Path
    port: int

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a final slash."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def configuration(self) -> Path:
        """The file with its configuration."""
        return self.folder / "configuration"

    @property
    def log(self) -> Path:
        """What it says on its standard output and error."""
        return self.folder / "log"


@dataclass(frozen=True, slots=True)
class WebServer:
    """A program: how its configuration is checked and how it is run, both without its own name.

    `environ` is added to an otherwise almost empty environment.
    """

    program: str
    package: str
    check: Callable[[Place], Sequence[str]]
    run: Callable[[Place], Sequence[str]]
    environ: Callable[[Place], dict[str, str]] = field(default=lambda _: {})

    def path(self) -> str:
        """Return where the program is; skips the test where there is none on this machine."""
        found = shutil.which(self.program, path=_PATH)
        if found is None:
            pytest.skip(f"{self.program} is not installed (Debian's package `{self.package}`)")
        return found

    def environment(self, place: Place) -> dict[str, str]:
        """Return the environment that it runs in."""
        home = str(place.folder)
        return {"HOME": home, "LANG": "C.UTF-8", "PATH": _PATH, **self.environ(place)}


@dataclass(frozen=True, slots=True)
class RunningWebServer:
    """A server that listens."""

    place: Place
    process: subprocess.Popen[bytes] = field(repr=False)

    @property
    def base_url(self) -> str:
        """Scheme, host and port, without a final slash."""
        return self.place.base_url

    def log(self) -> str:
        """Return everything that it has said so far."""
        return self.place.log.read_text("utf-8", errors="replace")

    def stop(self) -> None:
        """End it, and wait until it has ended; does nothing if it already has."""
        self.process.terminate()
        try:
            self.process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_PATIENCE_SECONDS)


def check_syntax(server: WebServer, place: Place, text: str) -> str:
    """Have the program itself check a configuration; returns what it said.

    Raises:
        AssertionError: the program refuses it; the message has what it says.
    """
    place.folder.mkdir(parents=True, exist_ok=True)
    place.configuration.write_text(text, "utf-8")
    checked = subprocess.run(
        [server.path(), *server.check(place)],
        cwd=place.folder,
        env=server.environment(place),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=_PATIENCE_SECONDS,
        check=False,
    )
    said = checked.stdout.decode(errors="replace")
    assert checked.returncode == 0, f"{server.program} refuses:\n{said}\n{text}"
    return said


@contextlib.contextmanager
def running(
    server: WebServer, folder: Path, configuration: Callable[[Place], str]
) -> Iterator[RunningWebServer]:
    """Run a server for the length of a `with` block, with the configuration for its place.

    Raises:
        AssertionError: it refuses the configuration, or it does not start.
    """
    started = _start(server, folder, configuration)
    with started.process:
        try:
            yield started
        finally:
            started.stop()


@contextlib.contextmanager
def open_folder() -> Iterator[Path]:
    """Make a folder for the length of a block that any user of this machine can look into.

    pytest's own are for nobody else, as is what root writes where root's umask says so.
    """
    with tempfile.TemporaryDirectory(prefix="served-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def free_port() -> int:
    """Return a port of this machine that nobody listens on and that nobody is handed by chance.

    Each is returned once, so that whoever has it may stop listening and start again.
    """
    for port in _UNTRIED:
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("every port is taken, or was")


def _start(
    server: WebServer, folder: Path, configuration: Callable[[Place], str]
) -> RunningWebServer:
    """Start it, on another port if somebody was faster."""
    said = ""
    for attempt in range(_ATTEMPTS):
        place = Place(folder / f"run-{attempt}", free_port())
        check_syntax(server, place, configuration(place))
        with place.log.open("wb") as log:
            process = subprocess.Popen(
                [server.path(), *server.run(place)],
                cwd=place.folder,
                env=server.environment(place),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        started = RunningWebServer(place, process)
        if _listens(started):
            return started
        with process:
            started.stop()
        said = started.log()
    raise AssertionError(f"{server.program} does not start:\n{said}")


def _listens(started: RunningWebServer) -> bool:
    """Return whether it listens, as soon as it does or has ended."""
    ends_at = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < ends_at:
        with contextlib.suppress(subprocess.TimeoutExpired):
            started.process.wait(0.02)
            return False
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", started.place.port), 5).close()
            return True
    return False
