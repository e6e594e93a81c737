"""Canaries: names that a door knew a moment ago, asked for when it says that something is not here.

An upstream that lost its storage answers 404 for everything, and each answer alone looks like the
truth.  So its 404 counts only while at least one of the last names that it knew is still there.
They are kept in memory, and never come from a list of ours: which names an index has is its own
affair.
"""

import logging
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

import anyio

from wheelyard.blobs import Blob
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators

__all__ = ["WithCanaries"]

_LOG = logging.getLogger(__name__)
_MAX_CANARIES: Final = 5
_ALIVE_SECONDS: Final = 86_400.0
_CHECK_SECONDS: Final = 2.0


@dataclass(frozen=True, slots=True)
class _Canary:
    """When a name was last answered for, and whether its page is known to have files."""

    at: Instant
    has_files: bool


@dataclass(frozen=True, slots=True)
class _Finding:
    """What the canaries said, and when; an empty ``doubt`` is good news."""

    at: Instant
    doubt: str

    def counts(self, now: Instant, since: Instant) -> bool:
        """Say whether it need not be asked again for somebody who wants to know it ``since``."""
        return 0 <= now - self.at < _CHECK_SECONDS and (bool(self.doubt) or self.at > since)


class WithCanaries:
    """A door whose "it is not here", and whose second readings, are checked by canaries.

    Up to five names that it answered for within a day; the first of them that answers decides.
    They are asked at most every two seconds, and once more for each second reading: what is held
    must not be lost in the moment in which an accident begins. A door that has none is believed.
    """

    def __init__(self, door: Door, clock: Clock, where: str) -> None:
        """Believe ``door`` as far as its canaries go; ``where`` is its address, for people."""
        self._door = door
        self._clock = clock
        self._where = where
        self._canaries: OrderedDict[ProjectName, _Canary] = OrderedDict()
        self._found: _Finding | None = None
        self._checking: anyio.Event | None = None

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``."""
        return await self._door.refresh_projects(held)

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``.

        Raises:
            Unavailable: also when the door says "it is not here" of everything.
        """
        now = self._clock.now()
        since = now if again else Instant(now - _CHECK_SECONDS)
        try:
            answer = await self._door.refresh_project(name, held, again=again)
        except Absent:
            await self._require_canaries(name, since)
            self._canaries.pop(name, None)
            raise
        if again:
            await self._require_canaries(name, since)
        self._note(name, answer)
        return answer

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``. Its absence is checked like a project's."""
        try:
            return await self._door.refresh_document(wanted, held)
        except Absent:
            await self._require_canaries(None, Instant(self._clock.now() - _CHECK_SECONDS))
            raise

    async def file(self, ref: FileRef) -> Blob:
        """Return the bytes of a file; see ``Door``."""
        return await self._door.file(ref)

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of a file; see ``Door``."""
        return await self._door.metadata(ref)

    def _note(self, name: ProjectName, answer: Loaded[Project] | Unchanged) -> None:
        """Make ``name`` the newest canary; an unchanged page has files if it had."""
        known = self._canaries.pop(name, None)
        if isinstance(answer, Loaded):
            has_files = bool(answer.value.files)
        else:
            has_files = known is not None and known.has_files
        self._canaries[name] = _Canary(self._clock.now(), has_files)
        while len(self._canaries) > _MAX_CANARIES:
            self._canaries.popitem(last=False)

    async def _require_canaries(self, name: ProjectName | None, since: Instant) -> None:
        """Raise if the door answers for none of its canaries; ``name`` itself is no witness.

        Good news must be from after ``since``; bad news count for two seconds.
        """
        while self._checking is not None:
            await self._checking.wait()
        finding = self._found
        if finding is None or not finding.counts(self._clock.now(), since):
            finding = await self._check(name)
        if finding.doubt:
            raise Unavailable(f"`{name}`" if name else "A document", finding.doubt)

    async def _check(self, name: ProjectName | None) -> _Finding:
        """Ask the canaries, one at a time for all who want to know."""
        witnesses = self._witnesses(name)
        if not witnesses:
            return _Finding(self._clock.now(), "")
        began = self._clock.now()
        self._checking = anyio.Event()
        try:
            self._found = _Finding(began, await self._doubt(witnesses))
            if self._found.doubt:
                _LOG.warning("A 404 of %s is not believed: %s.", self._where, self._found.doubt)
            return self._found
        finally:
            self._checking.set()
            self._checking = None

    def _witnesses(self, name: ProjectName | None) -> list[ProjectName]:
        """Return who may be asked about ``name``, the newest first."""
        now = self._clock.now()
        return [
            canary
            for canary, known in reversed(self._canaries.items())
            if canary != name and now - known.at <= _ALIVE_SECONDS
        ]

    async def _doubt(self, witnesses: list[ProjectName]) -> str:
        """Return why the door is not to be believed, or nothing if one witness is well."""
        gone: list[ProjectName] = []
        for witness in witnesses:
            try:
                answer = await self._door.refresh_project(witness, None, again=True)
            except Absent:
                gone.append(witness)
                continue
            except WheelyardError as error:
                return f"the upstream cannot be asked whether it has anything at all: {error}"
            if self._is_well(witness, answer):
                for name in gone:
                    self._canaries.pop(name, None)
                return ""
        return "the upstream answers 404 for everything"

    def _is_well(self, witness: ProjectName, answer: Loaded[Project] | Unchanged) -> bool:
        """Say whether a page is there, with files if it had some."""
        known = self._canaries.get(witness)
        had_files = known is not None and known.has_files
        return isinstance(answer, Unchanged) or bool(answer.value.files) or not had_files
