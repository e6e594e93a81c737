"""What a wheel says about itself; hostile ones are in `test_reading.py`."""

import io

import pytest

from support.hostile_wheels import INFO, METADATA, described, plain
from support.packages import make_wheel
from wheelyard.errors import BadInput
from wheelyard.names import Filename
from wheelyard.upload.archives.contents import Contents
from wheelyard.upload.archives.limits import ArchiveLimits
from wheelyard.upload.archives.wheels import read_wheel


def read(content: bytes, filename: str = "acme-1.0-py3-none-any.whl", **limits: int) -> Contents:
    """Return what a wheel contains."""
    stream = io.BytesIO(content)
    return read_wheel(stream, len(content), Filename(filename), ArchiveLimits(**limits))


def test_wheel_is_what_it_says() -> None:
    """Its metadata as it stands there, its tags, and how much it is."""
    found = read(plain())

    assert (found.metadata, found.tags, found.members) == (METADATA, ("py3-none-any",), 4)


@pytest.mark.parametrize(
    ("name", "version", "filename"),
    [
        ("Acme.Core", "1.0", "Acme.Core-1.0-py3-none-any.whl"),
        ("acme-core", "1.0", "acme.core-1.0-py3-none-any.whl"),
        ("acme", "1.0.RC1", "acme-1.0rc1-py3-none-any.whl"),
    ],
)
def test_directory_may_be_spelled_otherwise(name: str, version: str, filename: str) -> None:
    """Older tools wrote names and versions as they found them."""
    assert read(make_wheel(name, version).content, filename).members == 4


def test_everything_wrong_inside_is_told_together() -> None:
    """Files and entry points and version, so that one build mends all."""
    content = described(WHEEL=b"Wheel-Version: 9\n", entry_points__txt=b"x\n")

    with pytest.raises(BadInput) as caught:
        read(content.replace(b"print", b"PRINT"))

    words = "".join(caught.value.problems)
    assert "`Wheel-Version: 9`" in words
    assert "entry_points.txt cannot be read" in words


def test_describing_files_are_limited() -> None:
    """They are the only ones that are kept."""
    with pytest.raises(BadInput, match=f"`{INFO}/RECORD` is larger than 10 bytes"):
        read(plain(), max_text_bytes=10)
