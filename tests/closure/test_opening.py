"""Files that users name: read whole, with a limit, and shown by their shortest name."""

import os
from pathlib import Path

import pytest

from wheelyard.closure.opening import display, read_bytes
from wheelyard.errors import BadInput


def test_file_is_read_whole(tmp_path: Path) -> None:
    """Bytes come as they are."""
    path = tmp_path / "file"
    path.write_bytes(b"\xff\0")

    assert read_bytes(path) == b"\xff\0"


def test_pipe_is_refused(tmp_path: Path) -> None:
    """Reading one might never end."""
    path = tmp_path / "pipe"
    os.mkfifo(path)

    with pytest.raises(BadInput, match="it is not a file"):
        read_bytes(path)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    """The reason is the system's."""
    with pytest.raises(BadInput, match=r"cannot be read \(no such file or directory\)"):
        read_bytes(tmp_path / "missing")


def test_file_below_the_working_directory_is_shown_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others are shown as they were named."""
    monkeypatch.chdir(tmp_path)

    assert display(tmp_path / "here" / "file") == "here/file"
    assert display(tmp_path.parent / "file") == str(tmp_path.parent / "file")
