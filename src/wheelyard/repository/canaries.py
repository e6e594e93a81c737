"""Canaries: names that a door knew a moment ago, asked for when it says that something is not here.

Who is asked, and what counts, is decided in ``decide/canaries.py``.  They are kept in memory, begin
with the pages that are held from an earlier start, and never come from a list of ours: which names
an index has is its own affair.
"""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping

import anyio

from wheelyard.blobs import Blob
from wheelyard.clock import Clock, Instant
from wheelyard.decide.canaries import (
    CHECK_SECONDS,
    MOST,
    Canary,
    Finding,
    choose_witnesses,
    is_well,
)
from wheelyard.decide.losses import is_takedown
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.news import NEWS

__all__ = ["Remember", "WithCanaries"]

_LOG = logging.getLogger(__name__)

Remember = Callable[[], Awaitable[Mapping[ProjectName, Canary]]]
"""Who knows the names for which a door answered before this start, the newest first."""


async def _nothing() -> Mapping[ProjectName, Canary]:
    """Remember nothing."""
    return {}


class WithCanaries:
    """A door whose "it is not here", and whose second readings, are checked by canaries.

    Up to five names that it answered for within a week; the first of them that answers decides.
    They are asked at most every two seconds, and once more for each second reading: what is held
    must not be lost in the moment in which an accident begins. A door that has none is believed.
    """

    def __init__(self, door: Door, clock: Clock, where: str, remember: Remember = _nothing) -> None:
        """Believe ``door`` as far as its canaries go; ``where`` is its address, for people.

        ``remember`` is asked before the first doubt: a start in the middle of an outage must not
        lose what is held.
        """
        self._door = door
        self._clock = clock
        self._where = where
        self._canaries: OrderedDict[ProjectName, Canary] = OrderedDict()
        self._found: Finding | None = None
        self._checking: anyio.Event | None = None
        self._remember: Remember | None = remember

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of projects; see ``Door``. Its absence is checked, and an empty one."""
        since = Instant(self._clock.now() - CHECK_SECONDS)
        try:
            answer = await self._door.refresh_projects(held)
        except Absent:
            await self._require_canaries(None, since)
            raise
        if isinstance(answer, Loaded) and not answer.value.projects:
            await self._require_canaries(None, since)
        return answer

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return one project; see ``Door``.

        Raises:
            Unavailable: also when the door says "it is not here" of everything, or has a page
                without files for every name.
        """
        now = self._clock.now()
        since = now if again else Instant(now - CHECK_SECONDS)
        try:
            answer = await self._door.refresh_project(name, held, again=again)
        except Absent:
            await self._require_canaries(name, since)
            self._canaries.pop(name, None)
            raise
        if again or _is_empty(answer):
            await self._require_canaries(name, since)
        if again or not _is_empty(answer):  # an accident may have begun after the good news
            self._note(name, answer)
        return answer

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return a document; see ``Door``. Its absence is checked like a project's.

        Nothing rests on that of news: most indexes have none.
        """
        try:
            return await self._door.refresh_document(wanted, held)
        except Absent:
            if wanted.kind in NEWS:
                raise
            await self._require_canaries(None, Instant(self._clock.now() - CHECK_SECONDS))
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
        self._canaries[name] = Canary(self._clock.now(), has_files)
        while len(self._canaries) > MOST:
            self._canaries.popitem(last=False)

    def _forget(self, names: list[ProjectName]) -> None:
        """Have these for canaries no more."""
        for name in names:
            self._canaries.pop(name, None)

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

    async def _check(self, name: ProjectName | None) -> Finding:
        """Ask the canaries, one at a time for all who want to know."""
        began = self._clock.now()
        self._checking = anyio.Event()
        try:
            await self._remember_once()
            witnesses = choose_witnesses(self._canaries, name, self._clock.now())
            if not witnesses:
                return Finding(self._clock.now(), "")
            self._found = Finding(began, await self._doubt(witnesses))
            if self._found.doubt:
                _LOG.warning("A 404 of %s is not believed: %s.", self._where, self._found.doubt)
            return self._found
        finally:
            self._checking.set()
            self._checking = None

    async def _remember_once(self) -> None:
        """Have the canaries of an earlier start behind those of this one, as far as there is room.

        Of the same name the present one counts, but whether it has files an unchanged page does
        not tell.
        """
        if self._remember is None:
            return
        remember, self._remember = self._remember, None
        for name, canary in (await remember()).items():
            if (known := self._canaries.get(name)) is not None:
                self._canaries[name] = Canary(known.at, known.has_files or canary.has_files)
            elif len(self._canaries) < MOST:
                self._canaries[name] = canary
                self._canaries.move_to_end(name, last=False)

    async def _doubt(self, witnesses: list[ProjectName]) -> str:
        """Return why the door is not to be believed, or nothing if one witness is well.

        One that never had files shows that the door answers, and not that others have theirs.
        """
        gone: list[ProjectName] = []
        is_emptied = False
        for witness in witnesses:
            try:
                answer = await self._door.refresh_project(witness, None, again=True)
            except Absent:
                gone.append(witness)
                continue
            except WheelyardError as error:
                return f"the upstream cannot be asked whether it has anything at all: {error}"
            file_count = len(answer.value.files) if isinstance(answer, Loaded) else None
            is_emptied |= not is_well(self._canaries.get(witness), file_count)
            if file_count != 0:
                self._forget(gone)
                return ""
        if is_emptied:
            return "the upstream has no files any more"
        if len(gone) < len(witnesses):
            self._forget(gone)
            return ""
        return "the upstream answers 404 for everything"


def _is_empty(answer: Loaded[Project] | Unchanged) -> bool:
    """Say whether a page has no files, although nobody has withdrawn them."""
    if not isinstance(answer, Loaded) or is_takedown(answer.value):
        return False
    return not answer.value.files
