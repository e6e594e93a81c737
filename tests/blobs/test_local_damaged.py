"""A held file is proven before it is given out, and remembered; damage is put away. F37 to F39."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from blobs.fakes import (
    KIB,
    FakeSource,
    at_rest,
    content_of,
    digest_of,
    program,
    read_all,
    read_error,
)
from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine, local
from wheelyard.blobs.proofs import Seen, Stamp, read_whole
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio

CONTENT = content_of(700 * KIB)
DIGEST = digest_of(CONTENT)


def flip(path: Path) -> None:
    """Change one bit."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    """Lose the end."""
    path.write_bytes(path.read_bytes()[:1000])


def zero(path: Path) -> None:
    """Keep the length and nothing else, as some file systems do after a power cut."""
    path.write_bytes(bytes(path.stat().st_size))


def empty(path: Path) -> None:
    """Lose every byte."""
    path.write_bytes(b"")


def failing(number: int) -> Callable[..., bytes]:
    """Return a system call that fails."""

    def fail(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    return fail


DAMAGES = [flip, cut, zero, empty]


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobs:
    """Return an empty store."""
    for name in ("blobs", "spool"):
        (tmp_path / name).mkdir()
    quarantine = Quarantine(tmp_path / "quarantine")
    return LocalBlobs(tmp_path / "blobs", tmp_path / "spool", DiskThreads(), quarantine)


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Return the files that were read whole; none counts as changed just now."""
    read: list[Path] = []

    def noting(path: Path) -> Seen:
        read.append(path)
        return read_whole(path)

    monkeypatch.setattr(local, "read_whole", noting)
    monkeypatch.setattr(Stamp, "is_settled", lambda _: True)
    return read


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damaged_file_is_not_held_and_goes_into_the_quarantine(
    store: LocalBlobs, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """Whatever happened to it, and whether or not anybody knows its length."""
    await store.put(CONTENT)
    damage(store.path(DIGEST))
    wrong = store.path(DIGEST).read_bytes()

    found = await store.find(DIGEST)

    assert found is None
    assert not store.path(DIGEST).exists()
    assert [path.read_bytes() for path in (tmp_path / "quarantine").iterdir()] == [wrong]
    assert store.quarantine.count == 1


async def test_damage_after_the_proof_is_seen(store: LocalBlobs, readings: list[Path]) -> None:
    """A file that looks different is read again."""
    await store.put(CONTENT)
    await store.find(DIGEST)
    cut(store.path(DIGEST))

    assert await store.find(DIGEST) is None
    assert len(readings) == 2


async def test_proven_file_is_not_read_again(store: LocalBlobs, readings: list[Path]) -> None:
    """Warm speed: one look at the directory entry is all that it costs."""
    await store.put(CONTENT)

    for _ in range(3):
        assert await store.find(DIGEST, len(CONTENT)) is not None

    assert readings == [store.path(DIGEST)]


async def test_proof_ends_when_the_disk_fails(
    store: LocalBlobs, readings: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A place that cannot be read any more must not fail for ever. Fault F37."""
    await store.put(CONTENT)
    proven = await store.find(DIGEST)
    assert proven is not None
    with monkeypatch.context() as broken:
        broken.setattr(os, "pread", failing(errno.EIO))
        await read_error(proven)

    await store.find(DIGEST)

    assert len(readings) == 2


async def test_file_that_the_disk_cannot_read_stays(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no proof of damage: another day, or another cable, and it is right. Fault F37."""
    await store.put(CONTENT)
    with monkeypatch.context() as broken:
        broken.setattr(os, "read", failing(errno.EIO))
        with pytest.raises(Unavailable) as caught:
            await store.find(DIGEST)

    assert caught.value.is_ours
    assert store.quarantine.count == 0
    assert await store.find(DIGEST) is not None


async def test_good_file_of_another_length_than_stated_stays(
    store: LocalBlobs, tmp_path: Path
) -> None:
    """It is the page that is wrong."""
    await store.put(CONTENT)

    found = await store.find(DIGEST, 5)

    assert found is None
    assert store.path(DIGEST).exists()
    assert not (tmp_path / "quarantine").exists()


async def test_keeping_replaces_what_is_damaged(store: LocalBlobs) -> None:
    """Something under the right name is not reason enough to leave out the right bytes."""
    await store.put(CONTENT)
    flip(store.path(DIGEST))

    await store.put(CONTENT)

    assert store.path(DIGEST).read_bytes() == CONTENT


async def test_error_of_the_disk_condemns_no_file(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says nothing about the bytes."""

    def fail(_: Path) -> Seen:
        raise PermissionError

    await store.put(CONTENT)
    monkeypatch.setattr(local, "read_whole", fail)

    with pytest.raises(Unavailable):
        await store.find(DIGEST)

    assert store.path(DIGEST).exists()


@pytest.mark.parametrize("damage", [*DAMAGES, Path.unlink])
async def test_damaged_file_is_fetched_anew_for_the_one_who_asks(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    """The same request gets the right bytes, and the store has them again."""
    source = FakeSource(CONTENT)
    async with program(tmp_path) as run:
        await read_all(await run.join(CONTENT, source))
        await at_rest(run)
        damage(run.store.path(DIGEST))

        got = await read_all(await run.join(CONTENT, source))
        await at_rest(run)
        again = await run.store.find(DIGEST)

    assert got == CONTENT
    assert len(source.reads) == 2
    assert again is not None


@pytest.mark.blocking  # the store is asked in place of the thread that would ask it
async def test_to_say_that_a_file_is_there_it_is_not_read(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page of a thousand large files is shown at once; whoever reads one learns what it is."""
    await store.put(CONTENT)
    zero(store.path(DIGEST))
    monkeypatch.setattr(local, "read_whole", failing(errno.EIO))

    assert store.has_now(DIGEST)
    assert store.has_now(DIGEST, len(CONTENT))
    assert not store.has_now(DIGEST, len(CONTENT) + 1)
    assert not store.has_now(digest_of(b"another"))
