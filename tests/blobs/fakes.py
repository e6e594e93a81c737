"""Sources that misbehave as told, a ledger, and a program that runs fills for a test."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from random import Random

import anyio
from anyio.abc import TaskGroup

from wheelyard.blobs import (
    Blob,
    DiskThreads,
    FillingParts,
    FillRules,
    Fills,
    HeldBlob,
    KeyLock,
    KeyLocks,
    LocalBlobs,
    Quarantine,
    SpoolBudget,
    Wanted,
    reading,
)
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.names import Sha256

__all__ = [
    "BROKEN",
    "DEADLINE_SECONDS",
    "FAST",
    "KIB",
    "MIB",
    "Act",
    "FakeLedger",
    "FakeSource",
    "Program",
    "at_rest",
    "content_of",
    "digest_of",
    "gather",
    "nothing_is_left",
    "open_descriptors",
    "program",
    "read_all",
    "read_error",
    "settled",
    "wanted",
]

KIB = 1024
MIB = 1024**2

DEADLINE_SECONDS = 180
"""Far more than any of these tests takes; a test that hangs fails by this."""

FAST = FillRules(pause_seconds=0, poll_seconds=0.002, orphan_check_seconds=0.01)
"""Nobody waits for anything in a test."""


def content_of(size: int, seed: int = 0) -> bytes:
    """Return ``size`` bytes in which every position is recognisable."""
    return Random(seed).randbytes(size)


def digest_of(content: bytes) -> Sha256:
    """Return the SHA-256 of ``content``."""
    return Sha256(sha256(content).hexdigest())


def wanted(content: bytes, *, size: int | None = -1, key: str = "") -> Wanted:
    """Return the wish for ``content`` by its digest and its length; None: nobody states that."""
    digest = digest_of(content)
    known = len(content) if size == -1 else size
    return Wanted(key or digest, "`a.whl`", (("sha256", digest),), known)


@dataclass(frozen=True, slots=True)
class Act:
    """What a source does in one read: where it ends or breaks, which byte is wrong, what is added.

    Offsets are those in the file.
    """

    ends_at: int | None = None
    error: Exception | None = None
    wrong_at: int | None = None
    extra: bytes = b""
    size: int | None = -1

    def bytes_of(self, content: bytes) -> bytes:
        """Return the whole that this source would give."""
        given = bytearray(content[: self.ends_at])
        if self.wrong_at is not None and self.wrong_at < len(given):
            given[self.wrong_at] ^= 1
        return bytes(given) + self.extra


class FakeSource:
    """A source that plays one act per read; the last one is repeated.

    With ``gated=True`` no byte comes but those before the offset given to ``allow``.
    """

    def __init__(
        self, content: bytes, *acts: Act, gated: bool = False, chunk_bytes: int = 16 * KIB
    ) -> None:
        self.content = content
        self.acts = acts or (Act(),)
        self.chunk_bytes = chunk_bytes
        self.reads: list[int] = []
        self.closed = 0
        self.size: int | None = None
        self.sha256: Sha256 | None = None
        self._allowed: float = 0 if gated else float("inf")
        self._moved = anyio.Event()

    def allow(self, offset: float = float("inf")) -> None:
        """Let the bytes before ``offset`` come."""
        self._allowed = offset
        self._moved.set()
        self._moved = anyio.Event()

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Play the next act."""
        act = self.acts[min(len(self.reads), len(self.acts) - 1)]
        self.reads.append(start)
        whole = act.bytes_of(self.content)
        try:
            for position in range(start, len(whole), self.chunk_bytes):
                end = min(position + self.chunk_bytes, len(whole))
                while self._allowed < end:
                    await self._moved.wait()
                self._tell_size(act)
                yield whole[position:end]
            self._tell_size(act)
            if act.error is not None:
                raise act.error
        finally:
            self.closed += 1

    def _tell_size(self, act: Act) -> None:
        """Say the length that this act claims."""
        self.size = len(self.content) if act.size == -1 else act.size


@dataclass(slots=True)
class FakeLedger:
    """Notes what it was asked; refuses or fails on demand; waits while ``gate`` is closed."""

    asked: list[HeldBlob] = field(default_factory=list)
    error: Exception | None = None
    gate: anyio.Event | None = None

    async def __call__(self, held: HeldBlob) -> None:
        """Agree, or raise ``error``."""
        self.asked.append(held)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error


@dataclass(frozen=True, slots=True)
class Program:
    """Fills that run, and the directories they run on."""

    fills: Fills
    path: Path
    tasks: TaskGroup
    ledger: FakeLedger = field(default_factory=FakeLedger)

    @property
    def store(self) -> LocalBlobs:
        """Where proven files are."""
        return self.fills.parts.store

    @property
    def spool(self) -> list[str]:
        """The kinds of files that are in the spool now."""
        return sorted(path.suffix for path in self.fills.spool.iterdir())

    @property
    def held(self) -> list[Path]:
        """Every file in the store."""
        return [path for path in (self.path / "blobs").rglob("*") if path.is_file()]

    @property
    def locks(self) -> list[Path]:
        """Every lock file."""
        return list((self.path / "locks").iterdir())

    async def dead(self, key: str, note: bytes) -> KeyLock:
        """Return the lock of ``key`` as a holder has it that wrote ``note`` and then was killed.

        It is dead once its descriptor is closed.
        """
        lock = await self.fills.parts.disk.run(self.fills.locks.try_lock, key)
        assert lock is not None
        lock.write(note)
        return lock

    async def join(
        self, content: bytes | Wanted, source: Blob, ledger: FakeLedger | None = None
    ) -> Blob:
        """Join the fill of ``content``."""
        wish = content if isinstance(content, Wanted) else wanted(content)
        return await self.fills.join(wish, source, ledger or self.ledger)


@asynccontextmanager
async def program(
    path: Path,
    *,
    rules: FillRules = FAST,
    max_bytes: int = 1024 * MIB,
    min_free_bytes: int = 0,
) -> AsyncIterator[Program]:
    """Run fills on the data directory ``path``; cancel them at the end, as a shutdown does.

    Two of these on one directory see each other as two processes would.
    """
    directories = [path / name for name in ("blobs", "spool", "locks")]
    for directory in directories:
        directory.mkdir(exist_ok=True)
    blobs, spool, locks = directories
    disk = DiskThreads()
    budget = SpoolBudget(spool, max_bytes=max_bytes, min_free_bytes=min_free_bytes)
    store = LocalBlobs(blobs, spool, disk, Quarantine(path / "quarantine"))
    parts = FillingParts(store, budget, disk, rules)
    with anyio.fail_after(DEADLINE_SECONDS):
        async with anyio.create_task_group() as tasks:
            yield Program(Fills(parts, spool, KeyLocks(locks), tasks), path, tasks)
            tasks.cancel_scope.cancel()


async def read_all(blob: Blob, start: int = 0, stop: int | None = None) -> bytes:
    """Return everything that a reader gets."""
    return b"".join([chunk async for chunk in blob.read(start, stop)])


async def read_error(blob: Blob, start: int = 0, stop: int | None = None) -> tuple[bytes, str]:
    """Return what a reader gets before the error that must come, and the error's class."""
    got = bytearray()
    try:
        async with reading(blob, start, stop) as chunks:
            async for chunk in chunks:
                got += chunk
    except WheelyardError as error:
        return bytes(got), type(error).__name__
    return bytes(got), "no error"


async def settled(condition: Callable[[], bool]) -> None:
    """Return once ``condition`` holds; the deadline is the caller's."""
    while not condition():  # noqa: ASYNC110  what is waited for has no event of its own
        await anyio.sleep(0.001)


async def at_rest(*runs: Program) -> None:
    """Return once no fill runs."""
    await settled(lambda: not any(run.fills._running for run in runs))


async def nothing_is_left(run: Program) -> bool:
    """Say whether neither store nor spool nor locks have anything, nor a descriptor is open."""
    await at_rest(run)
    return not (run.held or run.spool or run.locks or open_descriptors(run.path))


async def gather(*blobs: Blob) -> list[bytes]:
    """Return what as many readers get at the same time."""
    got: list[bytes] = []

    async def read(blob: Blob) -> None:
        got.append(await read_all(blob))

    async with anyio.create_task_group() as tasks:
        for blob in blobs:
            tasks.start_soon(read, blob)
    return got


def open_descriptors(path: Path) -> list[str]:
    """Return the files below ``path`` that this process has open."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            found.append(str(descriptor.readlink()))
    return [target for target in found if target.startswith(str(path))]


BROKEN = Unavailable("`a.whl`", "reset: the connection was cut")
