"""Arriving: nothing becomes a blob that is not what page and manifest say."""

from hashlib import sha256
from pathlib import Path

import pytest

from publish.restoring.in_memory import MemoryTree
from wheelyard.blobs import DiskThreads, IncomingParts, LocalBlobs, Quarantine, SpoolBudget
from wheelyard.errors import Absent, BadInput, Corrupt, Unavailable
from wheelyard.model import File
from wheelyard.names import Filename, Sha256
from wheelyard.publish.restoring.arriving import Arriving
from wheelyard.publish.restoring.model import FilePlace

pytestmark = pytest.mark.anyio

SMALL, LARGE, BESIDE = b"small" * 10, bytes(1_100_000), b"Metadata-Version: 2.1\n"
PATH = "packages/demo.whl"


def digest(content: bytes) -> Sha256:
    """Return the digest of bytes."""
    return Sha256(sha256(content).hexdigest())


def place_of(content: bytes, metadata: bytes | None = None) -> FilePlace:
    """Return where a file is that should have those bytes."""
    file = File(Filename("demo.whl"), f"https://tree.invalid/{PATH}")
    beside = None if metadata is None else digest(metadata)
    return FilePlace(file, PATH, digest(content), len(content), beside)


@pytest.fixture
def parts(tmp_path: Path) -> IncomingParts:
    """Return an empty store."""
    folders = [tmp_path / name for name in ("blobs", "spool", "quarantine")]
    for folder in folders:
        folder.mkdir()
    disk = DiskThreads()
    store = LocalBlobs(folders[0], folders[1], disk, Quarantine(folders[2]))
    budget = SpoolBudget(folders[1], max_bytes=10**9, min_free_bytes=0)
    return IncomingParts(store, budget, disk, folders[1])


@pytest.mark.parametrize("content", [SMALL, LARGE, b""], ids=["small", "large", "empty"])
async def test_file_becomes_a_blob(parts: IncomingParts, content: bytes) -> None:
    """With every digest that uploads have."""
    arriving = Arriving(MemoryTree({PATH: content}), parts)

    arrival = await arriving.file(place_of(content))
    await arriving.keep([arrival], [])

    held = await parts.store.find(digest(content), len(content))
    assert held is not None
    assert (arrival.digests.sha256, arrival.digests.size) == (digest(content), len(content))
    assert len(arrival.digests.md5) == 32
    assert arrival.is_new


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
async def test_file_that_is_there_is_not_fetched_again(
    parts: IncomingParts, content: bytes
) -> None:
    """Its digests are read out of the store."""
    await parts.store.put(content)
    tree = MemoryTree({})

    arrival = await Arriving(tree, parts).file(place_of(content))

    assert not arrival.is_new
    assert arrival.digests.sha256 == digest(content)
    assert tree.asked == []


@pytest.mark.parametrize("content", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("change", ["other", "shorter", "longer"])
async def test_other_bytes_are_corrupt(parts: IncomingParts, content: bytes, change: str) -> None:
    """However they differ; and nothing of them is left."""
    wrong = {"other": b"x" + content[1:], "shorter": content[:-1], "longer": content + b"x"}
    arriving = Arriving(MemoryTree({PATH: wrong[change]}), parts)

    with pytest.raises(Corrupt):
        await arriving.file(place_of(content))

    assert not [path for path in parts.store.directory.rglob("*") if path.is_file()]
    assert [*parts.spool.iterdir()] == []


async def test_endless_file_is_left_at_its_length(parts: IncomingParts) -> None:
    """A hostile server does not fill the disk: it is not read beyond what was stated."""
    arriving = Arriving(MemoryTree({PATH: bytes(5_000_000)}), parts)

    with pytest.raises(Corrupt, match="expected 50 bytes, got more"):
        await arriving.file(place_of(SMALL))


async def test_file_that_the_tree_lacks_is_absent(parts: IncomingParts) -> None:
    """The manifest lists it, and somebody took it away."""
    with pytest.raises(Absent):
        await Arriving(MemoryTree({}), parts).file(place_of(SMALL))


async def test_metadata_are_proven_too(parts: IncomingParts) -> None:
    """Against what the page states; a page that states none has none."""
    place, where = place_of(SMALL, BESIDE), f"{PATH}.metadata"

    assert await Arriving(MemoryTree({where: BESIDE}), parts).metadata(place) == BESIDE
    assert await Arriving(MemoryTree({}), parts).metadata(place_of(SMALL)) is None
    with pytest.raises(Corrupt, match="got nothing"):
        await Arriving(MemoryTree({}), parts).metadata(place)
    with pytest.raises(Corrupt, match="got sha256"):
        await Arriving(MemoryTree({where: b"other"}), parts).metadata(place)


async def test_provenance_has_to_look_like_one(parts: IncomingParts) -> None:
    """No digest is stated for it: what is anything else, such as a file of this machine, is not."""
    good = b'{"version": 1, "attestation_bundles": [{}]}'
    tree = MemoryTree({"good": good, "secret": b"root:x:0:0", "other": b'{"version": 1}'})
    arriving = Arriving(tree, parts)

    assert await arriving.provenance("good") == good
    assert await arriving.provenance("missing") is None
    for path in ("secret", "other"):
        with pytest.raises(BadInput, match="no provenance object"):
            await arriving.provenance(path)


async def test_disk_that_takes_nothing_is_ours(
    parts: IncomingParts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tree is not to blame, and the restore ends."""

    def fail(_: object) -> None:
        raise OSError(28, "No space left on device")

    arriving = Arriving(MemoryTree({PATH: SMALL}), parts)
    arrival = await arriving.file(place_of(SMALL))
    monkeypatch.setattr(parts.store, "put_many_now", fail)

    with pytest.raises(Unavailable, match="the disk is full") as caught:
        await arriving.keep([arrival], [])

    assert caught.value.is_ours
