"""A file that somebody gives us: hashed on the way, and kept whole or not at all."""

import errno
import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from blobs.fakes import KIB, MIB, content_of, open_descriptors, read_all
from wheelyard.blobs import (
    DiskThreads,
    Incoming,
    IncomingParts,
    LocalBlobs,
    Quarantine,
    SpoolBudget,
)
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio

CONTENT = content_of(2 * MIB + 300 * KIB)


def make_parts(path: Path, max_bytes: int = 64 * MIB, *, min_free_bytes: int = 0) -> IncomingParts:
    """Return where files are written, with a budget of its own."""
    path.mkdir(exist_ok=True)
    for name in ("blobs", "spool"):
        (path / name).mkdir(exist_ok=True)
    disk = DiskThreads()
    store = LocalBlobs(path / "blobs", path / "spool", disk, Quarantine(path / "quarantine"))
    budget = SpoolBudget(path / "spool", max_bytes=max_bytes, min_free_bytes=min_free_bytes)
    return IncomingParts(store, budget, disk, path / "spool")


@pytest.fixture
def parts(tmp_path: Path) -> IncomingParts:
    """Return where files are written."""
    return make_parts(tmp_path)


async def receive(incoming: Incoming, content: bytes, chunk_bytes: int = 64 * KIB) -> None:
    """Write ``content`` in pieces, as a client sends it."""
    for start in range(0, len(content), chunk_bytes):
        await incoming.write(content[start : start + chunk_bytes])


def left(parts: IncomingParts) -> list[str]:
    """Return what is in the spool."""
    return sorted(path.name for path in parts.spool.iterdir())


@pytest.mark.parametrize("size", [0, 1, 50 * KIB, MIB, len(CONTENT)])
async def test_digests_are_those_that_clients_send(parts: IncomingParts, size: int) -> None:
    """All three, and the length; an empty file is a file."""
    content = CONTENT[:size]
    async with Incoming(parts) as incoming:
        await receive(incoming, content)

        digests = await incoming.finish()

    assert digests.size == incoming.size == size
    assert digests.sha256 == hashlib.sha256(content).hexdigest()
    assert digests.md5 == hashlib.md5(content).hexdigest()  # noqa: S324 - what old clients check
    assert digests.blake2b_256 == hashlib.blake2b(content, digest_size=32).hexdigest()


async def test_file_that_is_kept_is_a_blob(parts: IncomingParts, tmp_path: Path) -> None:
    """Under its digest, and nothing is left in the spool: neither the file nor its room."""
    async with Incoming(parts) as incoming:
        await receive(incoming, CONTENT)
        digests = await incoming.finish()
        held = await incoming.keep(digests)

    assert await read_all(held) == CONTENT
    assert held.path == parts.store.path(digests.sha256)
    assert left(parts) == []
    assert parts.budget.reserved_bytes == 0
    assert open_descriptors(tmp_path) == []


async def test_kept_file_is_on_the_disk_before_it_is_said_to_be(
    parts: IncomingParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Synced, then renamed, then the directory is synced."""
    done: list[str] = []

    def noting(name: str, function: Callable[..., None]) -> Callable[..., None]:
        def noted(*arguments: object, **options: object) -> None:
            done.append(name)
            function(*arguments, **options)

        return noted

    monkeypatch.setattr(os, "fsync", noting("sync", os.fsync))
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, noting("rename", getattr(os, name)))

    async with Incoming(parts) as incoming:
        await receive(incoming, CONTENT)
        await incoming.keep(await incoming.finish())

    assert "rename" in done
    middle = done.index("rename")
    assert "sync" in done[:middle]
    assert "sync" in done[middle:]


async def test_file_that_is_not_kept_leaves_nothing(parts: IncomingParts, tmp_path: Path) -> None:
    """An upload that is refused, or whose client has gone, costs no room."""
    async with Incoming(parts) as incoming:
        await receive(incoming, CONTENT)
        assert left(parts) != []

    assert left(parts) == []
    assert not any(path.is_file() for path in (tmp_path / "blobs").rglob("*"))
    assert parts.budget.reserved_bytes == 0
    assert open_descriptors(tmp_path) == []


async def test_file_that_never_began_leaves_nothing(parts: IncomingParts) -> None:
    """Not even a mistake."""
    async with Incoming(parts):
        pass

    assert left(parts) == []


async def test_cancelled_upload_leaves_nothing(parts: IncomingParts, tmp_path: Path) -> None:
    """The client has gone in the middle of a piece."""
    with anyio.CancelScope() as scope:
        async with Incoming(parts) as incoming:
            await receive(incoming, CONTENT)
            scope.cancel()
            await anyio.sleep_forever()

    assert left(parts) == []
    assert open_descriptors(tmp_path) == []


async def test_memory_is_bounded_by_what_is_gathered(parts: IncomingParts) -> None:
    """However long the file is, and however small its pieces are."""
    async with Incoming(parts) as incoming:
        for start in range(0, len(CONTENT), 8 * KIB):
            await incoming.write(CONTENT[start : start + 8 * KIB])

            assert incoming._gathered_bytes < MIB


async def test_full_spool_refuses_the_file(tmp_path: Path) -> None:
    """With a sentence that names the setting; and gives the room back."""
    parts = make_parts(tmp_path, max_bytes=3 * MIB)
    async with Incoming(parts) as first:
        await receive(first, CONTENT)
        digests = await first.finish()

        with pytest.raises(Unavailable, match="max_spool_bytes"):
            async with Incoming(parts) as second:
                await receive(second, CONTENT)

        assert parts.budget.reserved_bytes == len(CONTENT)
        assert (await first.keep(digests)).size == len(CONTENT)
    assert left(parts) == []


async def test_small_file_needs_no_room_but_the_disks(tmp_path: Path) -> None:
    """It is there for a moment only; what is kept free on the disk stays free all the same."""
    parts = make_parts(tmp_path, max_bytes=1)
    async with Incoming(parts) as small:
        await receive(small, CONTENT[:KIB])
        assert (await small.keep(await small.finish())).size == KIB
    full = make_parts(tmp_path / "full", min_free_bytes=2**62)

    async with Incoming(full) as other:
        await receive(other, CONTENT[:KIB])
        with pytest.raises(Unavailable, match="min_free_bytes"):
            await other.finish()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
async def test_disk_that_fails_is_unavailable_and_not_ours_to_hide(
    parts: IncomingParts, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """The client is told to come again; nothing is left."""

    def fail(_descriptor: int, _content: object) -> int:
        raise OSError(number, os.strerror(number))

    async with Incoming(parts) as incoming:
        await incoming.write(b"first")
        monkeypatch.setattr(os, "write", fail)

        with pytest.raises(Unavailable) as caught:
            await receive(incoming, CONTENT)

    assert caught.value.failing == "disk"
    assert caught.value.is_ours
    monkeypatch.undo()
    assert left(parts) == []


async def test_disk_that_fails_at_the_end_keeps_no_blob(
    parts: IncomingParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be synced is not there: an acknowledged upload is durable."""

    def fail(_descriptor: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    async with Incoming(parts) as incoming:
        await receive(incoming, CONTENT)
        digests = await incoming.finish()
        monkeypatch.setattr(os, "fsync", fail)

        with pytest.raises(Unavailable, match="store of files"):
            await incoming.keep(digests)

    monkeypatch.undo()
    assert await parts.store.find(digests.sha256) is None
    assert left(parts) == []


async def test_same_bytes_twice_at_once_are_one_blob(parts: IncomingParts) -> None:
    """Whoever is second keeps what the first one kept."""
    async with Incoming(parts) as one, Incoming(parts) as other:
        for incoming in (one, other):
            await receive(incoming, CONTENT)
        first = await one.keep(await one.finish())
        second = await other.keep(await other.finish())

    assert first.path == second.path
    assert await read_all(second) == CONTENT
    assert left(parts) == []


async def test_kept_blob_is_not_read_again_to_be_believed(parts: IncomingParts) -> None:
    """Its bytes were hashed on the way: the first download starts at once."""
    async with Incoming(parts) as incoming:
        await receive(incoming, CONTENT)
        held = await incoming.keep(await incoming.finish())

    opened = await parts.store.open(held.sha256, held.size)

    assert type(opened) is type(held)
