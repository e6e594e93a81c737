"""The metadata of a wheel, without the rest of it."""

import io
import zipfile
from pathlib import Path

import anyio
import pytest

from support.fakes import BytesBlob, RangedBlob
from support.packages import Package, make_sdist, make_wheel
from wheelyard.blobs import DiskThreads, LocalBlobs, Quarantine
from wheelyard.errors import BadInput, Unavailable
from wheelyard.names import parse_filename
from wheelyard.repository.remote_wheel import read_metadata

pytestmark = pytest.mark.anyio

KIB = 1024
SMALL = make_wheel("demo", "1.0", requires=["other>=2"])
LARGE = make_wheel("demo", "1.0", payload_bytes=300 * KIB)
CROWDED = make_wheel(
    "demo", "1.0", modules={f"demo/{number:04}_{'x' * 60}.py": "" for number in range(400)}
)
NAME = parse_filename(SMALL.filename)
METADATA = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n"


def metadata_first(payload_bytes: int = 100 * KIB) -> bytes:
    """Return a wheel that begins with its metadata; other tools write it last."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("demo-1.0.dist-info/METADATA", METADATA)
        archive.writestr("demo/payload.bin", bytes(payload_bytes))
    return stream.getvalue()


async def test_metadata_of_a_held_wheel_is_read(tmp_path: Path) -> None:
    """A file of the store tells what it needs."""
    blobs, spool = tmp_path / "blobs", tmp_path / "spool"
    blobs.mkdir()
    spool.mkdir()
    store = LocalBlobs(blobs, spool, DiskThreads(), Quarantine(tmp_path / "quarantine"))
    held = await store.find(await store.put(LARGE.content))
    assert held is not None

    assert await read_metadata(held, NAME) == LARGE.metadata


@pytest.mark.parametrize("wheel", [SMALL, LARGE], ids=["small", "large"])
async def test_metadata_near_the_end_costs_one_request(wheel: Package) -> None:
    """Most wheels have directory and metadata in their last 16 KiB."""
    blob = RangedBlob(wheel.content)

    assert await read_metadata(blob, NAME) == wheel.metadata
    assert blob.given == [(max(0, wheel.size - 16 * KIB), wheel.size)]


async def test_small_wheel_costs_one_request_wherever_its_metadata_is() -> None:
    """What is at hand is not asked for again, not even the first byte."""
    blob = RangedBlob(metadata_first(payload_bytes=KIB))

    assert await read_metadata(blob, NAME) == METADATA
    assert len(blob.given) == 1


async def test_metadata_far_from_the_end_costs_one_more_request() -> None:
    """Where tools write it first, the member is fetched and nothing of what is between."""
    content = metadata_first()
    blob = RangedBlob(content)

    found = await read_metadata(blob, NAME)

    assert found == METADATA
    assert len(blob.given) == 2
    assert blob.given[1][0] == 0
    assert blob.given[1][1] < KIB


async def test_directory_longer_than_the_tail_is_completed() -> None:
    """What is missing of the directory is fetched, and not what we have already."""
    blob = RangedBlob(CROWDED.content)

    found = await read_metadata(blob, NAME)

    assert found == CROWDED.metadata
    tail, directory, member = blob.given
    assert tail == (CROWDED.size - 16 * KIB, CROWDED.size)
    assert directory == (CROWDED.content.index(b"PK\x01\x02"), tail[0])
    assert member[1] <= directory[0]


async def test_blob_that_knows_its_length_needs_no_special_tail() -> None:
    """Any blob will do, not only one at a distance."""
    blob = BytesBlob(LARGE.content, size=LARGE.size)

    assert await read_metadata(blob, NAME) == LARGE.metadata
    assert blob.reads == [LARGE.size - 16 * KIB]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"<html>Please log in</html>", id="login-page"),
        pytest.param(bytes(200 * KIB), id="zeros"),
        pytest.param(LARGE.content[:-1], id="cut-short"),
        pytest.param(make_sdist("demo", "1.0").content, id="sdist"),
        pytest.param(make_wheel("other", "1.0").content, id="other-project"),
        pytest.param(make_wheel("demo", "1.1").content, id="other-version"),
    ],
)
async def test_what_is_no_such_wheel_is_bad_input(content: bytes) -> None:
    """Metadata that installers would not agree about is not taken out."""
    with pytest.raises(BadInput):
        await read_metadata(RangedBlob(content), NAME)


async def test_damaged_member_is_bad_input() -> None:
    """The checksum of the archive is looked at, whatever the digests outside say."""
    content = metadata_first().replace(b"Name: demo", b"Name: evil")

    with pytest.raises(BadInput, match="checksum"):
        await read_metadata(RangedBlob(content), NAME)


async def test_unknown_length_is_unavailable() -> None:
    """Without the length nobody knows where in the file the tail is."""
    with pytest.raises(Unavailable, match="how long it is"):
        await read_metadata(RangedBlob(SMALL.content, says_size=False), NAME)


async def test_source_without_ranges_is_unavailable() -> None:
    """A source that can give only the whole is not read at a distance."""
    with pytest.raises(Unavailable, match="does not answer ranges"):
        await read_metadata(RangedBlob(LARGE.content, gives_ranges=False), NAME)


@pytest.mark.parametrize("cut_to", [0, 1, 100])
@pytest.mark.parametrize(
    "content", [CROWDED.content, metadata_first()], ids=["directory", "member"]
)
async def test_range_with_too_few_bytes_is_unavailable(content: bytes, cut_to: int) -> None:
    """A source that gives less than it was asked for is not asked for the rest for ever."""
    blob = RangedBlob(content, cut_to=cut_to)

    with anyio.fail_after(180), pytest.raises(Unavailable, match=f"gave {cut_to} of the [1-9]"):
        await read_metadata(blob, NAME)

    assert len(blob.given) == 2
