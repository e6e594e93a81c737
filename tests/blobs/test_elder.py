"""Whether what was given out of one edition is also the beginning of the next."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from blobs.fakes import KIB, content_of, open_descriptors
from wheelyard.blobs import DiskThreads, elder
from wheelyard.blobs.elder import Elder
from wheelyard.blobs.shared_file import SharedFile

pytestmark = pytest.mark.anyio

CONTENT = content_of(700 * KIB)
DISK = DiskThreads()


@dataclass
class Pair:
    """An edition that is over, and the present one, which is number 2."""

    directory: Path
    files: list[SharedFile] = field(default_factory=list)

    def file(self, name: str, content: bytes) -> SharedFile:
        """Return a file with that content."""
        path = self.directory / name
        path.write_bytes(content)
        self.files.append(SharedFile(os.open(path, os.O_RDONLY)))
        return self.files[-1]

    def close(self) -> None:
        """Let go of everything."""
        for file in self.files:
            file.give_back()


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """Files that are closed after the test, every one of them."""
    made = Pair(tmp_path)
    yield made
    made.close()
    assert open_descriptors(tmp_path) == []


def flipped(at: int) -> bytes:
    """Return the content with one bit changed."""
    changed = bytearray(CONTENT)
    changed[at] ^= 1
    return bytes(changed)


@pytest.mark.parametrize(
    ("part", "same"),
    [
        ((0, 400_000), True),
        ((0, 400_001), False),
        ((0, 500_000), False),
        ((400_001, 700_000), True),
        ((400_000, 400_001), False),
        ((100, 100), True),
    ],
)
async def test_bytes_are_the_same_up_to_the_difference(
    pair: Pair,
    part: tuple[int, int],
    same: bool,  # noqa: FBT001 (the expected answer)
) -> None:
    """To the byte: what was sent before it is right, what was sent after it is not."""
    old = Elder(pair.file("old", flipped(400_000)))
    new = pair.file("new", CONTENT)

    assert await old.compare((2, new), part, DISK) is same


async def test_bytes_that_are_not_there_are_not_the_same(pair: Pair) -> None:
    """A shorter file is another file."""
    old = Elder(pair.file("old", CONTENT))
    short = pair.file("new", CONTENT[:1000])

    assert not await old.compare((2, short), (0, 1001), DISK)


async def test_each_byte_is_read_once_for_all_readers(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A herd that was sent wrong bytes does not read the disk a thousand times."""
    old, new = Elder(pair.file("old", CONTENT)), pair.file("new", CONTENT)
    compared: list[tuple[int, int]] = []
    real = elder._same_now

    def counting(one: SharedFile, other: SharedFile, start: int, stop: int) -> int:
        compared.append((start, stop))
        return real(one, other, start, stop)

    monkeypatch.setattr(elder, "_same_now", counting)
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(old.compare, (2, new), (0, 300_000), DISK)
    await old.compare((2, new), (0, 500_000), DISK)

    assert compared == [(0, 300_000), (300_000, 500_000)]
    assert old.agreed(2, 0) == 500_000


async def test_another_edition_is_compared_from_the_start(pair: Pair) -> None:
    """What was found out about one says nothing about the next."""
    old, new = Elder(pair.file("old", CONTENT)), pair.file("new", CONTENT)
    await old.compare((2, new), (0, 1000), DISK)

    assert old.agreed(3, 0) == 0
    assert not await old.compare((3, pair.file("third", flipped(5))), (0, 1000), DISK)
