"""The configurations in `deploy/` are written by one command."""

from pathlib import Path

import pytest

import deployed
from wheelyard.publish.serving import deployed_files


def test_command_writes_every_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stood there before."""
    monkeypatch.setattr(deployed, "FOLDER", tmp_path)

    deployed.main()

    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(deployed_files())
    for name, text in deployed_files().items():
        assert tmp_path.joinpath(name).read_text("utf-8") == text
