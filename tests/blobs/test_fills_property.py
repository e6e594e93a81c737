"""Whatever sources do and whenever readers come and go: nobody gets wrong bytes as a whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio
from anyio.lowlevel import checkpoint
from hypothesis import given, note
from hypothesis import strategies as st

from blobs.fakes import (
    BROKEN,
    KIB,
    Act,
    FakeSource,
    Program,
    content_of,
    digest_of,
    open_descriptors,
    program,
    read_all,
    settled,
)
from wheelyard.blobs import Blob, Wanted, reading
from wheelyard.errors import WheelyardError

SIZES = (1, 40 * KIB, 64 * KIB + 1, 400 * KIB)


@dataclass(frozen=True, slots=True)
class Reader:
    """Comes at a step, in one of two processes, reads a part, and may leave within it."""

    comes_at: int
    second_process: bool
    start: int
    length: int | None
    leaves_after: int | None

    @property
    def stop(self) -> int | None:
        """Where its part ends."""
        return None if self.length is None else self.start + self.length


@dataclass(frozen=True, slots=True)
class Wave:
    """One source, and those who read from it."""

    acts: Sequence[Act]
    steps: Sequence[int]
    readers: Sequence[Reader]


OFFSETS = st.one_of(st.integers(0, 400 * KIB + 10), st.sampled_from(SIZES))
ACTS = st.builds(
    Act,
    ends_at=st.none() | OFFSETS,
    error=st.sampled_from([None, None, BROKEN, KeyError("a mistake")]),
    wrong_at=st.none() | OFFSETS,
    extra=st.sampled_from([b"", b"", b"x", bytes(20 * KIB)]),
    size=st.sampled_from([-1, -1, None, 7]),
)
READERS = st.builds(
    Reader,
    comes_at=st.integers(0, 3),
    second_process=st.booleans(),
    start=st.just(0) | OFFSETS,
    length=st.none() | OFFSETS,
    leaves_after=st.none() | OFFSETS,
)
WAVES = st.builds(
    Wave,
    acts=st.lists(ACTS, min_size=1, max_size=4),
    steps=st.lists(OFFSETS, max_size=3),
    readers=st.lists(READERS, min_size=1, max_size=5),
)


@given(
    size=st.sampled_from(SIZES),
    states_size=st.booleans(),
    algorithm=st.sampled_from(["sha256", "sha256", "md5"]),
    waves=st.lists(WAVES, min_size=1, max_size=3),
)
def test_nobody_gets_wrong_bytes_as_a_whole(
    size: int, *, states_size: bool, algorithm: str, waves: list[Wave]
) -> None:
    """Every reader that ends well has exactly its part; nothing wrong is stored; nothing is left.

    And when at last the source behaves, whoever asks twice is served.
    """
    content = content_of(size)
    digest = digest_of(content)
    if algorithm == "md5":
        digest_md5 = md5(content, usedforsecurity=False).hexdigest()
        wish = Wanted("main/a/a.whl", "`a.whl`", (("md5", digest_md5),))
    else:
        wish = Wanted(digest, "`a.whl`", (("sha256", digest),))
    if states_size:
        wish = Wanted(wish.key, wish.what, wish.hashes, size)
    with TemporaryDirectory() as directory:
        anyio.run(play, Path(directory), wish, content, waves)


async def play(path: Path, wish: Wanted, content: bytes, waves: Sequence[Wave]) -> None:
    """Run the waves, one after another, then one that is as it should be."""
    async with program(path) as run, program(path) as other:
        runs = (run, other)
        for wave in waves:
            source = FakeSource(content, *wave.acts, gated=True)
            async with anyio.create_task_group() as tasks:
                for reader in wave.readers:
                    one = runs[reader.second_process]
                    tasks.start_soon(read_as, one, reader, wish, source)
                for step in wave.steps:
                    source.allow(step)
                    await checkpoint()
                source.allow()
            await settled(lambda: not (run.fills._running or other.fills._running))
            for held in run.held:
                assert held.read_bytes() == content
            assert run.locks == []
            assert set(run.spool) <= {".part"}
        good = Reader(0, second_process=False, start=0, length=None, leaves_after=None)
        last = await read_as(run, good, wish, FakeSource(content))
        await settled(lambda: not run.fills._running)
        # What a wrong source left may spoil one more answer, never two.
        last = last or await read_all(await run.join(wish, FakeSource(content)))

        assert last == content
        assert [held.read_bytes() for held in run.held] == [content]
        assert (run.spool, run.locks, open_descriptors(path)) == ([], [], [])


async def read_as(run: Program, reader: Reader, wish: Wanted, source: FakeSource) -> bytes | None:
    """Return what ``reader`` gets if it ends well, having seen that it is right."""
    for _ in range(reader.comes_at * 20):
        await checkpoint()
    blob = await run.join(wish, source)
    try:
        got = await read_until(blob, reader)
    except WheelyardError as error:
        note(f"{reader}: {error}")
        return None
    assert got is None or got == source.content[reader.start : reader.stop]
    return got


async def read_until(blob: Blob, reader: Reader) -> bytes | None:
    """Return what was read, or None if the reader left before the end."""
    got = bytearray()
    async with reading(blob, reader.start, reader.stop) as chunks:
        async for chunk in chunks:
            got += chunk
            if reader.leaves_after is not None and len(got) > reader.leaves_after:
                return None
    return bytes(got)
