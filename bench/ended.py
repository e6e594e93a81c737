"""A program that is run from its start to its end: what that took, on the clock and in memory."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.errors import CannotMeasureError
from bench.machine import Meter, PrivateWatch

__all__ = ["Ended", "run_to_end"]

RUN_SECONDS = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What a run took; memory in bytes, `private` without what is mapped of files."""

    seconds: float
    processor_seconds: float
    peak: int
    private: int
    foreign: float


def run_to_end(command: tuple[str, ...], environment: Mapping[str, str], place: Path) -> Ended:
    """Run a program in `place`, with nothing of this one's configuration in its environment.

    Raises:
        CannotMeasureError: it did not end well, or not in time.
    """
    inherited = {name: text for name, text in os.environ.items() if "WHEELYARD" not in name}
    with (place / "output.log").open("ab") as output:
        process = subprocess.Popen(
            command,
            cwd=place,
            env={**inherited, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        meter = Meter(process.pid)
        began = time.perf_counter()
        with _ended_after(process, RUN_SECONDS), PrivateWatch(process.pid) as memory:
            _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode != 0:
        said = (place / "output.log").read_text("utf-8", errors="replace").strip()
        last = said.splitlines()[-1:] or ["it said nothing"]
        raise CannotMeasureError(f"exit status {process.returncode}: {last[0]}")
    return Ended(
        seconds=seconds,
        processor_seconds=usage.ru_utime + usage.ru_stime,
        peak=usage.ru_maxrss * 1024,
        private=memory.highest,
        foreign=meter.stop().foreign,
    )


@contextmanager
def _ended_after(process: "subprocess.Popen[bytes]", seconds: float) -> Iterator[None]:
    """End a process that takes too long, or that is left behind."""

    def end(*_: object) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except BaseException:
        end()
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
