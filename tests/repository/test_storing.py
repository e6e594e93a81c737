"""Small files by the thousand; see also ``tests/mirror/test_bulk.py``."""

from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from blobs.fakes import Act
from repository.stored_bench import CONTENT, FILE, FLASK, OTHER, UNHASHED, UNSIZED, Bench
from repository.stored_bench import opened_bench as opened
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import File, FileRef, ProjectStatus
from wheelyard.repository.storing import LARGEST_BYTES

pytestmark = pytest.mark.anyio

STATED = msgspec.structs.replace(FILE, core_metadata=(("sha256", "0" * 64),))
TOO_MANY = Unavailable("`a file`", "the upstream answered 429", failing="door", retry_seconds=9)


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield files with nothing held, over a door that has the first file's bytes."""
    async with opened(tmp_path, clock) as bench:
        yield bench


async def test_small_file_is_held_with_its_evidence(bench: Bench) -> None:
    """One question, no fill; what is written down is what a fill would have written."""
    storing = bench.stored.storing
    fetched = await storing.fetch(FileRef(FLASK, STATED))
    assert fetched is not None

    kept = await storing.keep(fetched)
    row = await bench.evidence()

    assert kept
    assert row is not None
    assert (row.sha256, row.size, row.source) == (FILE.sha256, len(CONTENT), "files.index.example")
    assert bench.door.requests == 1
    assert FILE.sha256
    assert (await bench.run.fills.parts.store.find(FILE.sha256)) is not None


@pytest.mark.parametrize(
    "file",
    [
        FILE,
        UNHASHED,
        UNSIZED,
        msgspec.structs.replace(STATED, size=LARGEST_BYTES + 1),
        msgspec.structs.replace(STATED, url=""),
    ],
    ids=["wheel-without-stated-metadata", "no-digest", "no-size", "large", "unlisted"],
)
async def test_unusual_file_is_left_to_who_knows(bench: Bench, file: File) -> None:
    """Nobody is asked for it here."""
    assert await bench.stored.storing.fetch(FileRef(FLASK, file)) is None
    assert bench.door.requests == 0


async def test_file_of_a_withdrawn_project_is_not_fetched(bench: Bench) -> None:
    """Policy is asked before anybody else."""
    ref = FileRef(FLASK, STATED, ProjectStatus("quarantined"))

    assert await bench.stored.storing.fetch(ref) is None
    assert bench.door.requests == 0


async def test_file_that_is_known_is_not_fetched(bench: Bench) -> None:
    """Whatever the ledger has of its name."""
    await bench.binds(OTHER)

    assert await bench.stored.storing.fetch(FileRef(FLASK, STATED)) is None
    assert bench.door.requests == 0


@pytest.mark.parametrize(
    "act",
    [
        Act(ends_at=0, error=Absent("`a file`")),
        Act(ends_at=10, error=Unavailable("`a file`", "reset: it was cut")),
        Act(ends_at=10),
    ],
    ids=["absent", "broken", "short"],
)
async def test_what_went_wrong_is_left_to_who_knows_whom_else_to_ask(
    bench: Bench, act: Act
) -> None:
    """A fill continues it, or asks another door."""
    bench.door.act = act

    assert await bench.stored.storing.fetch(FileRef(FLASK, STATED)) is None


async def test_patience_that_is_asked_for_is_told(bench: Bench) -> None:
    """To ask at once in another way would be no patience."""
    bench.door.act = Act(ends_at=0, error=TOO_MANY)

    with pytest.raises(Unavailable) as caught:
        await bench.stored.storing.fetch(FileRef(FLASK, STATED))

    assert caught.value.retry_seconds == 9


async def test_wrong_bytes_are_never_held(bench: Bench) -> None:
    """Of the right length, even: the digest speaks before anything is on the disk."""
    storing = bench.stored.storing
    bench.door.files[FILE.filename] = bytes(reversed(CONTENT))
    fetched = await storing.fetch(FileRef(FLASK, STATED))
    assert fetched is not None

    assert not await storing.keep(fetched)
    assert await bench.evidence() is None
    assert FILE.sha256
    assert await bench.run.fills.parts.store.find(FILE.sha256) is None
