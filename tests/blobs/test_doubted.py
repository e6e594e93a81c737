"""A large file is proven while it is read, and never complete if it is damaged. Fault F38."""

from pathlib import Path

import pytest

from blobs.fakes import KIB, content_of, open_descriptors, read_all, read_error
from wheelyard.blobs import Blob, DiskThreads, LocalBlobs, Quarantine, is_arriving, local, reading
from wheelyard.blobs.doubted import DoubtedBlob
from wheelyard.blobs.proofs import Stamp
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio

CONTENT = content_of(700 * KIB)


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalBlobs:
    """Return a store for which every file is a large one, and none was changed just now."""
    monkeypatch.setattr(local, "PROVEN_FIRST_BYTES", 0)
    monkeypatch.setattr(Stamp, "is_settled", lambda _: True)
    for name in ("blobs", "spool"):
        (tmp_path / name).mkdir()
    quarantine = Quarantine(tmp_path / "quarantine")
    return LocalBlobs(tmp_path / "blobs", tmp_path / "spool", DiskThreads(), quarantine)


@pytest.fixture
async def digest(store: LocalBlobs) -> Sha256:
    """Return the digest of the file that the store holds."""
    return await store.put(CONTENT)


async def look(store: LocalBlobs, digest: Sha256) -> Blob | None:
    """Return what the store gives to a reader."""
    return await DiskThreads().run(store.look_now, digest, len(CONTENT))


async def looked_at(store: LocalBlobs, digest: Sha256) -> DoubtedBlob:
    """Return what the store gives to a reader before anybody has read the file."""
    found = await look(store, digest)
    assert isinstance(found, DoubtedBlob)
    return found


def damage(store: LocalBlobs, digest: Sha256) -> None:
    """Flip a bit in the middle of the held file."""
    wrong = bytearray(CONTENT)
    wrong[350 * KIB] ^= 1
    store.path(digest).write_bytes(wrong)


async def test_whole_file_is_proven_by_its_first_reader(
    store: LocalBlobs, digest: Sha256, tmp_path: Path
) -> None:
    """The digest is a promise before, and a fact after; the next reader finds it proven."""
    blob = await looked_at(store, digest)
    before = blob.sha256

    got = await read_all(blob)

    assert (before, blob.sha256) == (None, digest)
    assert got == CONTENT
    assert not isinstance(await look(store, digest), DoubtedBlob)
    assert open_descriptors(tmp_path) == []


async def test_part_of_a_file_is_given_once_the_whole_is_proven(
    store: LocalBlobs, digest: Sha256
) -> None:
    """Also if the damage would be elsewhere."""
    blob = await looked_at(store, digest)

    got = await read_all(blob, 10, 20)

    assert got == CONTENT[10:20]
    assert blob.sha256 == digest


async def test_damaged_file_is_never_complete(
    store: LocalBlobs, digest: Sha256, tmp_path: Path
) -> None:
    """What was given is short of the end; the file has left the store."""
    damage(store, digest)
    blob = await looked_at(store, digest)

    got, error = await read_error(blob)

    assert error == "Corrupt"
    assert len(got) < len(CONTENT)
    assert await look(store, digest) is None
    assert len(list((tmp_path / "quarantine").iterdir())) == 1


async def test_part_of_a_damaged_file_is_not_given(store: LocalBlobs, digest: Sha256) -> None:
    """Not a byte of it: nobody knows which ones are right."""
    damage(store, digest)

    assert await read_error(await looked_at(store, digest), 10, 20) == (b"", "Corrupt")
    assert await look(store, digest) is None


async def test_reader_that_leaves_proves_nothing(
    store: LocalBlobs, digest: Sha256, tmp_path: Path
) -> None:
    """And holds nothing open."""
    blob = await looked_at(store, digest)
    async with reading(blob) as chunks:
        async for _ in chunks:
            break

    assert blob.sha256 is None
    assert open_descriptors(tmp_path) == []


async def test_doubted_file_is_here_already(store: LocalBlobs, digest: Sha256) -> None:
    """It is on this disk, so nobody waits for it to arrive."""
    blob = await looked_at(store, digest)

    assert not is_arriving(blob)
    assert (blob.size, blob.path) == (len(CONTENT), store.path(digest))
