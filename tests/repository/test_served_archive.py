"""What archives say about themselves, and how they tell that they are whole."""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from support.packages import make_sdist, make_wheel
from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.repository import served_archive
from wheelyard.repository.served_archive import (
    Inside,
    has_telling_end,
    look_inside,
    read_wheel_metadata,
)

WHEEL = make_wheel("demo", "1.0", requires_python=">=3.9")
SDIST = make_sdist("demo", "1.0", requires_python=">=3.10")
PKG_INFO = b"Metadata-Version: 2.1\nName: demo\nVersion: 1.0\nRequires-Python: >=3.10\n\n"
TAR = gzip.decompress(SDIST.content)


@contextmanager
def opened(folder: Path, content: bytes) -> Iterator[int]:
    """Yield a descriptor of a file with that content."""
    path = folder / "file"
    path.write_bytes(content)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def zipped(**files: bytes) -> bytes:
    """Return a zip file."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in files.items():
            archive.writestr(name, body)
    return content.getvalue()


def test_wheel_tells_its_metadata(tmp_path: Path) -> None:
    """The digest is that of the member as it is."""
    with opened(tmp_path, WHEEL.content) as descriptor:
        inside = look_inside(descriptor, Filename(WHEEL.filename))
        content = read_wheel_metadata(descriptor, Filename(WHEEL.filename))

    assert content == WHEEL.metadata
    assert inside == Inside(">=3.9", inside.metadata_sha256)
    assert inside.metadata_sha256 == sha256(content).hexdigest()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("demo-1.0.tar.gz", SDIST.content),
        ("demo-1.0.tgz", SDIST.content),
        ("demo-1.0.tar.bz2", bz2.compress(TAR)),
        ("demo-1.0.tar.xz", lzma.compress(TAR)),
        ("demo-1.0.tar", TAR),
        ("demo-1.0.zip", zipped(**{"demo-1.0/PKG-INFO": PKG_INFO})),
    ],
)
def test_source_archive_tells_its_pythons(tmp_path: Path, name: str, content: bytes) -> None:
    """Read from `PKG-INFO`; no line of the package is run."""
    with opened(tmp_path, content) as descriptor:
        inside = look_inside(descriptor, Filename(name))

    assert inside == Inside(">=3.10")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (WHEEL.filename, WHEEL.content),
        ("demo-1.0.tar.gz", SDIST.content),
        ("demo-1.0.tar.bz2", bz2.compress(TAR)),
        ("demo-1.0.tar.xz", lzma.compress(TAR)),
    ],
)
def test_archive_without_its_end_is_not_whole(tmp_path: Path, name: str, content: bytes) -> None:
    """However much of it is there."""
    for size in (0, 1, len(content) // 2, len(content) - 1):
        with (
            opened(tmp_path, content[:size]) as descriptor,
            pytest.raises(BadInput, match="not complete"),
        ):
            look_inside(descriptor, Filename(name))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (WHEEL.filename, zipped(other=b"no metadata")),
        ("demo-1.0.zip", zipped(other=b"no metadata")),
        ("demo-1.0.tar.gz", gzip.compress(b"\0" * 10_240, mtime=0)),
        ("demo-1.0-py3.12.egg", zipped(**{"EGG-INFO/PKG-INFO": b"Name: demo\n"})),
        ("demo-1.0.win32.exe", b"MZ"),
    ],
)
def test_archive_that_says_nothing_is_listed_all_the_same(
    tmp_path: Path, name: str, content: bytes
) -> None:
    """It is whole; what it lacks, installers will say."""
    with opened(tmp_path, content) as descriptor:
        assert look_inside(descriptor, Filename(name)) == Inside()


def test_bomb_is_not_unpacked_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops where nobody's archive goes on."""
    monkeypatch.setattr(served_archive, "MAX_UNPACKED_BYTES", 1_000_000)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        member = tarfile.TarInfo("demo-1.0/zeros")
        member.size = 5_000_000
        archive.addfile(member, io.BytesIO(bytes(member.size)))

    with (
        opened(tmp_path, content.getvalue()) as descriptor,
        pytest.raises(BadInput, match="more than 1000000 bytes"),
    ):
        look_inside(descriptor, Filename("demo-1.0.tar.gz"))


def test_only_checksums_and_directories_tell_an_end() -> None:
    """What has neither must be left alone for a while instead."""
    telling = [
        name for name in ("a.whl", "a.TAR.GZ", "a.tar", "a.exe") if has_telling_end(Filename(name))
    ]

    assert telling == ["a.whl", "a.TAR.GZ"]
