"""Who may sign, by patterns."""

import pytest

from wheelyard.upload.attestation_worker import fits_signer

WORKFLOW = "https://github.com/acme/app/.github/workflows/release.yml@refs/tags/v1"


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        (WORKFLOW, True),
        (WORKFLOW[:-1], False),
        (WORKFLOW[1:], False),
        ("https://github.com/acme/*", True),
        ("https://github.com/acme/app/.github/workflows/*.yml@refs/tags/*", True),
        ("https://github.com/acme/*@refs/heads/*", False),
        ("https://github.com/ACME/*", False),
        ("", False),
        ("*", True),
    ],
)
def test_signer_fits_a_pattern_as_a_whole(pattern: str, *, fits: bool) -> None:
    """A star stands for any characters, and nothing else for anything."""
    assert fits_signer(WORKFLOW, (pattern,)) is fits


def test_nobody_fits_no_pattern() -> None:
    """Who names nobody trusts nobody."""
    assert not fits_signer(WORKFLOW, ())
