"""Flushing a whole file system, where that can be relied on."""

import ctypes
import errno
from pathlib import Path
from types import SimpleNamespace

import pytest

from wheelyard.blobs import disk_sync
from wheelyard.blobs.disk_sync import sync_file_system


def test_file_system_is_flushed_or_it_is_said_that_it_was_not(tmp_path: Path) -> None:
    """On this machine one or the other."""
    assert sync_file_system(tmp_path) is (disk_sync._library() is not None)


def test_failure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows what is on the disk then, so nobody may go on."""

    def fail(_: int) -> int:
        ctypes.set_errno(errno.EIO)
        return -1

    monkeypatch.setattr(disk_sync, "_library", lambda: SimpleNamespace(syncfs=fail))

    with pytest.raises(OSError, match=r"Input/output") as caught:
        sync_file_system(tmp_path)

    assert caught.value.errno == errno.EIO


@pytest.mark.parametrize("release", ["5.7.19", "4.18.0-553", "5.4"])
def test_old_kernel_that_tells_no_errors_is_not_trusted(
    release: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There each file is flushed by itself."""
    monkeypatch.setattr("platform.release", lambda: release)
    disk_sync._library.cache_clear()
    try:
        flushed = sync_file_system(tmp_path)
    finally:
        monkeypatch.undo()
        disk_sync._library.cache_clear()

    assert not flushed
