"""Storing: small files fetched by the thousand, for whoever fills an index ahead of need.

A file that a client waits for is a fill (``blobs/fills.py``): a lock, a spool file that readers
follow while it grows, a proof, a transaction, each for itself. Most files of an index are small and
nobody waits for them: they are read whole into memory, proven, and made durable in batches. The
order is the same for all: proven, on the disk under their names, and only then written down, so
there is never a row without bytes.

Only the usual goes this way; ``None`` says that the file is one for ``Stored``: large, of unknown
digest or length, known already under this name or another, being fetched, a wheel whose metadata
nobody states; or something went wrong with it: then ``Stored`` knows whom else to ask.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol, TypeGuard
from urllib.parse import urlsplit

from wheelyard.blobs import Blob, reading
from wheelyard.catalog import LedgerRow, MetadataRow, OddPathRow
from wheelyard.catalog.receipts import Receipt
from wheelyard.decide.refusal import why_refused
from wheelyard.errors import Unavailable, WheelyardError
from wheelyard.model import FileRef
from wheelyard.names import Sha256, is_wheel
from wheelyard.repository.base import Door
from wheelyard.repository.batches import Batches
from wheelyard.repository.paths import file_path
from wheelyard.repository.stored_parts import StoredParts
from wheelyard.wire.metadata import NeedMore, extract, find_metadata

__all__ = ["Fetched", "HasWhole", "Storing"]

LARGEST_BYTES: Final = 1024**2
"""What is larger goes through a fill: it would stay in memory for long."""
_MOST: Final = 256
"""How many files are made durable together."""


class HasWhole(Blob, Protocol):
    """A blob that can be read in one go."""

    async def read_whole(self, max_bytes: int) -> bytes:
        """Return all of it.

        Raises:
            Unavailable: it is larger than ``max_bytes``, or as ``read``.
        """


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that is not proven yet, and not on the disk; its length is right."""

    ref: FileRef
    digest: Sha256
    content: bytes = field(repr=False)


class Storing:
    """Fetches small files from one owner's door, and keeps them in batches."""

    def __init__(self, door: Door, parts: StoredParts) -> None:
        """Fetch from ``door``; keep with ``parts``."""
        self._door = door
        self._parts = parts
        self._batches: Batches[Fetched, bool] = Batches(
            self._keep, parts.fills.tasks.start_soon, _MOST
        )

    async def fetch(self, ref: FileRef) -> Fetched | None:
        """Return the bytes of ``ref``; None if it is a file for ``Stored``.

        Raises:
            Unavailable: the upstream asks for patience.
        """
        digest, size = ref.file.sha256, ref.file.size
        if digest is None or size is None or not self._is_usual(ref, size):
            return None
        if self._parts.catalog.receipts.knows_now(self._parts.owner, ref):
            return None
        try:
            content = await _load(await self._door.file(ref), size)
        except Unavailable as error:
            if error.failing == "door":
                raise
            return None
        except WheelyardError:
            return None
        return Fetched(ref, digest, content) if len(content) == size else None

    async def keep(self, fetched: Fetched) -> bool:
        """Prove the bytes, make them durable, write them down; False if ``Stored`` has to do it."""
        return bool(await self._batches.add(fetched))

    def _is_usual(self, ref: FileRef, size: int) -> bool:
        """Say whether a file goes this way as far as can be told without looking anywhere."""
        file = ref.file
        if not file.url or not 0 <= size <= LARGEST_BYTES:
            return False
        if why_refused(ref.project, ref.status):
            return False
        if is_wheel(file.filename) and file.metadata_sha256 is None:
            return False
        return not self._parts.fills.is_running(file.sha256 or "")

    async def _keep(self, batch: Sequence[Fetched]) -> Sequence[bool | WheelyardError]:
        """Keep one batch; where the disk does not let us, ``Stored`` says so to everybody."""
        try:
            receipts = await self._parts.fills.parts.disk.run(self._keep_now, batch)
            results = await self._parts.catalog.receipts.write(list(receipts.values()))
        except (OSError, Unavailable):
            return [False] * len(batch)
        outcomes = dict(zip(receipts, results, strict=True))
        return [at in outcomes and outcomes[at] is None for at in range(len(batch))]

    def _keep_now(self, batch: Sequence[Fetched]) -> dict[int, Receipt]:
        """Put those that are right onto the disk; return what to write down, by place."""
        parts = self._parts.fills.parts
        receipts: dict[int, Receipt] = {}
        contents: dict[Sha256, bytes] = {}
        for at, each in enumerate(batch):
            if sha256(each.content).hexdigest() != each.digest:
                continue
            contents[each.digest] = each.content
            metadata = _metadata(each)
            if metadata is not None:
                contents[each.ref.file.metadata_sha256 or each.digest] = metadata
            receipts[at] = self._receipt(each, metadata)
        parts.budget.admit_small(sum(map(len, contents.values())))
        parts.store.put_many_now(contents)
        return receipts

    def _receipt(self, fetched: Fetched, metadata: bytes | None) -> Receipt:
        """Return what is written down of a file; see ``Stored``."""
        ref, owner, now = fetched.ref, self._parts.owner, self._parts.clock.now()
        entry = LedgerRow(
            owner=owner,
            project=ref.project,
            filename=ref.file.filename,
            sha256=fetched.digest,
            size=len(fetched.content),
            first_seen=now,
            source=urlsplit(ref.file.url).hostname or "",
            first_use=False,
        )
        path = OddPathRow(owner, file_path(ref.project, ref.file), ref.project, ref.file.filename)
        stated = ref.file.metadata_sha256
        if metadata is None or stated is None:
            return Receipt(entry, path)
        row = MetadataRow(fetched.digest, stated, len(metadata), "wheel", now)
        return Receipt(entry, path, row)


def _metadata(fetched: Fetched) -> bytes | None:
    """Return the core metadata in a wheel, if they are those that its page states."""
    file, content = fetched.ref.file, fetched.content
    if file.metadata_sha256 is None or not is_wheel(file.filename):
        return None
    try:
        found = find_metadata(content, len(content), file.filename)
        if isinstance(found, NeedMore):
            return None
        metadata = extract(content[found.start : found.stop], found)
    except WheelyardError:
        return None  # not the way we can read it; who asks for them gets them elsewhere
    return metadata if sha256(metadata).hexdigest() == file.metadata_sha256 else None


async def _load(blob: Blob, size: int) -> bytes:
    """Return all of ``blob``, which should have ``size`` bytes."""
    if _has_whole(blob):
        return await blob.read_whole(size)
    pieces: list[bytes] = []
    received = 0
    async with reading(blob) as chunks:
        async for chunk in chunks:
            received += len(chunk)
            if received > size:
                return b""  # whatever it is, it is not the file
            pieces.append(chunk)
    return b"".join(pieces)


def _has_whole(blob: Blob) -> TypeGuard[HasWhole]:
    """Say whether ``blob`` can be read in one go; a protocol's ``isinstance`` takes 10 µs."""
    return hasattr(type(blob), "read_whole")
