"""Small files of our store: read once, and proven."""

from hashlib import sha256
from pathlib import Path

import pytest

from wheelyard.publish.targets.held import SMALL_BYTES, read_proven

CONTENT = b"a wheel"
DIGEST = sha256(CONTENT).hexdigest()


def test_sound_file_is_read(tmp_path: Path) -> None:
    """Its bytes are those that its digest says."""
    file = tmp_path / DIGEST
    file.write_bytes(CONTENT)

    assert read_proven(str(file), DIGEST) == CONTENT


def test_damaged_file_is_no_file(tmp_path: Path) -> None:
    """Nobody publishes other bytes than those that were kept."""
    file = tmp_path / DIGEST
    file.write_bytes(b"a whale")

    assert read_proven(str(file), DIGEST) is None


def test_what_is_no_file_is_none(tmp_path: Path) -> None:
    """Neither what is lost nor a folder."""
    assert read_proven(str(tmp_path / "lost"), DIGEST) is None
    assert read_proven(str(tmp_path), DIGEST) is None


@pytest.mark.parametrize(("size", "is_small"), [(SMALL_BYTES, True), (SMALL_BYTES + 1, False)])
def test_large_file_is_left_to_others(tmp_path: Path, size: int, *, is_small: bool) -> None:
    """It is not read into memory."""
    content = b"x" * size
    file = tmp_path / "large"
    file.write_bytes(content)

    assert (read_proven(str(file), sha256(content).hexdigest()) is not None) == is_small
