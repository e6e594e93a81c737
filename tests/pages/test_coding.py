"""Streams that are compressed while they are written, and decompressed while they are read."""

import gzip
import io
import random
import shutil
import subprocess
from collections.abc import Sequence

import pytest
import zstandard

from wheelyard.errors import Corrupt
from wheelyard.pages.coding import Coding, compressing, decompressing

CODINGS: Sequence[Coding] = ("identity", "gzip", "zstd")
CONTENT = random.Random(1).randbytes(300_000) + bytes(700_000)


def compressed(content: bytes, coding: Coding) -> bytes:
    """Return `content`, written in pieces."""
    out = io.BytesIO()
    with compressing(out, coding) as sink:
        for at in range(0, len(content), 100_000):
            sink.write(content[at : at + 100_000])
    assert not out.closed
    return out.getvalue()


def decompressed(content: bytes) -> bytes:
    """Return what comes out, read in pieces."""
    pieces = []
    with decompressing(io.BytesIO(content), "It") as source:
        while piece := source.read(65_536):
            assert len(piece) <= 65_536
            pieces.append(piece)
    return b"".join(pieces)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("content", [CONTENT, b"", b"ab"], ids=["large", "empty", "small"])
def test_what_was_compressed_comes_out_again(coding: Coding, content: bytes) -> None:
    """The first bytes tell which coding it is."""
    assert decompressed(compressed(content, coding)) == content


@pytest.mark.parametrize("coding", CODINGS[1:])
def test_every_cut_and_every_flip_is_noticed(coding: Coding) -> None:
    """Both codings have a sum of their own."""
    whole = compressed(CONTENT[:5_000], coding)
    middle = len(whole) // 2

    for damaged in (whole[:-1], whole[:middle], flipped(whole, middle), flipped(whole, -3)):
        with pytest.raises(Corrupt, match="It is corrupt"):
            decompressed(damaged)


def flipped(content: bytes, at: int) -> bytes:
    """Return `content` with one bit changed."""
    damaged = bytearray(content)
    damaged[at] ^= 1
    return bytes(damaged)


def test_streams_that_were_put_together_are_one() -> None:
    """As their own programs have it."""
    assert decompressed(gzip.compress(b"one ") + gzip.compress(b"two")) == b"one two"
    assert decompressed(zstandard.compress(b"one ") + zstandard.compress(b"two")) == b"one two"


@pytest.mark.parametrize(("coding", "program"), [("gzip", "gzip"), ("zstd", "zstd")])
def test_other_programs_decompress_it(coding: Coding, program: str) -> None:
    """A backup is readable without this program."""
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"there is no `{program}` here")

    answer = subprocess.run(
        [found, "-dc"], input=compressed(CONTENT, coding), capture_output=True, check=True
    )

    assert answer.stdout == CONTENT


def test_compressed_streams_are_the_same_each_time() -> None:
    """No time and no name of a file is in them."""
    assert compressed(CONTENT, "gzip") == compressed(CONTENT, "gzip")
    assert compressed(CONTENT, "zstd") == compressed(CONTENT, "zstd")


def test_bytes_that_want_more_memory_than_we_have_are_refused() -> None:
    """A frame may ask for a window of gigabytes; nobody who writes backups does."""
    parameters = zstandard.ZstdCompressionParameters(window_log=30)
    content = zstandard.ZstdCompressor(compression_params=parameters).compressobj()

    with pytest.raises(Corrupt):
        decompressed(content.compress(bytes(1_000)) + content.flush())
