"""How much an archive may contain."""

import pytest

from wheelyard.errors import BadInput
from wheelyard.upload.archives.limits import MEBIBYTE, ArchiveLimits

LIMITS = ArchiveLimits()


@pytest.mark.parametrize(
    ("unpacked", "packed"), [(64 * MEBIBYTE, 1), (500, 1), (65 * MEBIBYTE, 2 * MEBIBYTE)]
)
def test_usual_sizes_are_within_limits(unpacked: int, packed: int) -> None:
    """Small files compress better than any bomb."""
    LIMITS.check_unpacked(unpacked, packed)


@pytest.mark.parametrize(
    ("unpacked", "packed", "words"),
    [
        (65 * MEBIBYTE, MEBIBYTE, "File exceeds compression ratio of 50"),
        ((16 << 30) + 1, 1 << 34, "It unpacks to more than 17179869184 bytes"),
    ],
)
def test_bomb_is_refused(unpacked: int, packed: int, words: str) -> None:
    """More than fifty times its size, or more than any disk should need (T21)."""
    with pytest.raises(BadInput, match=words):
        LIMITS.check_unpacked(unpacked, packed)


def test_crowd_is_refused() -> None:
    """Members cost memory even if they are empty."""
    LIMITS.check_members(100_000)

    with pytest.raises(BadInput, match="It has more than 100000 members"):
        LIMITS.check_members(100_001)
