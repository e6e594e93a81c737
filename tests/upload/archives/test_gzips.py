"""Unpacking a gzip file a piece at a time."""

import gzip
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.upload.archives.gzips import Unpacked
from wheelyard.upload.archives.limits import ArchiveLimits


def unpacked(content: bytes, limits: ArchiveLimits | None = None) -> Unpacked:
    """Return a reader of this file."""
    return Unpacked(io.BytesIO(content), len(content), limits or ArchiveLimits())


@given(st.binary(max_size=3_000), st.lists(st.integers(0, 700), max_size=8))
def test_bytes_come_in_any_pieces(content: bytes, counts: list[int]) -> None:
    """Read and skipped in turn, they are the bytes that were packed."""
    reader = unpacked(gzip.compress(content))
    at = 0
    for number, count in enumerate(counts):
        if number % 2:
            at += reader.skip(count)
        else:
            assert reader.read(count) == content[at : at + count]
            at = min(at + count, len(content))

    assert reader.read(10_000) == content[at:]
    assert reader.unpacked_bytes == len(content)


def test_several_members_are_one_file() -> None:
    """As all programs read them; zeros behind the last one are padding."""
    content = (
        gzip.compress(b"one", mtime=0)
        + gzip.compress(b"", mtime=0)
        + gzip.compress(b"two", mtime=0)
        + bytes(99)
    )

    assert unpacked(content).read(100) == b"onetwo"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"x", "File is not a gzip file"),
        (gzip.compress(b"x", mtime=0) + b"x", "The gzip file has trailing data"),
        (gzip.compress(b"x", mtime=0)[:-1], "The gzip file is cut short"),
        (gzip.compress(b"x", mtime=0)[:12], "The gzip file is cut short"),
        (gzip.compress(b"x", mtime=0)[:-8] + bytes(8), "The gzip file does not unpack"),
    ],
)
def test_unsound_file_is_refused(content: bytes, words: str) -> None:
    """At the latest when its end is reached."""
    with pytest.raises(BadInput, match=words):
        unpacked(content).read(1_000)


def test_no_more_is_unpacked_than_is_allowed() -> None:
    """A bomb is stopped by the piece in which it goes off (T21)."""
    limits = ArchiveLimits(max_unpacked_bytes=1 << 20)
    reader = unpacked(gzip.compress(bytes(8 << 20)), limits)

    with pytest.raises(BadInput, match="unpacks to more than 1048576 bytes"):
        reader.skip(8 << 20)

    assert reader.unpacked_bytes < 2 << 20
