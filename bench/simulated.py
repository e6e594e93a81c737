"""The other end of `upstream`: obey lines on standard input until there are no more."""

import sys
from typing import assert_never

import msgspec

from bench.upstream import AddFile, AddNames, AddPage, Ask, Count, Slow, Told
from support.packages import make_stub
from support.simulator import PYPI, Repeated, Request, Simulator, slow

__all__ = ["main", "obey"]

BLOCK_BYTES = 256 * 1024
# Small, because a network flows; with large ones the first byte of each would be late.
METERED_BYTES = 128 * 1024


def main() -> None:
    """Run a simulator until standard input ends."""
    with Simulator(PYPI) as upstream:
        say(Told(upstream.base_url))
        for line in sys.stdin.buffer:
            say(obey(upstream, msgspec.json.decode(line, type=Ask)))


def obey(upstream: Simulator, ask: Ask) -> Told:
    """Do what one line says."""
    match ask:
        case AddPage(project, files):
            upstream.add_synthetic(project, files)
        case AddFile(project, size):
            add_file(upstream, project, size)
        case AddNames(names):
            upstream.add_many(names)
        case Slow(latency_seconds, bytes_per_second):
            slow_down(upstream, latency_seconds, bytes_per_second)
        case Count(project):
            return count(upstream, project)
        case _:
            assert_never(ask)
    return Told(upstream.base_url)


def add_file(upstream: Simulator, project: str, size: int) -> None:
    """List one file whose bytes, made of its project's name, no other file has."""
    line = f"{project}\n".encode()
    block = line * (BLOCK_BYTES // len(line))
    upstream.add(make_stub(project, "1.0"), body=Repeated(size, block))


def slow_down(upstream: Simulator, latency_seconds: float, bytes_per_second: int | None) -> None:
    """Be as slow as this from now on, and not slower than this."""
    upstream.clear_faults()
    upstream.latency_seconds = latency_seconds
    if bytes_per_second is not None:
        seconds = METERED_BYTES / bytes_per_second
        upstream.fault("file", slow(seconds, chunk_bytes=METERED_BYTES))


def count(upstream: Simulator, project: str) -> Told:
    """Return how often the file of `project` was asked for, and how much of it was sent."""

    def is_meant(request: Request) -> bool:
        filename = f"{project.replace('-', '_')}-1.0-py3-none-any.whl"
        wanted = request.kind == "file" and request.method == "GET"
        return wanted and request.path.endswith(filename)

    asked = upstream.asked(is_meant)
    return Told(upstream.base_url, len(asked), sum(each.sent_bytes for each in asked))


def say(told: Told) -> None:
    """Write one line."""
    sys.stdout.buffer.write(msgspec.json.encode(told) + b"\n")
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
