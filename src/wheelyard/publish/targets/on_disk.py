"""A published tree on a disk: what ``directory.py`` does in threads.

Everything here touches the disk. Places are text, and not paths, because there are tens of
thousands of them a second.
"""

import contextlib
import errno
import os
import stat
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wheelyard.blobs.disk_sync import can_sync_file_system, sync_file_system
from wheelyard.blobs.local import sync_directory
from wheelyard.errors import BadInput
from wheelyard.publish.targets.drafts import Drafts, ensure_folder
from wheelyard.publish.targets.held import read_proven
from wheelyard.publish.targets.target import Body
from wheelyard.publish.targets.views_on_disk import LEADS, switch_now
from wheelyard.wire.tree import CURRENT, View

__all__ = ["TreeOnDisk"]

_TRIES: Final = 100
"""How often a folder may be removed between being made and being written to."""

_MOST_KNOWN: Final = 20_000
"""How many folders are remembered, so that the way to each object is looked at once."""


class TreeOnDisk:
    """The files of a tree, and the drafts of this process. Made when something is written first."""

    def __init__(self, root: Path) -> None:
        """Touch nothing yet."""
        self.root = root
        self._text = str(root).rstrip("/")
        self._drafts: Drafts | None = None
        self._beginning = threading.Lock()
        self._noting = threading.Lock()  # others write while somebody settles what was written
        self.flushes_at_once = can_sync_file_system()
        self._changed = False
        self._folders: set[str] = set()
        self._known: set[str] = set()

    def put(self, path: str, body: Body) -> None:
        """Write an object under its name, in one step."""
        self._place(self._begun().write(body, durably=not self.flushes_at_once), path)

    def put_held(self, path: str, place: str, digest: str) -> int | None:
        """Write a small file of our store under a name, in one step; see ``TakesHeld.put_held``."""
        content = read_proven(place, digest)
        if content is None:
            return None
        self.put(path, content)
        return len(content)

    def note_written(self) -> None:
        """Remember that another process has written, for the next ``settle``."""
        with self._noting:
            self._changed = True

    def copy(self, source: str, path: str) -> bool:
        """Give a file another name; if that cannot be done, write it again.

        Returns whether there is a plain file ``source``.
        """
        drafts = self._begun()
        try:
            found, mode = self._find(source)
        except (FileNotFoundError, NotADirectoryError):
            return False
        if not stat.S_ISREG(mode):
            return False
        if self._is_linked(found, path):
            return True
        draft = drafts.new_name()
        try:
            os.link(found, draft, follow_symlinks=False)
        except OSError:
            draft = drafts.write(Path(found), durably=not self.flushes_at_once)
        self._place(draft, path)
        # A draft that is another name of the same file stays where it is (``rename(2)``).
        _discard(draft)
        return True

    def remove(self, paths: Sequence[str]) -> None:
        """Remove files, and the folders that are empty without them."""
        for path in paths:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                place, mode = self._find(path)
                is_lead = stat.S_ISLNK(mode) and path in {CURRENT, *LEADS}
                if not is_lead and not stat.S_ISDIR(mode):
                    os.unlink(place)  # noqa: PTH108  see the module
                    self._note_change(path)
                    self._prune(path)

    def read(self, path: str, max_bytes: int) -> bytes | None:
        """Return the bytes of an object; None without one.

        Raises:
            BadInput: there are more than ``max_bytes``.
        """
        descriptor = self.open(path)
        if descriptor is None:
            return None
        with os.fdopen(descriptor, "rb") as file:
            content = file.read(max_bytes + 1)
        if len(content) > max_bytes:
            raise BadInput(f"`{self._text}/{path}` is longer than {max_bytes} bytes.")
        return content

    def open(self, path: str) -> int | None:
        """Return a descriptor of an object; None without one. Links of the tree are followed."""
        try:
            descriptor = os.open(f"{self._text}/{path}", os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return descriptor
        os.close(descriptor)
        return None

    def switch(self, view: View) -> None:
        """Let ``view`` count, from a state that survives a loss of power to one that does."""
        self.settle()
        self._known.clear()
        switch_now(self.root, self._begun(), view)
        self._note_change(CURRENT)
        self.settle()

    def settle(self) -> None:
        """Flush everything."""
        with self._noting:
            changed, self._changed = self._changed, False
            folders, self._folders = self._folders, set()
        if not changed or (self.flushes_at_once and sync_file_system(self.root)):
            return
        for folder in folders:
            with contextlib.suppress(FileNotFoundError):
                sync_directory(folder)

    def close(self) -> None:
        """Remove the drafts."""
        if self._drafts is not None:
            self._drafts.close()
            self._drafts = None

    def _begun(self) -> Drafts:
        """Return the drafts; the first who asks makes the tree."""
        if self._drafts is not None:
            return self._drafts
        with self._beginning:
            if self._drafts is None:
                is_new = not self.root.exists()
                self.root.mkdir(parents=True, exist_ok=True)
                if is_new:  # whatever the umask: a web server runs as another user
                    self.root.chmod(stat.S_IMODE(self.root.stat().st_mode) | 0o755)
                self._drafts = Drafts(self.root)
            return self._drafts

    def _is_linked(self, found: str, path: str) -> bool:
        """Give a file a name that is free, in one step; say whether that could be done."""
        try:
            self._ensure(path.rpartition("/")[0])
            os.link(found, f"{self._text}/{path}", follow_symlinks=False)
        except OSError:
            return False
        self._note_change(path)
        return True

    def _place(self, draft: str, path: str) -> None:
        """Give a draft its name."""
        folder = path.rpartition("/")[0]
        try:
            for last in (False,) * _TRIES + (True,):
                try:
                    self._ensure(folder)
                    os.replace(draft, f"{self._text}/{path}")  # noqa: PTH105  as said
                    break
                except FileNotFoundError:
                    self._known.clear()
                    if last:
                        raise
        except BaseException:
            _discard(draft)
            raise
        self._note_change(path)

    def _ensure(self, folder: str) -> None:
        """Make a folder of the tree if need be."""
        if not folder or folder in self._known:
            return
        above, _, name = folder.rpartition("/")
        self._ensure(above)
        place = f"{self._text}/{above}" if above else self._text
        ensure_folder(place, name, needs_mode=self._begun().folders_need_mode)
        self._remember(folder)

    def _remember(self, folder: str) -> None:
        """Remember that a folder is there, and that the way to it leads through no link."""
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known.add(folder)

    def _find(self, path: str) -> tuple[str, int]:
        """Return where an object is, and its mode; the way there leads through no link.

        Raises:
            FileNotFoundError: there is nothing, or a link on the way.
        """
        folder = path.rpartition("/")[0]
        if folder not in self._known:
            place = self._text
            for part in path.split("/"):
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    raise FileNotFoundError(errno.ENOENT, "it is a link or a file", place)
                place = f"{place}/{part}"
            self._remember(folder)
        place = f"{self._text}/{path}"
        return place, os.lstat(place).st_mode

    def _prune(self, path: str) -> None:
        """Remove the folders on the way to ``path`` that are empty now."""
        folder = path.rpartition("/")[0]
        with contextlib.suppress(OSError):
            while folder:
                self._known.discard(folder)
                os.rmdir(f"{self._text}/{folder}")  # noqa: PTH106  as said
                self._note_change(folder)
                folder = folder.rpartition("/")[0]

    def _note_change(self, path: str) -> None:
        """Remember to flush the folder of ``path``, where not all is flushed at once."""
        folders: list[str] = []
        if not self.flushes_at_once:
            parts = path.split("/")[:-1]
            above = ["/".join(parts[:count]) for count in range(len(parts) + 1)]
            folders = [f"{self._text}/{folder}" for folder in above]
        with self._noting:
            self._changed = True
            self._folders.update(folders)


def _discard(draft: str) -> None:
    """Remove a draft, if it is still there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(draft)  # noqa: PTH108  tens of thousands of files a second
