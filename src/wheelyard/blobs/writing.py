"""The writing half of a download: bytes into the spool, news to whoever reads them."""

import secrets
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from wheelyard.blobs.disk import DiskThreads
from wheelyard.blobs.growth import Growth
from wheelyard.blobs.held import HeldBlob
from wheelyard.blobs.local import LocalBlobs
from wheelyard.blobs.locks import KeyLock
from wheelyard.blobs.part import PartFile, as_blocks
from wheelyard.blobs.progress import HOLD_BACK_BYTES, Ending, Progress
from wheelyard.blobs.shared_file import SharedFile
from wheelyard.blobs.wanted import Wanted
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.names import Sha256

__all__ = ["Writing"]

_TAKEN_OVER_BYTES = 32 * 1024**2
"""How much of what a killed download left is hashed before we look around again."""

DOUBTED_BYTES = 4 * 1024**2
"""How much is held back of a file whose beginning somebody left who failed: it may be wrong."""


class Writing:
    """The ``.part`` file of one download, its note in the lock, and its growth, kept in step.

    Bytes are written before the note says so, and the note before our own readers are told.
    """

    def __init__(
        self, wanted: Wanted, growth: Growth, lock: KeyLock, path: Path, disk: DiskThreads
    ) -> None:
        """Write the bytes of ``wanted`` to ``path``; tell ``growth`` and the note of ``lock``."""
        self._wanted = wanted
        self._growth = growth
        self._lock = lock
        self._disk = disk
        self._part = PartFile(path, wanted.checks)
        self._progress = Progress(size=wanted.size)
        self._tail: list[bytes] = []
        self._tail_start = 0
        self._spoilt = False
        self._hold_back = HOLD_BACK_BYTES

    @property
    def written(self) -> int:
        """How many bytes there are, hashed and written."""
        return self._part.written

    @property
    def size(self) -> int | None:
        """The length that counts: the page's, else the one that the source told first."""
        return self._progress.size

    @property
    def is_private(self) -> bool:
        """Whether nobody was given any of the bytes."""
        return not self._progress.released

    def digest(self, algorithm: str) -> str:
        """Return the digest of everything written, as lower-case hex digits."""
        return self._part.digest(algorithm)

    def learn_size(self, size: int) -> None:
        """Take ``size`` as the length from here on."""
        self._progress = replace(self._progress, size=size)

    async def open(self) -> None:
        """Begin the file, or take over what a killed download of the same digest left."""
        found, descriptor = await self._disk.run(self._open_now)
        self._growth.begin(SharedFile(descriptor), self._progress, None)
        more = found > 0
        while more:
            more = await self._disk.run(self._take_over_now)
            self._growth.tell(self._progress)
        self._tail_start = self._part.written

    async def append(self, chunks: list[bytes]) -> None:
        """Write and hash ``chunks``, then let readers have what is no longer held back."""
        position = self._tail_start
        blocks = await self._disk.run(self._append_now, chunks)
        self._growth.recent.add(position, blocks)
        self._growth.tell(self._progress)

    async def start_over(self, why: WheelyardError) -> None:
        """Forget every byte; who has some of them fails with ``why``."""
        descriptor = await self._disk.run(self._start_over_now)
        self._growth.begin(SharedFile(descriptor), self._progress, why)

    async def keep(self, digest: Sha256, store: LocalBlobs) -> tuple[HeldBlob, bool]:
        """Make the bytes a durable blob of ``store``; say whether it had none of that digest."""
        return await self._disk.run(self._keep_now, digest, store)

    def finish(self, held: HeldBlob, left: Progress | None = None) -> None:
        """Release everything: ``held`` is proven, durable, and agreed to.

        With ``left``, by somebody who was killed while keeping it: whoever read its bytes reads on.
        """
        edition = self._progress.edition
        if left is not None and left.digest == held.sha256:
            edition = left.edition
        edition = edition or _new_edition()
        self._progress = Progress(edition, held.size, held.size, Ending.PROVEN, held.sha256)
        self._growth.recent.add(self._tail_start, self._tail)
        self._growth.tell(self._progress)

    def give_up(self, error: WheelyardError, *, keep: bool) -> None:
        """Fail; with ``keep``, the part may be of use to the next one, if a SHA-256 can prove it.

        Our own readers are told by whoever is told of the error.
        """
        is_ours = isinstance(error, Unavailable) and error.is_ours
        ending = Ending.UNKEPT if is_ours else Ending.FAILED
        self._progress = replace(self._progress, ending=ending, reason=str(error))
        self._spoilt = not keep or self._wanted.sha256 is None

    def close_now(self) -> None:
        """Let go of the file, and tell other processes how it ended; touches the disk.

        Without the last note they find out all the same, only later.
        """
        self._part.close()
        with suppress(OSError):
            if self._spoilt:
                self._part.discard()
            if self._progress.ending.is_final:
                self._lock.write(self._progress.pack())

    def _open_now(self) -> tuple[int, int]:
        """Return the length of what is there, and a descriptor for readers; touches the disk."""
        found = self._part.open()
        left, size = Progress.unpack(self._lock.read()), self._wanted.size
        if self._wanted.sha256 is None or (size is not None and found > size):
            self._part.start_over()
            found, left = 0, None
        if left is not None and left.ending is Ending.RUNNING and left.released <= found:
            # The same bytes go on, so those who read them may go on too.
            self._note(replace(left, size=left.size if size is None else size))
        else:
            self._hold_back = DOUBTED_BYTES if found else HOLD_BACK_BYTES
            self._note(Progress(_new_edition(), 0, size))
        return found, self._part.duplicate()

    def _take_over_now(self) -> bool:
        """Hash some of what was found; say whether there may be more; touches the disk."""
        more = self._part.take_over(_TAKEN_OVER_BYTES)
        released = max(self._progress.released, self._part.written - self._hold_back)
        self._note(replace(self._progress, released=released))
        return more

    def _append_now(self, chunks: list[bytes]) -> list[bytes]:
        """Append ``chunks`` and return what may be released now; touches the disk.

        In blocks, which readers that keep up pass on as they are: nothing is copied per reader.
        """
        self._part.append(chunks)
        released = max(self._progress.released, self._part.written - self._hold_back)
        self._note(replace(self._progress, released=released))
        blocks = as_blocks([*self._tail, *chunks], released - self._tail_start)
        count = 0
        while count < len(blocks) and self._tail_start < released:
            self._tail_start += len(blocks[count])
            count += 1
        self._tail = blocks[count:]
        return blocks[:count]

    def _start_over_now(self) -> int:
        """Begin a new file and return a descriptor of it for readers; touches the disk."""
        self._part.start_over()
        self._hold_back = HOLD_BACK_BYTES
        self._tail, self._tail_start = [], 0
        self._note(Progress(_new_edition(), 0, self._wanted.size))
        return self._part.duplicate()

    def is_whole_now(self) -> bool:
        """Say whether the file has what was written, and nothing else; touches the disk."""
        return self._part.is_whole()

    def _keep_now(self, digest: Sha256, store: LocalBlobs) -> tuple[HeldBlob, bool]:
        """Rename the part into ``store``; touches the disk."""
        if not self._part.is_whole():
            raise Unavailable(self._wanted.what, "somebody changed its file in the spool")
        size = self._part.written
        is_new = store.find_now(digest, size) is None
        # If we are killed from here on, this note says that the ledger has not been asked.
        self._note(replace(self._progress, size=size, ending=Ending.KEEPING, digest=digest))
        return store.adopt(self._part.path, digest), is_new

    def _note(self, progress: Progress) -> None:
        """Write down how far we are, for other processes and for ourselves; touches the disk."""
        self._lock.write(progress.pack())
        self._progress = progress


def _new_edition() -> int:
    """Return a number that no other edition has, in any process."""
    return secrets.randbits(63) or 1
