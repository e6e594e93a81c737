"""An authority for certificates that no system knows."""

from pathlib import Path

import pytest
import trustme


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """Return the authority."""
    return trustme.CA()


@pytest.fixture
def authority_file(authority: trustme.CA, tmp_path: Path) -> Path:
    """Return the file that makes it known."""
    path = tmp_path / "authority.pem"
    authority.cert_pem.write_to_path(str(path))
    return path
