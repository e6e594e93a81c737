"""The store on a local disk, and its durability protocol.

A blob is visible under its name only when it is whole and durable: written elsewhere in
the same file system, ``fsync``, ``rename``, ``fsync`` of the directory. Without the last
step a power cut may bring the old directory back. A failed ``fsync`` kills the blob: the
kernel may have dropped the pages and would let a second ``fsync`` pass.
Source: ``fsync(2)``; the PostgreSQL fsync report of 2018.

Disks lose bits, and people edit files. So a file is hashed once more before this process gives
it out for the first time (``proofs.py``), and one that is damaged goes into the quarantine and
counts as not held: whoever wants it fetches it anew, as if it had never been here.
"""

import errno
import os
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from wheelyard.blobs.disk import DiskThreads, disk_failure
from wheelyard.blobs.disk_sync import sync_file_system
from wheelyard.blobs.doubted import DoubtedBlob
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.proofs import Proofs, Seen, Stamp, read_whole
from wheelyard.blobs.quarantine import Quarantine
from wheelyard.clock import Instant
from wheelyard.names import Sha256

__all__ = ["GONE", "TEMPORARY", "LocalBlobs", "sync_directory"]

TEMPORARY = "put-"
"""How the names of files begin that a store writes into the spool; nobody takes them over."""

GONE = "gone-"
"""How the names of files begin that were taken out of the store, and are to be deleted."""

_MANY = 8
"""From so many files on the whole file system is flushed, once, and not each of them."""

PROVEN_FIRST_BYTES = 64 * 1024**2
"""What is no longer than this is read before its first byte is given out: 0.05 to 0.2 seconds."""


class LocalBlobs:
    """Blobs as files below one directory, named by their digest."""

    def __init__(
        self, directory: Path, spool: Path, disk: DiskThreads, quarantine: Quarantine
    ) -> None:
        """Keep blobs below ``directory``; all three directories are in the same file system."""
        self.directory = directory
        self._place = str(directory)
        self.quarantine = quarantine
        self._spool = spool
        self._disk = disk
        self._proofs = Proofs()
        self._durable: set[str] = set()

    async def find(self, digest: Sha256, size: int | None = None) -> HeldBlob | None:
        """Return the blob with that digest if it is held, with that length if one is given.

        Raises:
            Unavailable: the disk cannot tell.
        """
        try:
            return await self._disk.run(self.find_now, digest, size)
        except OSError as error:
            raise disk_failure(f"The held file {digest}", error) from error

    async def open(self, digest: Sha256, size: int | None = None) -> HeldBlob | DoubtedBlob | None:
        """Return the same, but a large file that this process has not read yet is not read first.

        Raises:
            Unavailable: the disk cannot tell.
        """
        try:
            return await self._disk.run(self.look_now, digest, size)
        except OSError as error:
            raise disk_failure(f"The held file {digest}", error) from error

    async def put(self, content: bytes) -> Sha256:
        """Keep ``content`` durably and return its digest.

        Raises:
            Unavailable: it cannot be written.
        """
        try:
            return await self._disk.run(self.put_now, content)
        except OSError as error:
            raise disk_failure("The store of files", error) from error

    async def remove(self, digest: Sha256) -> None:
        """Forget the blob; silently if it is not held."""
        try:
            await self._disk.run(self.remove_now, digest)
        except OSError as error:
            raise disk_failure(f"The held file {digest}", error) from error

    def path(self, digest: Sha256) -> Path:
        """Return where the blob with that digest is, or would be."""
        return Path(self.place(digest))

    def place(self, digest: Sha256) -> str:
        """Return the same as text, for who looks at very many."""
        return f"{self._place}/{digest[:2]}/{digest[2:4]}/{digest}"

    def held(self, digest: Sha256, size: int) -> HeldBlob:
        """Return the blob that somebody just made durable under that digest."""
        return HeldBlob(digest, size, self.path(digest), self._disk, self._proofs.forget)

    def find_now(self, digest: Sha256, size: int | None = None) -> HeldBlob | None:
        """Return the blob with that digest if it is held and proven; touches the disk.

        What this process has not proven yet is read first; what is damaged goes into the
        quarantine, and is not held.
        """
        found = self.look_now(digest, size)
        return found.prove_now() if isinstance(found, DoubtedBlob) else found

    def has_now(self, digest: Sha256, size: int | None = None) -> bool:
        """Say whether there is a file for that digest, of that length; touches the disk.

        It is not read: whoever reads it finds out whether it is good.
        """
        try:
            found = self.path(digest).stat().st_size
        except FileNotFoundError:
            return False
        return size in {None, found}

    def sizes_now(self, digests: Iterable[Sha256]) -> dict[Sha256, int | None]:
        """Return the length of each of these files, None for one that is not there; as ``has_now``.

        Many at a time, without a path for each.
        """
        sizes: dict[Sha256, int | None] = {}
        for digest in digests:
            try:
                sizes[digest] = os.stat(self.place(digest)).st_size  # noqa: PTH116  as said
            except FileNotFoundError:
                sizes[digest] = None
        return sizes

    def look_now(self, digest: Sha256, size: int | None = None) -> HeldBlob | DoubtedBlob | None:
        """Return the same, but do not read a large file first: its reader does so on the way.

        A good file of another length than ``size`` is not what is wanted, and stays.
        """
        path = self.path(digest)
        try:
            stamp = Stamp.of(path.stat())
        except FileNotFoundError:
            return None
        if self._proofs.cover(digest, stamp):
            return self.held(digest, stamp.size) if size in {None, stamp.size} else None
        doubted = DoubtedBlob(self.held(digest, stamp.size), stamp, self)
        if stamp.size > PROVEN_FIRST_BYTES and size in {None, stamp.size}:
            return doubted
        proven = doubted.prove_now()
        return proven if proven is not None and size in {None, proven.size} else None

    def prove_now(self, digest: Sha256) -> HeldBlob | None:
        """Read the whole file of ``digest``; return it if it is right; touches the disk.

        Raises:
            OSError: the disk cannot read it, which says nothing about the bytes.
        """
        path = self.path(digest)
        with self._proofs.turn(digest):
            try:
                if self._proofs.cover(digest, stamp := Stamp.of(path.stat())):
                    return self.held(digest, stamp.size)
                seen = read_whole(path)
            except FileNotFoundError:
                return None
            if seen.sha256 == digest:
                self.note_proven(digest, seen.stamp)
                return self.held(digest, seen.stamp.size)
            if seen.sha256 is None:
                # It may be as right as ever; another reading, or another cable, will tell.
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            self.quarantine.take_now(path, seen)
            return None

    def put_away_now(self, digest: Sha256, seen: Seen) -> Path | None:
        """Take what was ``seen`` to be other bytes, or none, out of the store; touches the disk.

        Returns where it is now; None if it is not what was seen any more, or cannot be moved.
        """
        self._proofs.forget(digest)
        return self.quarantine.take_now(self.path(digest), seen)

    def note_proven(self, digest: Sha256, stamp: Stamp) -> None:
        """Remember that the file which looks like ``stamp`` was read and is right."""
        self._proofs.note(digest, stamp)

    def adopt(self, finished: Path, digest: Sha256, beside: Iterable[bytes] = ()) -> HeldBlob:
        """Make a written file of the spool the blob of ``digest``; touches the disk.

        What belongs ``beside`` it becomes blobs with it. The caller has proven the bytes. On return
        they survive a power cut; if it raises, there is neither the file nor the blob, because
        nobody knows what of it is on the disk.
        """
        spooled = [self._spooled(finished, digest)]
        try:
            for content in beside:
                spooled += self._spool_now(content)
            size, *_ = self._adopt_all(spooled)
        except OSError:
            _remove(spooled)
            raise
        return self.held(digest, size)

    def remove_now(self, digest: Sha256) -> None:
        """Unlink the file of ``digest``; touches the disk."""
        self.path(digest).unlink(missing_ok=True)

    def set_aside_now(self, digest: Sha256, written_at: float | None = None) -> Path | None:
        """Move the file of ``digest`` into the spool, to be deleted there; touches the disk.

        Only the one that was ``written_at``, in seconds since the epoch, if that is given: another
        one has just come, and stays. Returns where the file is now; None if it is where it was.
        Who reads it meanwhile has all of it.
        """
        path = self.path(digest)
        aside = self._spool / f"{GONE}{secrets.token_hex(16)}"
        try:
            if written_at is not None and path.stat().st_mtime != written_at:
                return None  # looked at first: who is killed while it is aside has lost it
            path.rename(aside)
        except FileNotFoundError:
            return None
        if written_at is not None and aside.stat().st_mtime != written_at:
            aside.rename(path)
            return None
        self._proofs.forget(digest)
        return aside

    def put_now(self, content: bytes) -> Sha256:
        """Write, prove and adopt ``content``; touches the disk."""
        spooled = self._spool_now(content)
        try:
            self._adopt_all(spooled)
        except OSError:
            _remove(spooled)
            raise
        return Sha256(sha256(content).hexdigest())

    def put_many_now(self, contents: Mapping[Sha256, bytes]) -> None:
        """Keep all of ``contents``, which the caller has proven, durably; touches the disk.

        No lock is taken: another process that brings the same blob writes the same proven bytes,
        each into a file of its own in the spool, and the later rename changes nothing.
        """
        spooled: list[_Spooled] = []
        try:
            for content in contents.values():
                spooled += self._spool_now(content)
            self._adopt_all(spooled)
        except OSError:
            _remove(spooled)
            raise

    def written_at_now(self, digest: Sha256) -> Instant | None:
        """Return when the file of ``digest`` was written, or None; touches the disk."""
        try:
            return Instant(self.path(digest).stat().st_mtime)
        except FileNotFoundError:
            return None

    def renew_now(self, digest: Sha256) -> bool:
        """Have the file of ``digest`` look as if it had just come; say whether there is one.

        For who found it there and is about to write down that it is: a collection that looked at it
        before, when nothing named it, leaves it then; see ``set_aside_now``.
        """
        try:
            os.utime(self.path(digest))
        except FileNotFoundError:
            return False
        except OSError:
            return True  # a disk that takes nothing lets nothing be collected either
        return True

    def _spool_now(self, content: bytes) -> list["_Spooled"]:
        """Write ``content`` into the spool, unless it is held: then there is nothing to adopt."""
        digest = Sha256(sha256(content).hexdigest())
        if self.find_now(digest, len(content)) is not None and self.renew_now(digest):
            return []
        temporary = self._spool / f"{TEMPORARY}{secrets.token_hex(16)}"
        try:
            with open(temporary, "xb", buffering=0, opener=_open_private) as file:
                _write_all(file.fileno(), content)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise
        return [self._spooled(temporary, digest)]

    def _spooled(self, source: Path, digest: Sha256) -> "_Spooled":
        """Return a written file with its place."""
        directory = f"{self.directory}/{digest[:2]}/{digest[2:4]}"
        return _Spooled(source, self.path(digest), directory)

    def _adopt_all(self, spooled: Sequence["_Spooled"]) -> list[int]:
        """Take files of the spool through the protocol together, and return their sizes.

        Each step is done for all of them before the next one: what the first ``fsync`` of a step
        makes a file system commit is most of what the others wait for.
        """
        directories = list(dict.fromkeys(each.directory for each in spooled))
        fresh = self._make_parents(directories)
        at_once = len(spooled) >= _MANY
        if at_once and sync_file_system(self._spool):
            sizes = [each.source.stat().st_size for each in spooled]
        else:
            sizes = [_sync_file(each.source) for each in spooled]
            for above in dict.fromkeys(os.path.dirname(directory) for directory in fresh):  # noqa: PTH120  # see _make_parents
                sync_directory(above)
        self._durable.update(fresh)
        moved: list[_Spooled] = []
        try:
            for each in spooled:
                each.source.rename(each.target)
                moved.append(each)
            if at_once and sync_file_system(self._spool):
                return sizes
            for directory in directories:
                sync_directory(directory)
                moved = [each for each in moved if each.directory != directory]
        except OSError:
            for each in moved:
                each.target.unlink(missing_ok=True)
            raise
        return sizes

    def _make_parents(self, directories: Sequence[str]) -> list[str]:
        """Make sure that ``directories`` are there; return those that may not be durable yet.

        That one exists does not mean that it would survive: whoever made it may not have come to
        the ``fsync``. So each is synced once per process, whoever made it. They are text because
        tens of thousands of them are looked up in a set, which takes paths many times as long.
        """
        fresh: list[str] = []
        for directory in directories:
            for parent in (os.path.dirname(directory), directory):  # noqa: PTH120  # as said above
                if parent not in self._durable or not os.path.isdir(parent):  # noqa: PTH112  # as above
                    Path(parent).mkdir(mode=0o700, exist_ok=True)
                    fresh.append(parent)
        return fresh


@dataclass(frozen=True, slots=True)
class _Spooled:
    """A written file, where it is to be, and the directory of that."""

    source: Path
    target: Path
    directory: str


def _remove(spooled: Iterable[_Spooled]) -> None:
    """Remove from the spool what did not get out of it."""
    for each in spooled:
        each.source.unlink(missing_ok=True)


def _open_private(path: str, flags: int) -> int:
    """Open a file that is for its owner only."""
    return os.open(path, flags, 0o600)


def _write_all(descriptor: int, content: bytes) -> None:
    """Write everything, however much the disk takes at a time."""
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def sync_directory(directory: Path | str) -> None:
    """Make the names inside ``directory`` survive a power cut; touches the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync_file(path: Path) -> int:
    """Make the bytes of ``path`` survive a power cut; return how many they are."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
        return os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
