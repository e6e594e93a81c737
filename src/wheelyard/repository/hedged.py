"""Two questions of which one answer is enough: the second is asked when the first is late."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import anyio

from wheelyard.errors import WheelyardError

__all__ = ["Race", "first_answer"]

T = TypeVar("T")


@dataclass(slots=True)
class Race(Generic[T]):
    """Two questions, and what came of them: of each a value, an error, or nothing yet.

    ``is_final`` says of an error whether it is an answer, so that the other need not be heard;
    only the first one's is believed before the other has spoken. ``begins`` is called when the
    second is asked.
    """

    asks: Sequence[Callable[[], Awaitable[T]]]
    is_final: Callable[[WheelyardError], bool]
    begins: Callable[[], None]
    values: dict[int, T] = field(default_factory=dict)
    errors: dict[int, WheelyardError] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Whether nothing that is still to come would change the outcome."""
        first = self.errors.get(0)
        return (
            bool(self.values)
            or len(self.errors) == len(self.asks)
            or (first is not None and self.is_final(first))
        )


async def first_answer(race: Race[T], after_seconds: float) -> None:
    """Ask the first, after ``after_seconds`` without an answer the second too; await the outcome.

    A first question that fails in time is over alone: who asks next is then for the caller to say.
    Nothing is raised: what came is in the race. The loser is cancelled.
    """
    changed = anyio.Event()

    async def run(number: int) -> None:
        nonlocal changed
        try:
            race.values[number] = await race.asks[number]()
        except WheelyardError as error:
            race.errors[number] = error
        changed.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run, 0)
        with anyio.move_on_after(after_seconds):
            await changed.wait()
        if not changed.is_set():
            race.begins()
            tasks.start_soon(run, 1)
            await changed.wait()
            while not race.is_over:
                changed = anyio.Event()
                await changed.wait()
        tasks.cancel_scope.cancel()
