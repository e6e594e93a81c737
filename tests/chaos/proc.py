"""What Linux says about a process: its children, descriptors, threads, memory and CPU time."""

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Use", "cpu_seconds", "holders_of", "links_of", "sockets_of", "use_of", "workers_of"]

_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Use:
    """What a process has for itself."""

    descriptors: int
    threads: int
    memory_bytes: int

    def __str__(self) -> str:
        """Return it as people say it."""
        mebibytes = self.memory_bytes / 1024**2
        return f"{self.descriptors} descriptors, {self.threads} threads, {mebibytes:.1f} MiB"


def use_of(pid: int) -> Use:
    """Return what a process has: neither files that it maps nor what it shares count."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    told = dict(line.split(":", 1) for line in lines)
    memory = int(told["RssAnon"].split()[0]) * 1024
    return Use(len(links_of(pid)), int(told["Threads"]), memory)


def links_of(pid: int) -> list[str]:
    """Return what the descriptors of a process lead to."""
    found = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.append(str(link.readlink()))
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


def sockets_of(pid: int, port: int) -> int:
    """Return how many clients are connected to a port by way of this process."""
    here = f":{port:04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    # 01 is ESTABLISHED; the tenth column is the inode.
    inodes = {row[9] for row in rows if row[1].endswith(here) and row[3] == "01"}
    return sum(link in {f"socket:[{inode}]" for inode in inodes} for link in links_of(pid))


def workers_of(pid: int) -> list[int]:
    """Return the workers of a server: the children that are not the resource tracker."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    lines = {int(child): Path(f"/proc/{child}/cmdline").read_bytes() for child in children}
    return sorted(child for child, line in lines.items() if b"spawn_main" in line)


def holders_of(pids: list[int], suffix: str) -> list[int]:
    """Return those processes that have a file open whose name ends like this."""
    return [pid for pid in pids if any(link.endswith(suffix) for link in links_of(pid))]


def cpu_seconds(pid: int) -> float:
    """Return how long a process has computed."""
    told = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / _TICKS
