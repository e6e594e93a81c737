"""What the kernel knows: processor time and memory of processes, and who else was working.

Processor time is read from the clocks of processes, which count nanoseconds of all their threads,
ended ones too. `/proc/PID/stat` counts the same in steps of 10 ms, too coarse for short runs.
"""

import contextlib
import os
import platform
import resource
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

__all__ = [
    "Memory",
    "MemoryWatch",
    "Meter",
    "PrivateWatch",
    "Processors",
    "Reading",
    "choose_processors",
    "describe_machine",
    "load_memory",
    "load_private_memory",
    "load_process_tree",
    "load_processor_seconds",
]

_SCHEDULER_CLOCK = 2
_BUSY_COLUMNS = (0, 1, 2, 5, 6, 7)
"""user, nice, system, irq, softirq, steal in the first line of `/proc/stat`; the rest is idle."""


@dataclass(frozen=True, slots=True)
class Processors:
    """Which processor the server gets, and which the rest; `None` on a machine with only one."""

    server: int | None = None
    load: int | None = None

    def prefix(self, processor: int | None) -> tuple[str, ...]:
        """Return what to write before a command, so that it keeps to `processor`."""
        return () if processor is None else ("taskset", "--cpu-list", str(processor))


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Memory of a server's processes in bytes; proportional counts shared pages once in all."""

    proportional: int = 0
    resident: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a stretch of time cost; `foreign` is the share of all processors that others took."""

    seconds: float
    server_seconds: float
    foreign: float


def choose_processors() -> Processors:
    """Return one processor for the server and another for everything else."""
    allowed = sorted(os.sched_getaffinity(0))
    return Processors(server=allowed[0], load=allowed[1]) if len(allowed) > 1 else Processors()


def load_process_tree(pid: int) -> tuple[int, ...]:
    """Return a process and all its descendants that are alive."""
    found = [pid]
    for each in found:
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{each}/task").iterdir():
                found += map(int, task.joinpath("children").read_text("ascii").split())
    return tuple(found)


def load_processor_seconds(pids: Iterable[int]) -> float:
    """Return the processor time that processes have taken so far; the ended ones took none."""
    total = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            # How the kernel numbers the clock of another process: clock_getcpuclockid(3).
            total += time.clock_gettime(~pid << 3 | _SCHEDULER_CLOCK)
    return total


def load_memory(pids: Iterable[int]) -> Memory:
    """Return the memory of processes, taken together."""
    proportional = resident = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines():
                match line.split():
                    case ["Pss:", kibibytes, _]:
                        proportional += int(kibibytes) * 1024
                    case ["Rss:", kibibytes, _]:
                        resident += int(kibibytes) * 1024
                    case _:
                        pass
    return Memory(proportional=proportional, resident=resident)


def load_private_memory(pid: int) -> int:
    """Return the bytes that a process has for itself: without programs and files that are mapped.

    What is mapped of a file is the system's memory, lent for as long as nobody else needs it.
    """
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text("ascii").splitlines():
            match line.split():
                case ["RssAnon:", kibibytes, _]:
                    return int(kibibytes) * 1024
                case _:
                    pass
    return 0


class PrivateWatch:
    """Looks at the private memory of one process every now and then, to find its highest point."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory watch", daemon=True)
        self.highest = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            self.highest = max(self.highest, load_private_memory(self._pid))
            if self._over.wait(MemoryWatch.STEP_SECONDS):
                return


class MemoryWatch:
    """Looks at the memory of a process tree every now and then, to find its highest point."""

    STEP_SECONDS = 0.1

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="memory watch", daemon=True)
        self.before = load_memory(load_process_tree(pid))
        self.highest = self.before

    @property
    def growth(self) -> int:
        """Return how many bytes there were more than at the beginning."""
        return self.highest.proportional - self.before.proportional

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self._note()

    def _look(self) -> None:
        while not self._over.wait(self.STEP_SECONDS):
            self._note()

    def _note(self) -> None:
        now = load_memory(load_process_tree(self._pid))
        if now.proportional > self.highest.proportional:
            self.highest = now


class Meter:
    """Counts what happens between `start` and `stop` for one server, a process tree."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._began = self._now()

    def start(self) -> None:
        """Begin at zero."""
        self._began = self._now()

    def stop(self) -> Reading:
        """Return what it cost since the start; may be called again."""
        began, ended = self._began, self._now()
        seconds = ended.clock - began.clock
        foreign = (ended.busy - began.busy) - (ended.own - began.own)
        share = foreign / (seconds * (os.cpu_count() or 1))
        return Reading(
            seconds=seconds,
            server_seconds=ended.server - began.server,
            foreign=min(1.0, max(0.0, share)),
        )

    def _now(self) -> "_Clocks":
        return _Clocks(
            clock=time.perf_counter(),
            server=load_processor_seconds(load_process_tree(self._pid)),
            own=_own_seconds(),
            busy=_busy_seconds(),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clocks:
    """Several clocks, read at the same moment."""

    clock: float
    server: float
    own: float
    busy: float


def _own_seconds() -> float:
    """Return what this program and everything it started has taken."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = load_processor_seconds(load_process_tree(os.getpid()))
    return alive + ended.ru_utime + ended.ru_stime


def _busy_seconds() -> float:
    """Return what all processors together have worked since the machine started."""
    with Path("/proc/stat").open("r", encoding="ascii") as lines:
        columns = [int(column) for column in lines.readline().split()[1:]]
    return sum(columns[at] for at in _BUSY_COLUMNS) / os.sysconf("SC_CLK_TCK")


def describe_machine() -> str:
    """Return processor, memory and systems in a sentence, without a name of the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} processors ({next(_processor_names(), platform.machine())}), "
        f"{memory:.0f} GiB, {platform.system()} {platform.release().partition('-')[0]}, "
        f"Python {platform.python_version()}."
    )


def _processor_names() -> Iterator[str]:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                yield line.partition(":")[2].strip()
