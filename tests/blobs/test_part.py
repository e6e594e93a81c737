"""The file of a download: written and hashed in step."""

import os
from hashlib import md5
from itertools import accumulate
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blobs.fakes import KIB, content_of, digest_of, open_descriptors
from wheelyard.blobs.base import CHUNK_BYTES
from wheelyard.blobs.part import PartFile, as_blocks


@pytest.fixture
def part(tmp_path: Path) -> PartFile:
    """Return a part file that does not exist yet."""
    return PartFile(tmp_path / "a.part", ["md5"])


def test_bytes_are_written_and_hashed(part: PartFile) -> None:
    """Every digest is that of what is in the file."""
    part.open()

    part.append([b"one", b"two"])

    assert part.path.read_bytes() == b"onetwo"
    assert part.digest("sha256") == digest_of(b"onetwo")
    assert part.digest("md5") == md5(b"onetwo", usedforsecurity=False).hexdigest()
    part.close()


def test_bytes_that_were_left_are_taken_over(part: PartFile) -> None:
    """What a killed download left counts as written once it is hashed."""
    content = content_of(700 * KIB)
    part.path.write_bytes(content)

    found = part.open()
    rounds = 1
    while part.take_over(256 * KIB):
        rounds += 1
    part.append([b"more"])

    assert (found, rounds) == (len(content), 3)
    assert part.digest("sha256") == digest_of(content + b"more")
    part.close()


def test_starting_over_leaves_the_old_file_to_its_readers(part: PartFile, tmp_path: Path) -> None:
    """Who reads the old bytes never sees the new ones in between."""
    part.open()
    part.append([b"old"])
    reader = part.duplicate()

    part.start_over()
    part.append([b"new"])

    with open(reader, "rb") as file:  # noqa: PTH123  a descriptor has no path
        file.seek(0)
        assert file.read() == b"old"
    assert part.path.read_bytes() == b"new"
    assert part.digest("sha256") == digest_of(b"new")
    part.close()
    assert open_descriptors(tmp_path) == []


def test_file_changed_by_somebody_else_is_not_whole(part: PartFile) -> None:
    """A file that was cut, removed or replaced under our hands is noticed."""
    part.open()
    part.append([b"0123456789"])
    whole = part.is_whole()
    part.path.write_bytes(b"0123")
    cut = part.is_whole()
    part.discard()
    gone = part.is_whole()
    part.path.write_bytes(b"0123456789")

    assert (whole, cut, gone, part.is_whole()) == (True, False, False, False)
    part.close()


def test_closing_and_discarding_can_be_repeated(part: PartFile) -> None:
    """Cleaning up twice is harmless."""
    part.open()

    part.close()
    part.close()
    part.discard()
    part.discard()

    assert not part.path.exists()


@given(lengths=st.lists(st.integers(0, 3 * CHUNK_BYTES), max_size=6), cut=st.integers(-9, 10**6))
def test_blocks_are_the_same_bytes_in_larger_pieces(lengths: list[int], cut: int) -> None:
    """Nothing is lost, nothing is empty, none is too long, and one ends where it should."""
    chunks = [bytes([number + 1]) * length for number, length in enumerate(lengths)]

    blocks = as_blocks(chunks, cut)

    ends = list(accumulate(map(len, blocks)))
    assert b"".join(blocks) == b"".join(chunks)
    assert all(0 < len(block) < 2 * CHUNK_BYTES for block in blocks)
    assert len(blocks) <= sum(lengths) // CHUNK_BYTES + 2
    assert cut in ends or not 0 < cut < sum(lengths)


def test_block_that_came_alone_is_not_copied() -> None:
    """What needs no joining is passed on as it is."""
    chunk = content_of(64 * KIB)

    assert as_blocks([chunk])[0] is chunk


@pytest.mark.parametrize("goes_on", [False, True], ids=["after-the-last", "in-between"])
def test_part_that_somebody_else_wrote_to_is_not_whole(
    part: PartFile,
    goes_on: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    """F38: what was hashed is not what the disk has."""
    part.open()
    part.append([b"one"])
    part._changed_ns -= 1  # as if the change had not come within the same tick of the clock
    if goes_on:
        part.append([b"two"])

    assert not part.is_whole()
    part.close()


def test_part_that_is_only_read_stays_whole(part: PartFile) -> None:
    """Readers and their descriptors change nothing; nor does taking it over."""
    part.path.write_bytes(b"one")
    part.open()
    part.take_over(10)
    part.append([b"two"])
    os.close(part.duplicate())
    part.path.read_bytes()

    assert part.is_whole()
    part.close()
