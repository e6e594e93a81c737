"""A program of its own, for tests of several processes on one data directory.

::

    child.py fill DIRECTORY SIZE [MIN_FREE]   run one fill, moved by lines on standard input
    child.py sweep DIRECTORY                  be killed at each system call of a fill, one by one

``fill`` prints a line per event: ``begun``, ``got N`` whenever a reader has more than before,
``ledger``, and at the end ``done DIGEST READS`` or ``failed SENTENCE``.
It understands ``allow N``, ``allow`` and ``agree``.
"""

import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256
from pathlib import Path

import anyio
import anyio._backends._asyncio  # once here, not in every fork
import anyio.to_thread

from blobs.fakes import (
    KIB,
    FakeLedger,
    FakeSource,
    Program,
    content_of,
    digest_of,
    program,
    read_all,
    settled,
    wanted,
)
from wheelyard.errors import WheelyardError

SWEPT = ("open", "pwrite", "fsync", "rename", "unlink", "mkdir", "close")


def say(*words: object) -> None:
    """Tell the test what happened."""
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


async def obey(source: FakeSource, ledger: FakeLedger) -> None:
    """Do what standard input says, until it ends."""
    while line := await anyio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        match line.split():
            case ["allow", offset]:
                source.allow(int(offset))
            case ["allow"]:
                source.allow()
            case ["agree"] if ledger.gate is not None:
                ledger.gate.set()


class TalkativeLedger(FakeLedger):
    """A ledger that says when it is asked."""

    async def __call__(self, held: object) -> None:
        """Say so, and wait for ``agree``."""
        say("ledger")
        await super().__call__(held)  # type: ignore[arg-type]  # it is noted and nothing else


async def fill(path: Path, size: int, min_free_bytes: int = 0) -> None:
    """Run one fill."""
    content = content_of(size)
    source = FakeSource(content, gated=True)
    ledger = TalkativeLedger(gate=anyio.Event())
    async with program(path, min_free_bytes=min_free_bytes) as run:
        run.tasks.start_soon(obey, source, ledger)
        blob = await run.join(content, source, ledger)
        say("begun")
        got = bytearray()
        try:
            async for chunk in blob.read():
                got += chunk
                say("got", len(got))
        except WheelyardError as error:
            say("failed", error)
        else:
            say("done", sha256(got).hexdigest(), *source.reads)
        await settled(lambda: not run.fills._running)
    # The thread that waits for the next line would keep the process.
    os._exit(0)


def sweep(path: Path) -> None:
    """Kill a fill at its first system call, its second, and so on; see that the next one is whole.

    Prints ``swept N`` after N kills.
    """
    content = content_of(100 * KIB)
    kills = 0
    while not in_child(partial(swept, path, content, kills + 1)):
        kills += 1
        if not in_child(partial(recovered, path, content)):
            say("not recovered after kill", kills)
            return
        shutil.rmtree(path)
        path.mkdir()
    say("swept", kills)


def in_child(work: Callable[[], Awaitable[None]]) -> bool:
    """Run ``work`` in a fork; say whether it ended well."""
    child = os.fork()
    if not child:
        try:
            anyio.run(work)
        finally:
            sys.stdout.flush()
            os._exit(0 if sys.exc_info()[0] is None else 1)
    _, status = os.waitpid(child, 0)
    return status == 0


async def one_fill(run: Program, path: Path, content: bytes) -> bytes:
    """Return what a reader gets; the ledger is a file."""

    async def note(_: object) -> None:
        with (path / "ledger").open("a") as ledger:
            ledger.write("asked\n")

    blob = await run.fills.join(wanted(content), FakeSource(content), note)
    got = await read_all(blob)
    await settled(lambda: not run.fills._running)
    return got


async def swept(path: Path, content: bytes, at: int) -> None:
    """Run a fill that dies at a system call on its data directory."""
    left = [at]

    def counted(call: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: object, **options: object) -> object:
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
            return call(*arguments, **options)

        return run

    async with program(path) as run:
        for name in SWEPT:
            setattr(os, name, counted(getattr(os, name)))
        await one_fill(run, path, content)


async def recovered(path: Path, content: bytes) -> None:
    """Check what the killed one left, and that the next one gets everything right."""
    async with program(path) as run:
        for held in run.held:
            assert sha256(held.read_bytes()).hexdigest() == held.name
        assert await one_fill(run, path, content) == content
        assert (path / "ledger").read_text()
        assert [held.name for held in run.held] == [digest_of(content)]
        assert (run.spool, run.locks) == ([], [])


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["fill", directory, *numbers]:
            anyio.run(partial(fill, Path(directory), *map(int, numbers)))
        case ["sweep", directory]:
            sweep(Path(directory))
        case _:
            say(__doc__)
