"""Files on their way into a published directory: written out of sight, then renamed.

Drafts are in a folder of their own below ``.wheelyard/`` of the tree, so that the rename stays in
one file system. Each folder is locked by who writes into it. One that nobody holds was left by a
process that was killed, and is removed by the next one.
"""

import contextlib
import errno
import fcntl
import itertools
import os
import secrets
import shutil
import stat
from os.path import samestat
from pathlib import Path
from typing import Final

from wheelyard.publish.targets.paths import HIDDEN
from wheelyard.publish.targets.target import Body

__all__ = ["Drafts", "ensure_folder"]

_LOCK: Final = "lock"
_AT_ONCE_BYTES: Final = 64 * 1024**2
_FILE_MODE: Final = 0o644
_FOLDER_MODE: Final = 0o755
_BLOCK_BYTES: Final = 1024**2
_CANNOT_COPY: Final = frozenset(
    {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EBADF, errno.EPERM}
)
_CANNOT_LOCK: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EBADF})


class Drafts:
    """The drafts of one process. Its methods touch the disk."""

    def __init__(self, root: Path) -> None:
        """Write below ``root``, which exists."""
        self._hidden = root / HIDDEN
        self.folder, self._lock = _begin(self._hidden)
        self._place = str(self.folder)
        self._numbers = itertools.count()
        self._needs_mode = not _takes_mode(self.new_name())
        self.folders_need_mode = not _folder_takes_mode(self.new_name())
        for folder in self._hidden.iterdir():
            if folder != self.folder:
                _remove_if_left(folder)

    def new_name(self) -> str:
        """Return where another draft may be written."""
        return f"{self._place}/{next(self._numbers)}"

    def write(self, body: Body, *, durably: bool) -> str:
        """Write a draft that any web server may read; return where it is.

        ``durably``: flush it. If it raises, there is none.
        """
        name = self.new_name()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(name, flags, _FILE_MODE)
        try:
            if isinstance(body, Path):
                _copy_file(body, descriptor)
            else:
                _write_all(descriptor, body)
            if self._needs_mode:
                os.fchmod(descriptor, _FILE_MODE)
            if durably:
                os.fsync(descriptor)
        except BaseException:
            os.unlink(name)  # noqa: PTH108  tens of thousands of files a second
            raise
        finally:
            os.close(descriptor)
        return name

    def close(self) -> None:
        """Remove the folder and what is left in it."""
        os.close(self._lock)
        shutil.rmtree(self.folder, ignore_errors=True)
        with contextlib.suppress(OSError):
            self._hidden.rmdir()


def ensure_folder(root: str, folder: str, *, needs_mode: bool = True) -> None:
    """Make ``folder``, a relative path, below ``root``; everybody may look into what is new.

    Without ``needs_mode`` a new folder is taken to have the mode that was asked for.

    Raises:
        NotADirectoryError: something on the way is no directory, or a link to one.
    """
    place = root
    for part in folder.split("/"):
        place = f"{place}/{part}"
        try:
            os.mkdir(place, _FOLDER_MODE)  # noqa: PTH102  as above
            is_new = True
        except FileExistsError:
            is_new = False
        if is_new and not needs_mode:
            continue
        mode = os.lstat(place).st_mode
        if not stat.S_ISDIR(mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is a file or a link", place)
        if is_new and mode & _FOLDER_MODE != _FOLDER_MODE:
            os.chmod(place, stat.S_IMODE(mode) | _FOLDER_MODE)  # noqa: PTH101  as above


def _takes_mode(name: str) -> bool:
    """Say whether a new file has the mode that is asked for: neither umask nor folder change it."""
    descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    try:
        return stat.S_IMODE(os.fstat(descriptor).st_mode) == _FILE_MODE
    finally:
        os.close(descriptor)
        os.unlink(name)  # noqa: PTH108  as above


def _folder_takes_mode(name: str) -> bool:
    """Say the same of a new folder."""
    os.mkdir(name, _FOLDER_MODE)  # noqa: PTH102  as above
    try:
        return stat.S_IMODE(os.lstat(name).st_mode) & _FOLDER_MODE == _FOLDER_MODE
    finally:
        os.rmdir(name)  # noqa: PTH106  as above


def _begin(hidden: Path) -> tuple[Path, int]:
    """Return a new folder and the descriptor that holds it.

    Who cleans up may come between any two steps: then it is begun again.
    """
    while True:
        folder = hidden / secrets.token_hex(8)
        lock = folder / _LOCK
        descriptor = -1
        try:
            hidden.mkdir(mode=0o700, exist_ok=True)
            folder.mkdir(mode=0o700)
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            if samestat(os.fstat(descriptor), lock.stat()):
                return folder, descriptor
        except FileNotFoundError:
            pass
        except OSError as error:
            if descriptor >= 0 and error.errno in _CANNOT_LOCK:
                return folder, descriptor
            raise
        if descriptor >= 0:
            os.close(descriptor)


def _remove_if_left(folder: Path) -> None:
    """Remove the folder of a process that is gone; never fails."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        with contextlib.suppress(OSError):
            folder.rmdir()
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, content: bytes) -> None:
    """Write everything, however much the disk takes at a time."""
    written = os.write(descriptor, content)
    if written < len(content):
        view = memoryview(content)[written:]
        while view:
            view = view[os.write(descriptor, view) :]


def _copy_file(source: Path, descriptor: int) -> None:
    """Write what is in ``source``: by reference where the file system can, else in the kernel.

    Raises:
        OSError: it cannot be read or written, or became shorter meanwhile.
    """
    opened = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(opened).st_size
        copied = _copy_in_kernel(opened, descriptor, size)
        while copied < size:
            block = os.pread(opened, _BLOCK_BYTES, copied)
            if not block:
                raise OSError(errno.EIO, "it became shorter while it was copied", str(source))
            _write_all(descriptor, block)
            copied += len(block)
    finally:
        os.close(opened)


def _copy_in_kernel(source: int, target: int, size: int) -> int:
    """Return how many bytes the kernel copied: all, or none if it cannot here."""
    copied = 0
    while copied < size:
        try:
            count = os.copy_file_range(source, target, min(size - copied, _AT_ONCE_BYTES))
        except OSError as error:
            if error.errno in _CANNOT_COPY and copied == 0:
                return 0
            raise
        if count == 0:
            break
        copied += count
    return copied
