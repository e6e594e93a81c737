"""Content codings are undone in bounded steps."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.transport.decoding import OFFERED, STEP_BYTES, BadCodingError, make_decoder

TEXT = b"simple " * 1_000


def raw_deflate(data: bytes) -> bytes:
    """Return ``data`` as DEFLATE without any wrapper, which some servers call "deflate"."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        (None, TEXT),
        ("", TEXT),
        ("identity", TEXT),
        ("gzip", gzip.compress(TEXT, mtime=0)),
        ("GZIP ", gzip.compress(TEXT, mtime=0)),
        ("x-gzip", gzip.compress(TEXT, mtime=0)),
        (
            "gzip",
            gzip.compress(TEXT[:100], mtime=0)
            + gzip.compress(b"", mtime=0)
            + gzip.compress(TEXT[100:], mtime=0),
        ),
        ("deflate", zlib.compress(TEXT)),
        ("deflate", raw_deflate(TEXT)),
    ],
)
@pytest.mark.parametrize("step", [1, 7, 100_000])
def test_offered_coding_is_undone_however_it_is_cut(
    coding: str | None, sent: bytes, step: int
) -> None:
    """Where the network cuts the bytes makes no difference."""
    decoder = make_decoder(coding)

    parts = [
        piece for at in range(0, len(sent), step) for piece in decoder.feed(sent[at : at + step])
    ]

    assert b"".join(parts) == TEXT
    assert decoder.finished()


@given(st.binary(max_size=2_000), st.integers(min_value=1, max_value=500))
def test_packed_bytes_come_out_as_they_were(data: bytes, step: int) -> None:
    """Unpacking is the reverse of packing, for any content and any cut."""
    sent = gzip.compress(data)
    decoder = make_decoder("gzip")

    parts = [
        piece for at in range(0, len(sent), step) for piece in decoder.feed(sent[at : at + step])
    ]

    assert b"".join(parts) == data
    assert decoder.finished()


@pytest.mark.parametrize("size", [STEP_BYTES - 1, STEP_BYTES, STEP_BYTES + 1, 3 * STEP_BYTES])
def test_piece_is_never_larger_than_a_step(size: int) -> None:
    """A thousandfold expansion comes out in pieces, and nothing of it is lost at their edges."""
    decoder = make_decoder("gzip")

    sizes = [len(piece) for piece in decoder.feed(gzip.compress(bytes(size)))]

    assert max(sizes) <= STEP_BYTES
    assert sum(sizes) == size
    assert decoder.finished()


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_coding_that_is_cut_short_is_not_finished(coding: str) -> None:
    """A packed page that lacks its end is told from a whole one."""
    sent = gzip.compress(TEXT, mtime=0) if coding == "gzip" else zlib.compress(TEXT)
    decoder = make_decoder(coding)

    list(decoder.feed(sent[:-1]))

    assert not decoder.finished()


@pytest.mark.parametrize("coding", ["gzip", "deflate", "identity"])
def test_nothing_at_all_is_finished(coding: str) -> None:
    """An answer without a body may still name a coding."""
    decoder = make_decoder(coding)

    assert list(decoder.feed(b"")) in ([], [b""])
    assert decoder.finished()


@pytest.mark.parametrize(
    ("coding", "sent"),
    [
        ("gzip", b"<html>not packed</html>"),
        ("gzip", gzip.compress(TEXT, mtime=0) + b"rest"),
        ("deflate", b"<html>not packed</html>"),
        ("deflate", zlib.compress(TEXT) + b"rest"),
    ],
)
def test_bytes_that_are_not_in_the_coding_are_refused(coding: str, sent: bytes) -> None:
    """A header that lies about the body makes the answer useless."""
    decoder = make_decoder(coding)

    with pytest.raises(BadCodingError):
        list(decoder.feed(sent))


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress", "snappy\u2026"])
def test_coding_that_was_not_offered_is_refused(coding: str) -> None:
    """Only what has a limit here is undone."""
    with pytest.raises(BadCodingError, match="was not asked for"):
        make_decoder(coding)


def test_everything_offered_can_be_undone() -> None:
    """The header never promises more than there is."""
    for coding in OFFERED.split(", "):
        assert make_decoder(coding) is not None
