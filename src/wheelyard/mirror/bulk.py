"""Bulk: pages and files by the thousand, with every promise of the chain.

Callers ask for many things at the same time. How many of them are put to the upstream at once is
the ``Pacer``'s business; what can be shared among them (transactions, disk flushes) is shared
inside, so whoever wants it fast has several times as many calls under way as there are places.
"""

from collections import OrderedDict
from typing import Final

import msgspec

from wheelyard.blobs import read_to_end
from wheelyard.clock import SystemClock
from wheelyard.decide.pacing import Rules
from wheelyard.errors import Unavailable
from wheelyard.mirror.pacer import Pacer
from wheelyard.model import FileRef, Project
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain

__all__ = ["Bulk"]

_MOST_BLANK: Final = 4_096


class Bulk:
    """Fills what is held of one owner, over its chain."""

    def __init__(self, chain: Chain, pacer: Pacer | None = None) -> None:
        """Ask the doors of ``chain`` as ``pacer`` lets us, and keep what they say."""
        self._chain = chain
        self._pacer = pacer or Pacer(Rules(), SystemClock())
        self._blank: OrderedDict[ProjectName, None] = OrderedDict()

    @property
    def pacer(self) -> Pacer:
        """How many questions may be under way, and are."""
        return self._pacer

    async def page(self, name: ProjectName, *, is_new: bool = False) -> Project:
        """Ask for the page of ``name`` now, save it durably, and return it with our evidence.

        Losses are doubted as ``Cached.renew`` doubts them. ``is_new`` is a guess that nothing is
        held of it, which saves looking; a wrong one costs a second question, and nothing else.

        Raises:
            Absent: the project is not there (any more); its page is forgotten.
            Unavailable: nobody could answer, or what was said is not believed; nothing changed.
        """
        renewing = self._chain.pages.renewing
        async with self._pacer.turn():
            renewed = await renewing.ask(name, is_new=is_new)
        kept = await renewing.keep(renewed) if renewed is not None else None
        if kept is None:
            async with self._pacer.turn():
                return await self._chain.files.with_evidence(await self._plainly(name))
        project = msgspec.structs.replace(kept.answered.value, known=kept.answered.known)
        if kept.has_evidence:
            return await self._chain.files.with_evidence(project)
        self._note_blank(name)
        return project

    def takes_blank(self, name: ProjectName) -> bool:
        """Say, once, whether the ledger had nothing of ``name`` when its page came: none is held.

        False may mean that it is not known: look it up then.
        """
        is_blank = name in self._blank
        self._blank.pop(name, None)
        return is_blank

    def _note_blank(self, name: ProjectName) -> None:
        """Remember for a moment that nothing of ``name`` is held."""
        self._blank[name] = None
        while len(self._blank) > _MOST_BLANK:
            self._blank.popitem(last=False)

    async def _plainly(self, name: ProjectName) -> Project:
        """Return the page of ``name`` as a client's question brings it."""
        renewed = await self._chain.pages.renew(name)
        if renewed.known is not None and renewed.known.how == "stale":
            raise Unavailable(f"`{name}`", "no upstream gave a page that is to be believed")
        if renewed.known is not None and renewed.known.revision < 0:
            raise Unavailable(f"`{name}`", "its page could not be written", failing="disk")
        return renewed

    async def file(self, ref: FileRef) -> int:
        """Have the bytes of ``ref`` held durably, with their ledger entry; return how many.

        Raises:
            Absent: the upstream lists it, and does not have it.
            Unavailable: it cannot be had, or not be kept, now.
            Corrupt: no door gave the bytes that the page states.
            Conflict: the ledger has other bytes for this name.
        """
        storing = self._chain.files.storing
        async with self._pacer.turn():
            fetched = await storing.fetch(ref)
        if fetched is not None and await storing.keep(fetched):
            return len(fetched.content)
        async with self._pacer.turn():
            received = await read_to_end(await self._chain.repository.file(ref))
        await self._chain.files.require_held(ref)
        return received

    async def metadata(self, ref: FileRef) -> None:
        """Have the core metadata of ``ref`` held durably and proven.

        Those of a wheel mostly came with it; to ask for them again would read and hash them anew.

        Raises:
            Absent: its page advertises none.
            Unavailable: they cannot be had now.
        """
        if self._chain.files.has_metadata_now(ref):
            return
        async with self._pacer.turn():
            await read_to_end(await self._chain.repository.metadata(ref))
        await self._chain.files.note_metadata(ref)
