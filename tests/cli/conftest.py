"""A console: the commands, on a data directory that does not exist yet."""

from pathlib import Path

import pytest

from cli.people import Console


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    """Return a console in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("COLUMNS", "200")
    return Console(tmp_path / "data", monkeypatch, capsys)
