"""Vetting: whether the doors lead to one and the same index, and whose copy of it is behind.

Once a minute every door that answers is asked for up to five pages that are held, and what they say
is compared; see ``decide/likeness.py``. Before a later door is used for the first time, its pages
are compared with what the doors before it gave: while the first one is out, that is all there is.

The first door is never "another index": it is what the operator means by this index.
"""

import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Final

import anyio
import msgspec

from wheelyard.clock import Clock, Instant
from wheelyard.decide.circuit import State
from wheelyard.decide.likeness import Likeness, compare, judge
from wheelyard.errors import Absent, Unavailable, WheelyardError
from wheelyard.model import Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import Door, Unchanged, Validators
from wheelyard.repository.observed import DoorState

__all__ = ["PAGES", "Candidate", "Known", "Vetting"]

_LOG = logging.getLogger(__name__)
PAGES: Final = 5
"""How many pages are compared."""
_FIRST_SECONDS: Final = 5.0
_ROUND_SECONDS: Final = 60.0

Pages = Mapping[ProjectName, Project | None]
"""What a door says of some projects; None where it has no such project."""
Known = Callable[[Sequence[str]], Awaitable[Sequence[Project]]]
"""Returns the newest pages that are held, and that came from one of these addresses."""


@dataclass(slots=True)
class Candidate:
    """A door to be vetted: ``urls`` are the spellings of its address.

    ``last_modified`` asks when the door's copy of the index was made, None if it does not tell.
    ``hands_serials_on`` says whether its serials are those of the first door.
    """

    door: Door
    state: DoorState
    urls: tuple[str, ...]
    last_modified: Callable[[], Awaitable[Instant | None]]
    hands_serials_on: bool = False
    is_vetted: bool = False
    seen: OrderedDict[ProjectName, tuple[Validators, Project]] = field(default_factory=OrderedDict)


class Vetting:
    """Compares doors. They have the numbers of their places; the first has 0."""

    def __init__(
        self, candidates: Sequence[Candidate], known: Known, clock: Clock, max_lag_seconds: float
    ) -> None:
        """Compare ``candidates``; a copy that is older than ``max_lag_seconds`` is behind."""
        self._candidates = candidates
        self._known = known
        self._clock = clock
        self._max_lag_seconds = max_lag_seconds
        self._turn = anyio.Lock()
        candidates[0].is_vetted = candidates[0].hands_serials_on = True

    async def run(self) -> None:
        """Compare once a minute, for as long as the program runs and the doors are asked at all."""
        await anyio.sleep(_FIRST_SECONDS)
        asked = -1
        while True:
            if self._requests() != asked:
                await self.compare_all()
                asked = self._requests()
            await anyio.sleep(_ROUND_SECONDS)

    async def admit(self, number: int, what: str) -> None:
        """Return if a door may be asked for ``what``.

        Raises:
            Unavailable: it leads to another index, or nobody can tell now.
        """
        candidate = self._candidates[number]
        if not candidate.is_vetted:
            async with self._turn:
                if not candidate.is_vetted:
                    await self._compare_first(number)
        if candidate.state.difference:
            reason = (
                f"`{candidate.state.url}` is a door to a different index: "
                f"{candidate.state.difference}"
            )
            raise Unavailable(what, reason)

    def hands_serials_on(self, number: int) -> bool:
        """Say whether a door's serials may be compared with those of the first."""
        return self._candidates[number].hands_serials_on

    def is_behind(self, url: str) -> bool:
        """Say whether the copy of the index at a door's address is behind another."""
        return any(url in each.urls and each.state.is_behind for each in self._candidates)

    async def compare_all(self) -> None:
        """Ask every door that answers for some pages, and note what the answers come to."""
        try:
            held = await self._known([url for each in self._candidates for url in each.urls])
        except Unavailable:
            return
        async with self._turn:
            said: dict[int, Pages] = {}
            for number in range(len(self._candidates)):
                pages = await self._ask(number, held)
                if pages is not None:
                    said[number] = pages
            found = {number: self._likeness(number, held, said) for number in said}
            for number, own in said.items():
                others = [
                    self._pages_of(other, pages)
                    for other, pages in said.items()
                    if other != number and not found[other].difference
                ]
                behind = await self._is_old(number) or any(
                    self._judged(number, pages, own).is_behind for pages in others
                )
                self._take(number, replace(found[number], is_behind=behind))

    async def _compare_first(self, number: int) -> None:
        """Compare a later door with what the doors before it gave, if there is any of that."""
        before = [url for each in self._candidates[:number] for url in each.urls]
        if not (held := await self._known(before)):
            return
        candidate = self._candidates[number]
        pages = {page.name: await self._page(candidate, page.name) for page in held}
        self._take(number, self._judged(number, held, pages))

    async def _ask(self, number: int, held: Sequence[Project]) -> Pages | None:
        """Return what a door says of the projects that are ``held``; None if it does not answer."""
        candidate = self._candidates[number]
        if candidate.state.circuit is not State.CLOSED:
            return None
        pages: dict[ProjectName, Project | None] = {}
        try:
            for page in held:
                began = perf_counter()
                pages[page.name] = await self._page(candidate, page.name)
                candidate.state.recent.append(perf_counter() - began)
        except WheelyardError:
            return None
        return pages

    async def _page(self, candidate: Candidate, name: ProjectName) -> Project | None:
        """Return what a door says of ``name``; it is asked whether that has changed."""
        validators, page = candidate.seen.get(name, (None, None))
        try:
            answer = await candidate.door.refresh_project(name, validators)
        except Absent:
            return None
        if isinstance(answer, Unchanged):
            return page
        candidate.seen[name] = (answer.validators, answer.value)
        candidate.seen.move_to_end(name)
        if len(candidate.seen) > PAGES:
            candidate.seen.popitem(last=False)
        return answer.value

    def _likeness(
        self, number: int, held: Sequence[Project], said: Mapping[int, Pages]
    ) -> Likeness:
        """Return whether a door leads to the same index as the first, or as what is held."""
        if not number:
            return Likeness(hands_serials_on=True)
        first = said.get(0, {})
        return self._judged(number, [first.get(page.name) or page for page in held], said[number])

    def _pages_of(self, number: int, pages: Pages) -> Sequence[Project]:
        """Return the pages that a door has; serials of a count of its own are left out."""
        there = [page for page in pages.values() if page is not None]
        if self._candidates[number].hands_serials_on:
            return there
        return [msgspec.structs.replace(page, serial=None) for page in there]

    def _judged(self, number: int, known: Sequence[Project], said: Pages) -> Likeness:
        """Return what the differences between two doors come to."""
        handed_on = self._candidates[number].hands_serials_on
        comparisons = [compare(page, said[page.name]) for page in known if page.name in said]
        return judge(comparisons, handed_serials_on=handed_on)

    async def _is_old(self, number: int) -> bool:
        """Say whether a door tells of its copy that it is too old."""
        try:
            made_at = await self._candidates[number].last_modified()
        except WheelyardError:
            return False
        return made_at is not None and self._clock.now() - made_at > self._max_lag_seconds

    def _requests(self) -> int:
        """Return how often the doors were asked for anything."""
        return sum(each.state.outcomes.total() for each in self._candidates)

    def _take(self, number: int, likeness: Likeness) -> None:
        """Make what was found the state of a door, and say so if it is news."""
        candidate = self._candidates[number]
        state = candidate.state
        if likeness.difference and not state.difference:
            _LOG.warning(
                "%s is a door to a different index and is not used: %s.",
                state.url,
                likeness.difference,
            )
        if likeness.is_behind != state.is_behind:
            word = "is behind other doors" if likeness.is_behind else "is not behind any more"
            _LOG.warning("The copy of the index at %s %s.", state.url, word)
        candidate.is_vetted = True
        candidate.hands_serials_on = likeness.hands_serials_on
        state.difference, state.is_behind = likeness.difference, likeness.is_behind
