"""Arriving: the bytes of a tree become blobs of the store, each proven before it counts.

Small files, which most are, are read whole and made durable together; large ones go through the
spool. What is there already is not fetched again.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, md5, sha256
from pathlib import Path
from typing import Final

import anyio
import msgspec

from wheelyard.blobs import Digests, Incoming, IncomingParts, disk_failure
from wheelyard.errors import BadInput, Corrupt
from wheelyard.names import Sha256
from wheelyard.publish.restoring.model import FilePlace
from wheelyard.publish.targets import Readable

__all__ = ["Arrival", "Arriving"]

_SMALL_BYTES: Final = 1024**2
_LARGEST_METADATA: Final = 64 * 1024**2
_LARGEST_PROVENANCE: Final = 2 * 1024**2
_AT_ONCE: Final = 16
_READ_BYTES: Final = 1024**2


@dataclass(slots=True)
class Arrival:
    """Bytes that came, and what of them is still to be made durable, by digest."""

    digests: Digests
    is_new: bool = True
    waiting: dict[Sha256, bytes] = field(default_factory=dict, repr=False)


class Arriving:
    """Gets files out of a tree."""

    def __init__(self, tree: Readable, parts: IncomingParts) -> None:
        """Read from ``tree``, keep with ``parts``."""
        self._tree = tree
        self._parts = parts
        self._turns = anyio.CapacityLimiter(_AT_ONCE)

    async def file(self, place: FilePlace) -> Arrival:
        """Return the bytes of a file, kept unless they are small.

        Raises:
            Absent: the tree does not have it.
            Corrupt: it has other bytes.
            Unavailable: it cannot be read, or not be kept.
        """
        async with self._turns:
            held = await self._parts.store.find(place.sha256, place.size)
            if held is not None and await self._parts.disk.run(
                self._parts.store.renew_now, place.sha256
            ):
                return Arrival(await self._parts.disk.run(_digests_of, held.path), is_new=False)
            if place.size <= _SMALL_BYTES:
                return await self._small(place)
            return await self._large(place)

    async def metadata(self, place: FilePlace) -> bytes | None:
        """Return the metadata that are beside a file; None if its page states none.

        Raises:
            Corrupt: the tree has others, or none.
            Unavailable: it cannot be read.
        """
        if place.metadata is None:
            return None
        async with self._turns:
            what = f"`{place.file.filename}.metadata`"
            content = await self._tree.get(f"{place.path}.metadata", _LARGEST_METADATA)
            if content is None:
                raise Corrupt(what, expected=f"sha256 {place.metadata}", actual="nothing")
            if (actual := sha256(content).hexdigest()) != place.metadata:
                raise Corrupt(what, expected=f"sha256 {place.metadata}", actual=f"sha256 {actual}")
            return content

    async def provenance(self, path: str) -> bytes | None:
        """Return a provenance object; None if the tree has none.

        Nothing states its digest: it proves itself to who verifies it, and has to look like one.

        Raises:
            BadInput: it is none.
            Unavailable: it cannot be read.
        """
        async with self._turns:
            content = await self._tree.get(path, _LARGEST_PROVENANCE)
        if content is None:
            return None
        try:
            msgspec.json.decode(content, type=_Provenance)
        except msgspec.DecodeError as error:
            raise BadInput(f"it is no provenance object: {error}") from error
        return content

    async def keep(self, arrivals: Iterable[Arrival], beside: Iterable[bytes]) -> None:
        """Make everything durable that still waits, and what belongs ``beside`` it.

        Raises:
            Unavailable: the disk does not take it.
        """
        contents: dict[Sha256, bytes] = {}
        for arrival in arrivals:
            contents.update(arrival.waiting)
            arrival.waiting.clear()
        for content in beside:
            contents[Sha256(sha256(content).hexdigest())] = content
        try:
            await self._parts.disk.run(self._keep_now, contents)
        except OSError as error:
            raise disk_failure("The store of files", error) from error

    def _keep_now(self, contents: dict[Sha256, bytes]) -> None:
        """Write blobs; touches the disk."""
        if contents:
            self._parts.budget.admit_small(sum(map(len, contents.values())))
            self._parts.store.put_many_now(contents)

    async def _small(self, place: FilePlace) -> Arrival:
        """Read a small file whole."""
        pieces: list[bytes] = []
        size = 0
        async for chunk in self._tree.read(place.path):
            size += len(chunk)
            if size > place.size:
                raise _wrong_size(place, size)
            pieces.append(chunk)
        content = b"".join(pieces)
        digests = _digests([content])
        _check(place, digests)
        return Arrival(digests, waiting={place.sha256: content})

    async def _large(self, place: FilePlace) -> Arrival:
        """Read a large file through the spool, and keep it."""
        async with Incoming(self._parts) as incoming:
            async for chunk in self._tree.read(place.path):
                await incoming.write(chunk)
                if incoming.size > place.size:
                    raise _wrong_size(place, incoming.size)
            digests = await incoming.finish()
            _check(place, digests)
            await incoming.keep(digests)
        return Arrival(digests)


class _Provenance(msgspec.Struct):
    """What every provenance object has. Source: PEP 740."""

    version: int
    attestation_bundles: Sequence[msgspec.Raw]


def _check(place: FilePlace, digests: Digests) -> None:
    """Raise if bytes are not those that the page and the manifest state."""
    if digests.size != place.size:
        raise _wrong_size(place, digests.size)
    if digests.sha256 != place.sha256:
        expected, actual = f"sha256 {place.sha256}", f"sha256 {digests.sha256}"
        raise Corrupt(f"`{place.file.filename}`", expected=expected, actual=actual)


def _wrong_size(place: FilePlace, size: int) -> Corrupt:
    """Return what to say of a file of another length."""
    what = f"`{place.file.filename}`"
    more = "more" if size > place.size else f"{size}"
    return Corrupt(what, expected=f"{place.size} bytes", actual=more)


def _digests(chunks: Iterable[bytes]) -> Digests:
    """Return what bytes are known by."""
    first, second = sha256(), md5(usedforsecurity=False)
    third, size = blake2b(digest_size=32), 0
    for chunk in chunks:
        for hasher in (first, second, third):
            hasher.update(chunk)
        size += len(chunk)
    return Digests(Sha256(first.hexdigest()), second.hexdigest(), third.hexdigest(), size)


def _digests_of(path: Path) -> Digests:
    """Return what a file is known by; touches the disk."""
    with path.open("rb") as file:
        return _digests(iter(lambda: file.read(_READ_BYTES), b""))
