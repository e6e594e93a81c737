"""Failover: several doors to the same index, of which the best one answers."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from time import perf_counter
from typing import Final, TypeVar

from wheelyard.blobs import Blob
from wheelyard.errors import Absent, Corrupt, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.any_door import AnyDoorBlob, first_byte
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.hedged import Race, first_answer
from wheelyard.repository.ranking import Ranking, unranked

__all__ = ["Failover"]

T = TypeVar("T")

_MAX_REMEMBERED: Final = 10_000


class Failover:
    """Ask each door in turn until one of them answers, the best one first.

    A page is an answer, and so is ``Absent``; only ``Unavailable`` and ``Corrupt`` move on.
    For indexes with different owners the rule is the reverse: see the failure table.
    The absence that a door says whose copy is behind is confirmed at one more.
    A second opinion is another door's if there is one: the search begins behind the last answer.
    A page is one door's from its first line to its last: links of two are never mixed.
    """

    def __init__(self, doors: Sequence[Door], ranking: Ranking | None = None) -> None:
        """Ask ``doors`` in the order of ``ranking``, which knows them by the same numbers.

        Without a ranking they are asked as they stand.
        """
        self._doors = doors
        self._ranking = ranking or unranked(len(doors))
        self._answered: OrderedDict[str, int] = OrderedDict()

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Return the list of the first door that answers; see ``Door``."""
        return await self._first("The project list", lambda door: door.refresh_projects(held))

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Return the page of the first door that answers; see ``Door``."""
        what = f"`{name}`"
        behind = self._answered.get(what) if again else None
        return await self._first(
            what, lambda door: door.refresh_project(name, held, again=again), behind
        )

    async def refresh_document(
        self, wanted: DocumentWanted, held: Validators | None
    ) -> Loaded[bytes] | Unchanged:
        """Return the document of the first door that answers; see ``Door``."""
        return await self._first(
            f"`{wanted.name}`", lambda door: door.refresh_document(wanted, held)
        )

    async def file(self, ref: FileRef) -> Blob:
        """Return bytes that move on to the next door where one breaks off."""
        order = self._ranking.order()
        self._ranking.look_behind(
            order, lambda number: partial(first_byte, self._doors[number], ref), "file"
        )
        return AnyDoorBlob(ref, [self._doors[number] for number in order])

    async def metadata(self, ref: FileRef) -> bytes:
        """Return the metadata of the first door that answers; see ``Door``."""
        return await self._first(f"`{ref.file.filename}`", lambda door: door.metadata(ref))

    async def _first(
        self, what: str, ask: Callable[[Door], Awaitable[T]], behind: int | None = None
    ) -> T:
        """Return the first answer; raise with one cause per door if none came.

        The search begins after the door ``behind``, if there is one.
        """
        order = self._ranking.order()
        causes: dict[int, WheelyardError] = {}
        if behind in order:
            place = order.index(behind) + 1
            order = (*order[place:], *order[:place])
        else:
            self._ranking.look_behind(order, lambda number: partial(ask, self._doors[number]))
            race = await self._race(order, ask)
            for place, value in race.values.items():
                self._note_answered(what, order[place])
                return value
            causes |= {order[place]: error for place, error in race.errors.items()}
        for number in order:
            if number not in causes:
                try:
                    answer = await self._ask(number, ask)
                except WheelyardError as error:
                    causes[number] = error
                else:
                    self._note_answered(what, number)
                    return answer
            if self._is_answer(number, causes):
                self._note_answered(what, number)
                raise causes[number]
        if len(causes) == 1:
            raise next(iter(causes.values()))
        reason = "" if causes else "no door leads to this index"
        raise Unavailable(what, reason, causes=list(causes.values()))

    async def _race(self, order: Sequence[int], ask: Callable[[Door], Awaitable[T]]) -> Race[T]:
        """Ask the first door, and a second beside it if it is late; nobody if none may be."""
        race = Race(
            [partial(self._ask, number, ask) for number in order[:2]],
            is_final=lambda error: self._is_answer(order[0], {order[0]: error}),
            begins=self._ranking.note_hedged,
        )
        late_seconds = self._ranking.hedge(order)
        if late_seconds is None:
            return race
        began = perf_counter()
        await first_answer(race, late_seconds)
        if 1 in race.values:
            self._ranking.note_seconds(order[0], perf_counter() - began)
        return race

    async def _ask(self, number: int, ask: Callable[[Door], Awaitable[T]]) -> T:
        """Ask one door."""
        with self._ranking.timing(number):
            return await ask(self._doors[number])

    def _is_answer(self, number: int, causes: Mapping[int, WheelyardError]) -> bool:
        """Say whether what a door raised ends the search: it knows, or we do not want to know."""
        match causes[number]:
            case Unavailable() | Corrupt():
                return False
            case Absent():
                absences = sum(isinstance(error, Absent) for error in causes.values())
                return absences > 1 or not self._ranking.is_behind(number)
            case _:
                return True

    def _note_answered(self, what: str, number: int) -> None:
        """Remember who answered, for a second opinion."""
        self._answered[what] = number
        self._answered.move_to_end(what)
        if len(self._answered) > _MAX_REMEMBERED:
            self._answered.popitem(last=False)
