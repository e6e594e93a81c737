"""Files of others, unpacked piece by piece."""

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.pages.unpacking import unpacked

TEXT = b"one line of a log\n" * 50
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "zstd": zstandard.compress,
}


def in_steps(body: bytes, step: int) -> Iterator[bytes]:
    """Yield a file in pieces of ``step`` bytes."""
    return (body[start : start + step] for start in range(0, len(body), step))


def whole(body: bytes, step: int = 1_000) -> bytes:
    """Return what a file contains."""
    return b"".join(unpacked(in_steps(body, step)))


@given(st.binary(), st.sampled_from(sorted(PACKERS)), st.integers(1, 600))
def test_what_was_packed_is_unpacked(content: bytes, packer: str, step: int) -> None:
    """In whatever pieces it comes; what begins like something packed is not plain."""
    body = PACKERS[packer](b"x" + content)

    assert whole(body, step) == b"x" + content


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@pytest.mark.parametrize("step", [1, 7, 300, 10_000])
def test_several_members_are_one_file(packer: str, step: int) -> None:
    """As `cat` makes it of the logs of a day; zeros may fill up the end."""
    body = PACKERS[packer](TEXT) + PACKERS[packer](b"") + PACKERS[packer](TEXT)

    assert whole(body, step) == 2 * TEXT
    assert whole(body + bytes(1_000), step) == 2 * TEXT


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def test_very_many_members_are_one_file(packer: str) -> None:
    """A piece of a file that is made of nothing but ends of files costs what any other does."""
    body = PACKERS[packer](b"") * 20_000 + PACKERS[packer](TEXT)

    assert whole(body, len(body)) == TEXT


def test_zstd_without_a_size_is_unpacked() -> None:
    """It is written so by programs that do not know the size beforehand."""
    sink = io.BytesIO()
    with zstandard.ZstdCompressor().stream_writer(sink, closefd=False) as writer:
        writer.write(TEXT)

    assert whole(sink.getvalue()) == TEXT


def test_nothing_is_nothing() -> None:
    """An empty file is plain."""
    assert whole(b"") == b""
    assert list(unpacked([b"", b"a", b""])) == [b"a"]


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@given(data=st.data())
def test_file_that_was_cut_off_is_told(packer: str, data: st.DataObject) -> None:
    """What came before was yielded."""
    body = PACKERS[packer](bytes(range(256)) * 300)
    end = data.draw(st.integers(6, len(body) - 1))
    got: list[bytes] = []

    with pytest.raises(BadInput, match="in the middle"):
        got.extend(unpacked([body[:end]]))

    assert (bytes(range(256)) * 300).startswith(b"".join(got))


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
@given(junk=st.binary(min_size=1).filter(lambda raw: raw.strip(b"\0") != b""))
def test_junk_behind_is_told(packer: str, junk: bytes) -> None:
    """It may be a log that somebody appended without packing it."""
    got: list[bytes] = []

    with pytest.raises(BadInput):
        got.extend(unpacked([PACKERS[packer](TEXT) + b"plain" + junk]))

    assert b"".join(got) == TEXT


@given(st.sampled_from([gzip.compress(TEXT), zstandard.compress(TEXT)]), st.data())
def test_damage_raises_nothing_else(body: bytes, data: st.DataObject) -> None:
    """Any byte may be another one."""
    at, byte = (
        data.draw(st.integers(0, len(body) - 1)),
        data.draw(st.binary(min_size=1, max_size=1)),
    )
    try:
        whole(body[:at] + byte + body[at + 1 :])
    except BadInput as error:
        assert str(error)  # noqa: PT017 - either is right


@pytest.mark.parametrize(
    ("body", "name"),
    [(bz2.compress(TEXT), "bzip2"), (lzma.compress(TEXT), "xz"), (b"PK\x03\x04rest", "zip")],
)
def test_other_packers_are_named(body: bytes, name: str) -> None:
    """Instead of reading noise."""
    with pytest.raises(BadInput, match=f"packed with {name}: unpack it first"):
        whole(body)


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def test_piece_is_small_whatever_becomes_of_it(packer: str) -> None:
    """A few bytes of zstd may become 128 KiB, four times over in each that is given."""
    body = PACKERS[packer](bytes(30_000_000))

    largest = max(map(len, unpacked([body])))

    assert largest <= 4 * 1024**2


def test_file_that_is_made_to_harm_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A thousand times its size, after as much as anybody needs."""
    monkeypatch.setattr("wheelyard.pages.unpacking._FREE_BYTES", 1024**2)
    body = zstandard.compress(bytes(40_000_000))
    got: list[bytes] = []

    with pytest.raises(BadInput, match="grows more than 1,000 times"):
        got.extend(unpacked([body]))

    assert sum(map(len, got)) <= 5 * 1024**2
