"""`wheelyard serve` as users run it: a process of its own, with nothing of this machine in it.

::

    with running_server(tmp_path / "data", upstreams=[simulator.url]) as server:
        ...  # point a client at server.url
        print(server.log())

The server is asked to stop at the end of the block, and has to end with exit code 0.
"""

import contextlib
import os
import select
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict, Unpack

from support.house import ROOT
from support.programs import Program, start_program
from support.simulator import ask

__all__ = ["RunningServer", "ServerWords", "running_server"]

_PATIENCE_SECONDS = 180.0

_UNHURRIED: Mapping[str, object] = {
    "upstream.default.connect_seconds": 60,
    "upstream.default.read_seconds": 60,
    "freshness.patience_seconds": 60,
}
"""What a server over doors is told unless its test says otherwise.

The seconds that users need would turn a machine that stands still into an upstream that is out.
"""


class ServerWords(TypedDict, total=False):
    """The keywords of `running_server`.

    `upstreams` are doors, in order; without any the server looks for its own. `settings` maps keys
    such as `"freshness.max_seconds"` to values; a server over doors waits for them for a minute
    unless they say otherwise. `environ` is added to an otherwise empty
    environment, `arguments` to the command line. `wrapper` is what comes before it, and must put
    the server in its own place.
    """

    upstreams: Sequence[str]
    settings: Mapping[str, object]
    workers: int
    environ: Mapping[str, str]
    arguments: Sequence[str]
    wrapper: Sequence[str]


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that listens, and where it writes what it has to say."""

    base_url: str
    """Scheme, host and port, without a final slash."""
    process: Program = field(repr=False)
    log_file: Path

    @property
    def url(self) -> str:
        """Return the address of the default index, which ends in `/simple/`."""
        return f"{self.base_url}/simple/"

    def log(self) -> str:
        """Return everything that the server has said on standard error."""
        return self.log_file.read_text("utf-8", errors="replace")

    def stop(self) -> None:
        """Ask the server to stop, and wait until it has.

        Raises:
            AssertionError: its exit code is not 0, or it does not end.
        """
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"the server does not stop; it said:\n{self.log()}") from error
        if code != 0:
            raise AssertionError(f"the server ended with {code}; it said:\n{self.log()}")

    def kill(self) -> None:
        """End the server and its workers at once, as a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_PATIENCE_SECONDS)


@contextlib.contextmanager
def running_server(data: Path, **words: Unpack[ServerWords]) -> Iterator[RunningServer]:
    """Run a server on a free port for the length of a `with` block.

    Raises:
        AssertionError: it does not start, or does not stop as it should.
    """
    home = data.parent / f"{data.name}-home"
    home.mkdir(parents=True, exist_ok=True)
    log_file = home / f"log-{len(list(home.glob('log-*')))}"
    with log_file.open("wb") as log:
        # A group of its own, so that `kill` reaches the workers too.
        process = start_program(
            _command_line(data, words),
            cwd=home,
            environ=_environment(home, words),
            errors=log,
            wrapper=words.get("wrapper", ()),
        )
    with process:
        server: RunningServer | None = None
        try:
            server = RunningServer(_wait_for_address(process, log_file), process, log_file)
            yield server
            if process.poll() is None:
                server.stop()
        finally:
            if process.poll() is None:
                RunningServer("", process, log_file).kill()


def _command_line(data: Path, words: ServerWords) -> list[str]:
    doors = [word for url in words.get("upstreams", ()) for word in ("--upstream", url)]
    workers = ["--workers", str(words.get("workers", 1))]
    options = ["--port", "0", "--data", str(data), *workers, *doors]
    return ["serve", *options, *words.get("arguments", ())]


def _environment(home: Path, words: ServerWords) -> dict[str, str]:
    unhurried = _UNHURRIED if words.get("upstreams") else {}
    keys = {**unhurried, **words.get("settings", {})}
    return {
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT / "src"),
        "TMPDIR": str(home),
        **{f"WHEELYARD__{key.upper().replace('.', '__')}": str(keys[key]) for key in keys},
        **words.get("environ", {}),
    }


def _wait_for_address(process: Program, log_file: Path) -> str:
    """Return the address in the start line, once the server says that it is ready."""
    assert process.stdout is not None
    readable, _, _ = select.select([process.stdout], [], [], _PATIENCE_SECONDS)
    line = process.stdout.readline() if readable else ""
    found = next((word for word in line.split() if word.startswith("http")), None)
    if found is None:
        raise AssertionError(f"the server does not start: {line}{log_file.read_text('utf-8')}")
    base_url = found.removesuffix("/simple/")
    ready = ask(f"{base_url}/-/ready")
    if ready.status != 200:
        raise AssertionError(f"{found} listens and is not ready: {ready.text}")
    return base_url
