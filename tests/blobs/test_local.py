"""The store on disk: durable before visible, and honest about damage."""

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from blobs.fakes import KIB, content_of, digest_of, open_descriptors, read_all, read_error
from wheelyard.blobs import DiskThreads, HeldBlob, LocalBlobs, Quarantine, reading
from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.errors import Unavailable
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio

CONTENT = content_of(700 * KIB)


@pytest.fixture
def store(tmp_path: Path) -> LocalBlobs:
    """Return an empty store."""
    for name in ("blobs", "spool"):
        (tmp_path / name).mkdir()
    return LocalBlobs(
        tmp_path / "blobs", tmp_path / "spool", DiskThreads(), Quarantine(tmp_path / "quarantine")
    )


def files_below(path: Path) -> list[Path]:
    """Return every file below ``path``."""
    return [found for found in path.rglob("*") if found.is_file()]


async def held(store: LocalBlobs, content: bytes = CONTENT) -> HeldBlob:
    """Return ``content`` as a held blob."""
    found = await store.find(await store.put(content))
    assert found is not None
    return found


async def test_what_is_kept_is_found(store: LocalBlobs, tmp_path: Path) -> None:
    """Bytes go in, the same bytes come out, and nothing stays in the spool."""
    digest = await store.put(CONTENT)

    found = await store.find(digest)
    assert found is not None
    assert (found.sha256, found.size) == (digest_of(CONTENT), len(CONTENT))
    assert await read_all(found) == CONTENT
    assert files_below(tmp_path / "spool") == []


async def test_what_is_not_kept_is_not_found(store: LocalBlobs) -> None:
    """Absence is a value, not an error."""
    assert await store.find(digest_of(b"")) is None


async def test_lengths_of_many_files_are_looked_up_at_once(store: LocalBlobs) -> None:
    """One that is not there has none."""
    digest, never = await store.put(b"content"), Sha256("0" * 64)

    assert await DiskThreads().run(store.sizes_now, [digest, never]) == {digest: 7, never: None}


async def test_keeping_twice_keeps_one(store: LocalBlobs, tmp_path: Path) -> None:
    """The same bytes have one place."""
    await store.put(CONTENT)
    await store.put(CONTENT)

    assert len(files_below(tmp_path / "blobs")) == 1


async def test_kept_file_is_for_its_owner_only(store: LocalBlobs) -> None:
    """Private packages are not for every user of the machine."""
    blob = await held(store)

    assert stat.S_IMODE(blob.path.stat().st_mode) == 0o600


async def test_removed_blob_is_not_found(store: LocalBlobs) -> None:
    """Removing is forgetting, also twice."""
    digest = await store.put(CONTENT)

    await store.remove(digest)
    await store.remove(digest)

    assert await store.find(digest) is None


async def test_damaged_blob_is_not_found_and_heals(store: LocalBlobs) -> None:
    """Whoever knows the length gets no file of another one; the next one that is kept replaces it.

    Fault F38.
    """
    blob = await held(store)
    blob.path.write_bytes(CONTENT[:100])

    found = await store.find(blob.sha256, len(CONTENT))
    await store.put(CONTENT)

    assert found is None
    assert await read_all(await held(store)) == CONTENT


@pytest.mark.parametrize(
    ("start", "stop"),
    [
        pytest.param(0, None, id="whole"),
        pytest.param(5, 5, id="nothing"),
        pytest.param(0, 1, id="first"),
        pytest.param(700 * KIB - 1, None, id="last"),
        pytest.param(CHUNK_BYTES - 1, CHUNK_BYTES + 1, id="across-chunks"),
        pytest.param(0, CHUNK_BYTES, id="one-chunk"),
        pytest.param(100, 10**9, id="past-the-end"),
        pytest.param(10**9, None, id="behind-the-end"),
    ],
)
async def test_any_part_is_read_exactly(store: LocalBlobs, start: int, stop: int | None) -> None:
    """Offsets mean what they say, in chunks that are never larger than promised."""
    blob = await held(store)

    chunks = [chunk async for chunk in blob.read(start, stop)]

    assert b"".join(chunks) == CONTENT[start:stop]
    assert all(len(chunk) <= CHUNK_BYTES for chunk in chunks)


async def test_short_file_is_corrupt(store: LocalBlobs) -> None:
    """A file that was cut behind our back never ends well. Fault F38."""
    blob = await held(store)
    blob.path.write_bytes(CONTENT[: 400 * KIB])

    got, error = await read_error(blob)

    assert (got, error) == (CONTENT[: 400 * KIB], "Corrupt")


async def test_small_file_that_was_cut_is_corrupt(store: LocalBlobs) -> None:
    """Also if it is read in one go."""
    blob = await held(store, b"0123456789")
    blob.path.write_bytes(b"0123")

    assert await read_error(blob) == (b"0123", "Corrupt")


async def test_vanished_file_is_unavailable(store: LocalBlobs) -> None:
    """It is fetched again when it is asked for again. Fault F39."""
    blob = await held(store)
    blob.path.unlink()

    assert await read_error(blob) == (b"", "Unavailable")


async def test_disk_that_cannot_read_is_unavailable(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EIO says nothing about the file upstream. Fault F37."""
    blob = await held(store)
    monkeypatch.setattr(os, "pread", failing(errno.EIO))

    assert await read_error(blob) == (b"", "Unavailable")


async def test_reader_closes_its_file(store: LocalBlobs, tmp_path: Path) -> None:
    """At the end, after an error, and when it leaves early."""
    blob = await held(store)
    await read_all(blob)
    async with reading(blob) as chunks:
        async for _ in chunks:
            break
    blob.path.write_bytes(CONTENT[:10])
    await read_error(blob)

    assert open_descriptors(tmp_path) == []


async def test_blob_is_durable_before_it_is_visible(
    store: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file, then its name, then the directory; the directories above before all of them."""
    steps: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noting_sync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append(f"sync {path.relative_to(tmp_path).parts[0]}/{path.is_dir() and path.name}")
        sync(descriptor)

    def noting_rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(Path, "rename", noting_rename)

    digest = await store.put(b"x")

    first, second = digest[:2], digest[2:4]
    assert steps == [
        "sync spool/False",
        "sync blobs/blobs",
        f"sync blobs/{first}",
        "rename",
        f"sync blobs/{second}",
    ]


async def test_files_that_belong_together_take_each_step_together(
    store: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file, then every directory above, then every name: none before its bytes are safe."""
    steps: list[str] = []
    sync, rename = os.fsync, Path.rename

    def noting_sync(descriptor: int) -> None:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append(str(path.relative_to(tmp_path)) if path.is_dir() else "file")
        sync(descriptor)

    def noting_rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return rename(path, target)

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(Path, "rename", noting_rename)
    finished = tmp_path / "spool" / "finished"
    finished.write_bytes(CONTENT)

    held = await DiskThreads().run(store.adopt, finished, digest_of(CONTENT), [b"beside"])

    shelves = [f"blobs/{digest[:2]}" for digest in (digest_of(CONTENT), digest_of(b"beside"))]
    assert (held.sha256, held.size) == (digest_of(CONTENT), len(CONTENT))
    assert await store.find(digest_of(b"beside")) is not None
    assert steps[:5] == ["file", "file", "blobs", *shelves]
    assert steps[5:7] == ["rename", "rename"]
    assert [step.rpartition("/")[0] for step in steps[7:]] == shelves
    assert files_below(tmp_path / "spool") == []


async def test_what_could_not_be_kept_takes_what_belongs_to_it_along(
    store: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it becomes blobs, or nobody relies on any of it."""
    finished = tmp_path / "spool" / "finished"
    finished.write_bytes(CONTENT)
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))

    with pytest.raises(OSError, match="Input/output error"):
        await DiskThreads().run(store.adopt, finished, digest_of(CONTENT), [b"beside"])

    assert files_below(tmp_path) == []


@pytest.mark.parametrize("which", ["file", "directory"])
async def test_failed_sync_kills_the_blob(
    store: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    """After a failed fsync nobody knows what is on the disk, so nothing is kept. Fault F37."""
    await store.remove(await store.put(CONTENT))  # so that its directories are durable already
    sync = os.fsync

    def fail(descriptor: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        if is_directory == (which == "directory"):
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(Unavailable, match="Input/output error"):
        await store.put(CONTENT)

    assert await store.find(digest_of(CONTENT)) is None
    assert files_below(tmp_path / "spool") == []
    assert open_descriptors(tmp_path) == []


async def test_file_that_could_not_be_synced_is_not_left_to_be_taken_over(
    store: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A later fsync would pass although the bytes are lost, so the bytes have to go."""
    part = tmp_path / "spool" / "a.part"
    part.write_bytes(CONTENT)
    monkeypatch.setattr(os, "fsync", failing(errno.EIO))

    with pytest.raises(OSError, match="Input/output error"):
        await DiskThreads().run(store.adopt, part, digest_of(CONTENT))

    assert not part.exists()


async def test_full_disk_leaves_nothing(
    store: LocalBlobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a blob is no blob. Fault F36."""
    monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))

    with pytest.raises(Unavailable, match="the disk is full"):
        await store.put(CONTENT)

    assert files_below(tmp_path) == []


async def test_directories_that_were_removed_are_made_again(store: LocalBlobs) -> None:
    """Who tidies up empty directories breaks nothing."""
    blob = await held(store)
    await store.remove(blob.sha256)
    blob.path.parent.rmdir()
    blob.path.parent.parent.rmdir()

    assert await read_all(await held(store)) == CONTENT


async def test_disk_that_cannot_tell_is_unavailable(store: LocalBlobs, tmp_path: Path) -> None:
    """Only "no such file" means that it is not held."""
    digest = digest_of(b"")
    (tmp_path / "blobs" / digest[:2]).write_bytes(b"a file where a directory should be")

    with pytest.raises(Unavailable):
        await store.find(digest)


def failing(number: int) -> Callable[..., bytes]:
    """Return a system call that fails."""

    def call(*_: object) -> bytes:
        raise OSError(number, os.strerror(number))

    return call


async def test_what_is_set_aside_is_not_held_any_more(store: LocalBlobs, tmp_path: Path) -> None:
    """It is in the spool, to be deleted; who reads it has it to its end."""
    blob = await held(store)

    async with reading(blob) as chunks:
        got = await anext(chunks)
        place = await blob.disk.run(store.set_aside_now, blob.sha256)
        assert place is not None
        await blob.disk.run(place.unlink)
        async for chunk in chunks:
            got += chunk

    assert got == CONTENT
    assert place.parent == tmp_path / "spool"
    assert await store.find(blob.sha256) is None


async def test_other_file_than_was_looked_at_is_not_set_aside(
    store: LocalBlobs, tmp_path: Path
) -> None:
    """It has just come; where there is none, there is nothing to do."""
    blob = await held(store)

    assert await blob.disk.run(store.set_aside_now, blob.sha256, 1.0) is None
    assert await blob.disk.run(store.set_aside_now, digest_of(b"nothing"), 1.0) is None
    assert await store.find(blob.sha256) == blob
    assert files_below(tmp_path / "spool") == []


async def test_what_was_found_there_again_is_not_set_aside(
    store: LocalBlobs, tmp_path: Path
) -> None:
    """A collection saw a file that nothing names; meanwhile somebody relies on finding it there."""
    blob = await held(store)
    os.utime(blob.path, (1_000, 1_000))

    await blob.disk.run(store.put_many_now, {blob.sha256: CONTENT})

    assert await blob.disk.run(store.set_aside_now, blob.sha256, 1_000.0) is None
    assert await read_all(blob) == CONTENT
    assert files_below(tmp_path / "spool") == []


async def test_other_file_than_was_looked_at_never_leaves_its_place(
    store: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is killed between taking it out and putting it back would have lost somebody's file."""
    blob = await held(store)
    monkeypatch.setattr(Path, "rename", failing(errno.EIO))

    assert await blob.disk.run(store.set_aside_now, blob.sha256, 1.0) is None


async def test_what_is_gone_cannot_be_renewed(store: LocalBlobs) -> None:
    """And a disk that takes nothing collects nothing either."""
    blob = await held(store)

    assert await blob.disk.run(store.renew_now, blob.sha256)
    assert not await blob.disk.run(store.renew_now, digest_of(b"nothing"))
