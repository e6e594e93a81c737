"""`python -m wheelyard` as a process: forked where nobody can tell, started where it matters.

A forked program has its own arguments, environment, directory and standard streams, ends with an
exit code and obeys signals. What it does not do is start an interpreter and import, a second of
computing. `WHEELYARD_TEST_STARTS=real` starts every one of them as users do; tests of the start
itself always do, with `subprocess`.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Protocol, Self

from support.forking import Birth, Forked, can_fork, shared_cradle

__all__ = ["Program", "run_program", "start_program"]

_PATIENCE_SECONDS = 180.0


class Program(Protocol):
    """A running process, as `subprocess.Popen` has it: a `with` block waits for its end."""

    @property
    def pid(self) -> int:
        """The id of the process, which leads a group of its own."""

    @property
    def stdout(self) -> IO[str] | None:
        """What it writes to standard output."""

    def poll(self) -> int | None:
        """Return the exit code, or minus the signal that ended it; None while it runs."""

    def wait(self, timeout: float | None = None) -> int:
        """Return the exit code as soon as it has ended."""

    def send_signal(self, sig: int) -> None:
        """Send it a signal, if it is there."""

    def kill(self) -> None:
        """End it at once."""

    def __enter__(self) -> Self:
        """Return the process."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for its end."""


def start_program(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    errors: IO[str] | IO[bytes],
    wrapper: Sequence[str] = (),
) -> Program:
    """Run a program in a session of its own, with nothing to read.

    `errors` takes what it writes to standard error; `wrapper` is a command that runs another.
    """
    if not wrapper and _may_fork(environ):
        return _fork_with_output(arguments, environ, cwd, errors.fileno())
    return subprocess.Popen(
        [*wrapper, sys.executable, "-m", "wheelyard", *arguments],
        cwd=cwd,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
        start_new_session=True,
    )


def run_program(
    arguments: Sequence[str],
    *,
    cwd: Path,
    environ: Mapping[str, str],
    input: str = "",  # noqa: A002  as `subprocess.run` has it
    timeout: float = _PATIENCE_SECONDS,
) -> "subprocess.CompletedProcess[str]":
    """Run a program until it ends, and return its exit code and what it wrote.

    Raises:
        subprocess.TimeoutExpired: it does not end, and was killed.
    """
    if not _may_fork(environ):
        return subprocess.run(
            [sys.executable, "-m", "wheelyard", *arguments],
            cwd=cwd,
            env=environ,
            input=input,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8") as given,
        tempfile.TemporaryFile("w+", encoding="utf-8") as output,
        tempfile.TemporaryFile("w+", encoding="utf-8") as errors,
    ):
        given.write(input)
        given.seek(0)
        standard = (given.fileno(), output.fileno(), errors.fileno())
        with shared_cradle().fork(Birth(arguments, environ, cwd, standard)) as process:
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        for file in (output, errors):
            file.seek(0)
        line = ["wheelyard", *arguments]
        return subprocess.CompletedProcess(line, code, output.read(), errors.read())


def _may_fork(environ: Mapping[str, str]) -> bool:
    return os.environ.get("WHEELYARD_TEST_STARTS") != "real" and can_fork(environ)


def _fork_with_output(
    arguments: Sequence[str], environ: Mapping[str, str], cwd: Path, errors: int
) -> Forked:
    """Fork a program whose output is read here."""
    ours, output = os.pipe()
    stdout = os.fdopen(ours, encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    try:
        standard = (nothing, output, errors)
        process = shared_cradle().fork(Birth(arguments, environ, cwd, standard))
    except BaseException:
        stdout.close()
        raise
    finally:
        os.close(nothing)
        os.close(output)
    process.stdout = stdout
    return process
