"""Single headers of tar archives, against those that `tarfile` writes."""

import contextlib
import tarfile
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wheelyard.errors import BadInput
from wheelyard.upload.archives.tar_headers import TarHeader, parse_header, parse_pax, parse_text


def block(path: str, size: int = 0, form: Literal[0, 1] = tarfile.USTAR_FORMAT) -> bytes:
    """Return the header of one file."""
    info = tarfile.TarInfo(path)
    info.size = size
    return info.tobuf(form)


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
def test_header_is_read_as_it_was_written(form: Literal[0, 1]) -> None:
    """In both formats that there are."""
    assert parse_header(block("top/ü.py", 1234, form)) == TarHeader("top/ü.py", "0", 1234, "")


def test_long_path_has_two_places() -> None:
    """The older format keeps the first part of a long path elsewhere."""
    path = f"{'a' * 90}/{'b' * 90}"

    assert parse_header(block(path)).path == path


@pytest.mark.parametrize("size", [8**11 - 1, 8**11, 1 << 40])
def test_large_sizes_are_read(size: int) -> None:
    """More than eight gigabytes do not fit into octal digits."""
    assert parse_header(block("a", size, tarfile.GNU_FORMAT)).size == size


def test_pax_records_that_matter_are_kept() -> None:
    """Times and owners are nobody's business here."""
    assert parse_pax(b"14 mtime=1.25\n12 path=a=b\n") == {"path": "a=b"}


@pytest.mark.parametrize(
    "content",
    [
        b"12 path=abc",
        b"99 path=abc\n",
        b"x path=abc\n",
        b"12path=abc\n",
        b"3 \n",
        b"12 path=a=b\n12 path=a=b\n",
        b"12 path=a\0b\n",
        b"12 path=\xffab\n",
        b"23 GNU.sparse.size=100\n",
    ],
)
def test_unclear_pax_record_is_refused(content: bytes) -> None:
    """Readers repair such things, each in its way."""
    with pytest.raises(BadInput):
        parse_pax(content)


@given(st.binary(max_size=100))
def test_any_bytes_are_parsed_or_refused(content: bytes) -> None:
    """Nothing but ``BadInput`` leaves the parsers."""
    padded = content.ljust(512, b"\0")
    for parse, given_bytes in ((parse_header, padded), (parse_pax, content), (parse_text, content)):
        with contextlib.suppress(BadInput):
            parse(given_bytes)
