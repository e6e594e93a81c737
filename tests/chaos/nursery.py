"""Servers that start in a tenth of a second and die wherever a test wants them to.

::

    with Nursery(tmp_path) as nursery:
        server = nursery.start(tmp_path / "data", upstreams=[upstream.url])
        server.kill()
        nursery.start(tmp_path / "data", deadly=Deadly("fsync", 3)) ...

They are forked as those of `support.server` are, and can be fooled about the time, and killed at a
system call.
"""

import contextlib
import os
import re
import select
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, Unpack

from chaos.sundial import Sundial
from contract.conformance.asking import Client
from support.forking import Birth, Cradle, Forked, shared_cradle
from support.house import ROOT
from support.server import ServerWords

__all__ = ["Deadly", "Fledgling", "Nursery", "NurseryWords"]

PATIENCE_SECONDS = 180.0
STRACE = shutil.which("strace")


@dataclass(frozen=True, slots=True)
class Deadly:
    """The system call at which a server dies: the n-th of that name in one of its threads."""

    syscall: str
    when: int


class NurseryWords(ServerWords, total=False):
    """The keywords of `running_server`, where the server dies, and by which clock it lives."""

    deadly: Deadly
    sundial: Sundial


@dataclass(slots=True)
class Fledgling:
    """One server, which listens if it has not died on the way."""

    process: Forked
    log_file: Path
    output: int = field(repr=False)
    tracer: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    base_url: str | None = None
    """With a final slash; None if it died before it listened."""

    @property
    def client(self) -> Client:
        """Return a client of this server."""
        assert self.base_url is not None, self.log()
        return Client(self.base_url)

    def log(self) -> str:
        """Return everything that it has said on standard error."""
        return self.log_file.read_text("utf-8", errors="replace")

    def explain(self) -> str:
        """Return what it said, and where each of its threads is."""
        self.send(signal.SIGUSR2)
        self.is_dead(within_seconds=1.0)
        return f"it said:\n{self.log()}"

    @property
    def pid(self) -> int:
        """Return the id of its process."""
        return self.process.pid

    @property
    def has_ended(self) -> bool:
        """Say whether somebody has waited for its end."""
        return self.output < 0

    def is_dead(self, within_seconds: float = 0.0) -> bool:
        """Say whether it has ended, or does so before long."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(within_seconds)
            return True
        return False

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, if it is there."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End it at once, and wait until it has."""
        self.send(signal.SIGKILL)
        self.wait()

    def stop(self) -> None:
        """Ask it to end, and wait until it has."""
        self.send(signal.SIGTERM)
        self.wait()

    def wait(self) -> None:
        """Wait until it has ended, and give back what it took."""
        if self.has_ended:
            return
        assert self.is_dead(PATIENCE_SECONDS), f"it does not end; {self.explain()}"
        if self.tracer is not None:
            self.tracer.wait(PATIENCE_SECONDS)
            assert self.tracer.stderr is not None
            self.tracer.stderr.close()
        os.close(self.output)
        self.output = -1


class Nursery:
    """Where servers are started, all of them from one process that has imported everything."""

    def __init__(self, home: Path, *command: str) -> None:
        """Work in `home`; `command` runs another one, such as `unshare --mount`.

        Without it the process is the one that is shared by all tests.
        """
        self.home = home
        home.mkdir(parents=True, exist_ok=True)
        self._born: list[Fledgling] = []
        self._own = Cradle(*command) if command else None
        self._cradle = self._own or shared_cradle()

    @property
    def pid(self) -> int:
        """Return the id of the process from which servers come."""
        return self._cradle.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._born:
            if not each.has_ended:
                each.kill()
        if self._own is not None:
            self._own.close()

    @contextlib.contextmanager
    def running(self, data: Path, **words: Unpack[NurseryWords]) -> Iterator[Fledgling]:
        """Start a server that has to serve, and kill it at the end of the block."""
        server = self.start(data, **words)
        try:
            assert server.base_url is not None, server.log()
            yield server
        finally:
            server.kill()

    def start(self, data: Path, **words: Unpack[NurseryWords]) -> Fledgling:
        """Start a server on a free port; return it once it listens, or has died."""
        log_file = self.home / "log"
        (ours, output), go = os.pipe(), os.pipe()
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        birth = Birth(
            arguments=_arguments(data, words),
            environ=self._environ(words),
            cwd=self.home,
            standard=(nothing, output, log),
            first=_first(words),
            go=go[0],
        )
        process = self._cradle.fork(birth)
        for descriptor in (nothing, output, log, go[0]):
            os.close(descriptor)
        server = Fledgling(process, log_file, ours)
        self._born = [each for each in self._born if not each.has_ended]
        self._born.append(server)
        if (deadly := words.get("deadly")) is not None:
            server.tracer = _trace(process.pid, deadly)
        os.write(go[1], b"!")
        os.close(go[1])
        server.base_url = _read_address(server)
        return server

    def _environ(self, words: ServerWords) -> dict[str, str]:
        keys = words.get("settings", {})
        return {
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT / "src"),
            "TMPDIR": str(self.home),
            **{f"WHEELYARD__{key.upper().replace('.', '__')}": str(keys[key]) for key in keys},
            **words.get("environ", {}),
        }


def _arguments(data: Path, words: ServerWords) -> Sequence[str]:
    doors = [word for url in words.get("upstreams", ()) for word in ("--upstream", url)]
    return ["serve", "--port", "0", "--data", str(data), *doors, *words.get("arguments", ())]


def _first(words: NurseryWords) -> Sequence[tuple[str, str, Sequence[object]]]:
    """Return what is called in the server's process before anything else."""
    tells_where_it_is = ("faulthandler", "register", [int(signal.SIGUSR2)])
    if "sundial" not in words:
        return [tells_where_it_is]
    return [tells_where_it_is, ("chaos.sundial", "follow", [str(words["sundial"].file)])]


def _trace(pid: int, deadly: Deadly) -> subprocess.Popen[bytes]:
    """Have every thread of a process watched; return once the first is."""
    assert STRACE is not None
    tracer = subprocess.Popen(
        [
            *(STRACE, "-f", "-p", str(pid), "-o", os.devnull, "-e", f"trace={deadly.syscall}"),
            *("-e", f"inject={deadly.syscall}:signal=SIGKILL:when={deadly.when}"),
        ],
        stderr=subprocess.PIPE,
    )
    assert tracer.stderr is not None
    line = tracer.stderr.readline()
    assert b"attached" in line, line
    return tracer


def _read_address(server: Fledgling) -> str | None:
    """Return the address in the start line; None if the process ended without one."""
    said = b""
    while True:
        ready = select.select([server.output], [], [], PATIENCE_SECONDS)[0]
        assert ready, f"neither does it start nor end; {server.explain()}"
        chunk = os.read(server.output, 1 << 16)
        said += chunk
        found = re.search(rb"serves (http://[0-9.:]+/)simple/", said)
        if found is not None:
            return found[1].decode()
        if not chunk:
            return None
