"""What a download is for."""

import pytest

from wheelyard.blobs import Wanted

SHA = "ab" * 32


@pytest.mark.parametrize(
    ("hashes", "digest"),
    [
        pytest.param((("sha256", SHA),), SHA, id="alone"),
        pytest.param((("md5", "cd" * 16), ("sha256", SHA)), SHA, id="among-others"),
        pytest.param((("md5", "cd" * 16),), None, id="another"),
        pytest.param((), None, id="none"),
    ],
)
def test_digest_is_the_sha256_that_is_stated(
    hashes: tuple[tuple[str, str], ...], digest: str | None
) -> None:
    """Only SHA-256 names a blob."""
    assert Wanted("key", "`a.whl`", hashes).sha256 == digest


def test_every_digest_that_can_be_computed_is_checked() -> None:
    """An unknown algorithm, or one without a length of its own, proves nothing."""
    hashes = (("sha256", SHA), ("md5", "cd" * 16), ("sha999", "ef"), ("shake_128", "01"))

    assert set(Wanted("key", "`a.whl`", hashes).checks) == {"sha256", "md5"}
