"""Files are written out of sight, and those of killed runs are removed."""

import contextlib
import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from wheelyard.publish.targets.drafts import Drafts, ensure_folder
from wheelyard.publish.targets.paths import HIDDEN

ANOTHER = """
import fcntl, pathlib, sys
folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True)
lock = open(folder / "lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
folder.joinpath("draft").write_bytes(b"half")
print(flush=True)
sys.stdin.read()
"""


@pytest.fixture
def drafts(tmp_path: Path) -> Iterator[Drafts]:
    """Begin drafts in a tree."""
    begun = Drafts(tmp_path)
    yield begun
    begun.close()


@contextlib.contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Run a process that holds a folder of drafts; importing all of ours would take a second."""
    command = [sys.executable, "-S", "-c", ANOTHER, str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process


@pytest.mark.parametrize("durably", [True, False])
@pytest.mark.parametrize("size", [0, 1, 3 * 1024**2])
def test_draft_has_the_bytes_of_a_file(
    drafts: Drafts, tmp_path: Path, size: int, *, durably: bool
) -> None:
    """A file is copied whole, whatever its length."""
    file = tmp_path / "blob"
    file.write_bytes(os.urandom(size))

    draft = Path(drafts.write(file, durably=durably))

    assert draft.read_bytes() == file.read_bytes()
    assert draft.stat().st_ino != file.stat().st_ino


def test_draft_is_copied_where_the_kernel_cannot(
    drafts: Drafts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that the kernel will not copy by itself is read and written."""
    file = tmp_path / "blob"
    file.write_bytes(os.urandom(3 * 1024**2 + 1))

    def refuse(*_: object) -> int:
        raise OSError(18, "another file system")

    monkeypatch.setattr(os, "copy_file_range", refuse)
    draft = Path(drafts.write(file, durably=False))

    assert draft.read_bytes() == file.read_bytes()


def test_draft_may_be_read_by_everybody_whatever_the_umask(tmp_path: Path) -> None:
    """Web servers run as other users than publishers do."""
    before = os.umask(0o077)
    try:
        drafts = Drafts(tmp_path)
        draft = Path(drafts.write(b"page", durably=False))
    finally:
        os.umask(before)

    mode = stat.S_IMODE(draft.stat().st_mode)
    drafts.close()
    assert mode == 0o644


def test_draft_that_failed_is_removed(drafts: Drafts, tmp_path: Path) -> None:
    """A file that cannot be read leaves nothing behind."""
    with pytest.raises(FileNotFoundError):
        drafts.write(tmp_path / "missing", durably=False)

    assert [path.name for path in drafts.folder.iterdir()] == ["lock"]


def test_closing_removes_everything(tmp_path: Path) -> None:
    """A tree that nobody writes to has nothing hidden in it."""
    begun = Drafts(tmp_path)
    begun.write(b"never named", durably=False)

    begun.close()

    assert list(tmp_path.iterdir()) == []


def test_drafts_of_a_killed_process_are_removed(tmp_path: Path) -> None:
    """The next one finds that nobody holds them."""
    left = tmp_path / HIDDEN / "0123"
    with another(left) as process:
        process.kill()
    was_there = left.exists()

    begun = Drafts(tmp_path)
    begun.close()

    assert was_there
    assert not left.exists()


def test_drafts_of_a_running_process_stay(tmp_path: Path) -> None:
    """Somebody else is still writing."""
    held = tmp_path / HIDDEN / "0123"
    with another(held) as process:
        begun = Drafts(tmp_path)
        begun.close()
        kept = sorted(path.name for path in held.iterdir())
        process.communicate()

    assert kept == ["draft", "lock"]


def test_folder_that_was_never_locked_is_removed(tmp_path: Path) -> None:
    """A process may be killed before it has a lock."""
    left = tmp_path / HIDDEN / "0123"
    left.mkdir(parents=True)

    Drafts(tmp_path).close()

    assert not left.exists()


def test_new_folders_may_be_looked_into_by_everybody(tmp_path: Path) -> None:
    """Whatever the umask; folders that were there keep their modes."""
    tmp_path.joinpath("simple").mkdir(mode=0o700)
    before = os.umask(0o077)
    try:
        ensure_folder(str(tmp_path), "simple/flask/deep")
    finally:
        os.umask(before)

    modes = [
        stat.S_IMODE(tmp_path.joinpath(path).stat().st_mode)
        for path in ("simple", "simple/flask", "simple/flask/deep")
    ]
    assert modes == [0o700, 0o755, 0o755]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_drafts_tell_whether_new_folders_have_to_be_opened_to_everybody(
    tmp_path: Path, umask: int
) -> None:
    """Asked once, and not for each of a hundred thousand folders."""
    before = os.umask(umask)
    try:
        drafts = Drafts(tmp_path)
        ensure_folder(str(tmp_path), "simple/flask", needs_mode=drafts.folders_need_mode)
        drafts.close()
    finally:
        os.umask(before)

    assert drafts.folders_need_mode == (umask == 0o077)
    assert stat.S_IMODE(tmp_path.joinpath("simple/flask").stat().st_mode) == 0o755


@pytest.mark.parametrize("leads_to", ["outside", "nowhere"])
def test_folder_behind_a_link_is_not_made(tmp_path: Path, leads_to: str) -> None:
    """A link may lead out of the tree."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    root.joinpath("simple").symlink_to(tmp_path / leads_to)

    with pytest.raises(NotADirectoryError):
        ensure_folder(str(root), "simple/flask")

    assert list(outside.iterdir()) == []
