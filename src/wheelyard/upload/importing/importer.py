"""The importer: every file that a source offers goes the way of an upload, or is there already.

It can be stopped and run again at any moment: what is there is known by its digest, before its
bytes are asked for wherever the source states one.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass
from hashlib import new, sha256
from typing import Final

import anyio

from wheelyard.blobs import Digests, Incoming, IncomingParts
from wheelyard.catalog import Actor, HostedFile
from wheelyard.errors import (
    BadInput,
    Conflict,
    Corrupt,
    Refused,
    Unavailable,
    WheelyardError,
)
from wheelyard.names import parse_filename
from wheelyard.upload.importing.offers import Offer, Source, Unusable, Wanted
from wheelyard.upload.importing.report import Item, Outcome, Report
from wheelyard.upload.pipeline import Candidate, Destination, Pipeline

__all__ = ["ImportParts", "Importer"]

_AT_ONCE: Final = 4
_CHECKED: Final = ("sha256", "sha512", "sha384", "sha224", "md5", "sha1", "blake2b", "blake2s")
"""Digests of a source that can be compared, the strongest that is usual first."""


def _nobody(_: Item) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class ImportParts:
    """Where files go, and who brings them. ``tell`` is called with each as it is done."""

    pipeline: Pipeline
    incoming: IncomingParts
    index: str
    destination: Destination
    actor: Actor
    tell: Callable[[Item], None] = _nobody


@dataclass(frozen=True, slots=True)
class Importer:
    """Takes over what a source offers; with ``is_dry`` it only says what it would take."""

    parts: ImportParts
    is_dry: bool = False

    async def run(self, source: Source, wanted: Wanted) -> Report:
        """Return what became of every wanted file.

        Raises:
            BadInput: it is no source.
            Unavailable: it cannot be read at all.
        """
        items: list[Item] = []
        send, receive = anyio.create_memory_object_stream[Offer | Unusable](_AT_ONCE)
        failure: WheelyardError | None = None
        async with anyio.create_task_group() as tasks:
            for _ in range(_AT_ONCE):
                tasks.start_soon(self._work, receive.clone(), items)
            receive.close()
            async with send:
                try:
                    async for each in _with_missing(source, wanted):
                        await send.send(each)
                except (BadInput, Unavailable, Refused) as error:
                    failure = error  # carried out by hand: a task group would wrap it
        if failure is not None:
            raise failure
        items.sort(key=lambda item: (item.filename, item.where))
        return Report(source.shown, self.parts.index, tuple(items))

    async def _work(
        self,
        offers: "anyio.abc.ObjectReceiveStream[Offer | Unusable]",
        items: list[Item],
    ) -> None:
        """Take over what comes, one after the other."""
        async with offers:
            async for each in offers:
                item = await self._take(each)
                items.append(item)
                self.parts.tell(item)

    async def _take(self, each: Offer | Unusable) -> Item:
        """Take over one file."""
        if isinstance(each, Unusable):
            outcome: Outcome = "failed" if each.may_come else "rejected"
            return Item(each.name, each.where, outcome, each.reason)
        try:
            return await self._import(each)
        except (BadInput, Conflict, Refused, Corrupt) as error:
            return Item(each.filename, each.where, "rejected", str(error))
        except (WheelyardError, OSError) as error:
            return Item(each.filename, each.where, "failed", str(error))

    async def _import(self, offer: Offer) -> Item:
        """Take over a file, unless it is there."""
        parts = self.parts
        filename = parse_filename(offer.filename)
        there = await self._find(offer)
        if there is not None and await _is_same(offer, there):
            return Item(filename, offer.where, "skipped", "it is there already")
        if self.is_dry:
            if there is not None and not parts.destination.volatile and _has_sha256(offer):
                raise Conflict("File already exists", "its name has other bytes")
            return Item(filename, offer.where, "planned")
        async with Incoming(parts.incoming) as incoming:
            digests = await _copy(offer, incoming)
            candidate = Candidate(
                incoming, digests, filename, uploaded_at=offer.uploaded_at, yanked=offer.yanked
            )
            done = await parts.pipeline.publish(candidate, parts.destination, parts.actor)
        if done.published.outcome == "same":
            return Item(filename, offer.where, "skipped", "it is there already")
        return Item(filename, offer.where, "imported", " ".join(done.warnings))

    async def _find(self, offer: Offer) -> HostedFile | None:
        """Return the file of that name that is there."""
        if offer.project is None:
            return None
        hosting = self.parts.pipeline.parts.catalog.hosting
        owner = self.parts.destination.owner
        return await hosting.find(owner, offer.project, parse_filename(offer.filename))


async def _with_missing(source: Source, wanted: Wanted) -> AsyncIterator[Offer | Unusable]:
    """Yield what the source offers, then the names that were asked for and are not there."""
    seen: set[str] = set()
    async for each in source.offers(wanted):
        seen.add(each.name if isinstance(each, Unusable) else each.project or "")
        yield each
    for name in sorted(wanted.names - seen):
        yield Unusable(name, source.shown, "there is no file of such a project")


def _has_sha256(offer: Offer) -> bool:
    """Say whether the source states the digest that we go by."""
    return any(name == "sha256" for name, _ in offer.hashes)


async def _is_same(offer: Offer, there: HostedFile) -> bool:
    """Say whether what is there has the bytes of the offer, which are read only if that is cheap.

    Of what cannot be known without its bytes the pipeline says so.
    """
    stated = dict(offer.hashes)
    if "sha256" in stated:
        return stated["sha256"] == there.sha256
    if not offer.is_near or offer.size != there.size:
        return False
    hasher = sha256()
    async for chunk in offer.read():
        hasher.update(chunk)
    return hasher.hexdigest() == there.sha256


async def _copy(offer: Offer, incoming: Incoming) -> Digests:
    """Copy the bytes of the offer, and compare them with what its source states.

    Raises:
        Corrupt: they are other ones.
    """
    name, expected = next(
        ((name, digest) for name in _CHECKED for each, digest in offer.hashes if each == name),
        ("sha256", ""),
    )
    hasher = new(name, usedforsecurity=False)
    chunks = offer.read()
    try:
        async for chunk in chunks:
            await anyio.to_thread.run_sync(hasher.update, chunk)
            await incoming.write(chunk)
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    digests = await incoming.finish()
    actual = hasher.hexdigest()
    if expected and actual != expected.lower():
        raise Corrupt(
            f"`{offer.filename}`", expected=f"{name} {expected}", actual=f"{name} {actual}"
        )
    return digests
