"""States are written in batches, and none is lost."""

from collections.abc import Sequence

import anyio
import pytest

from wheelyard.decide.mirroring import State
from wheelyard.errors import Unavailable
from wheelyard.mirror.sync.states import States
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

MANY = 1_200


class Book:
    """Keeps what is written into it, unless it is broken."""

    def __init__(self) -> None:
        """Begin empty."""
        self.batches: list[Sequence[State]] = []
        self.is_broken = False
        self.written = anyio.Event()

    async def save(self, states: Sequence[State]) -> None:
        """Keep ``states``."""
        if self.is_broken:
            raise Unavailable("The catalog", "the disk is full", failing="disk")
        self.batches.append(states)
        self.written.set()

    @property
    def names(self) -> list[str]:
        """What is kept, in order."""
        return [state.project for batch in self.batches for state in batch]


def state(number: int) -> State:
    """Return a state of a project of its own."""
    return State(ProjectName(f"demo-{number}"))


async def test_many_states_make_few_writes() -> None:
    """And all of them are there, in order."""
    book = Book()
    states = States(book.save)
    for number in range(MANY):
        await states.put(state(number))
    await states.flush()

    assert book.names == [f"demo-{number}" for number in range(MANY)]
    assert len([batch for batch in book.batches if batch]) == 3


async def test_state_that_cannot_be_written_waits() -> None:
    """A full disk passes; the last word is the flush at the end, which says so."""
    book = Book()
    states = States(book.save)
    book.is_broken = True
    for number in range(MANY):
        await states.put(state(number))
    with pytest.raises(Unavailable):
        await states.flush()
    book.is_broken = False
    await states.flush()

    assert book.names == [f"demo-{number}" for number in range(MANY)]


async def test_few_states_are_written_soon() -> None:
    """A run that takes hours loses a second of its work at most."""
    book = Book()
    states = States(book.save)
    await states.put(state(1))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(states.run)
        with anyio.fail_after(180):
            await book.written.wait()
        tasks.cancel_scope.cancel()

    assert book.names == ["demo-1"]
