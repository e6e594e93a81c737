"""Noticing: every row of the journal is told once, and a catalog that is away is waited for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

import anyio
import pytest

from wheelyard.app.indexes import Indexes
from wheelyard.app.noticing import Noticing
from wheelyard.catalog import INDEX_CHANGED, JournalRow, Watcher
from wheelyard.clock import Instant
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio


def row(serial: int, kind: str = "file.added") -> JournalRow:
    """Return a change."""
    return JournalRow(serial, Instant(0), kind, "hosted:main", "acme")


@dataclass(slots=True)
class FakeWatcher:
    """What polls bring, one after the other."""

    news: list[Sequence[JournalRow] | Unavailable]
    polls: int = 0
    at_once: int = 0

    async def poll(self) -> Sequence[JournalRow]:
        """Return the next news, which take a moment."""
        self.polls += 1
        self.at_once += 1
        assert self.at_once == 1
        await anyio.lowlevel.checkpoint()
        self.at_once -= 1
        found = self.news.pop(0) if self.news else ()
        if isinstance(found, Unavailable):
            raise found
        return found


@dataclass(slots=True)
class FakeIndexes:
    """What indexes are told."""

    applied: list[int] = field(default_factory=list)
    reloads: int = 0

    def apply(self, change: JournalRow) -> None:
        """Note a change."""
        self.applied.append(change.serial)

    async def reload(self) -> None:
        """Note that the indexes are to be looked up again."""
        self.reloads += 1


def noticing(*news: Sequence[JournalRow] | Unavailable) -> tuple[Noticing, FakeIndexes]:
    """Return who notices `news`, and who is told."""
    indexes = FakeIndexes()
    watcher = FakeWatcher([*news])
    return Noticing(cast("Watcher", watcher), cast("Indexes", indexes)), indexes


async def test_change_is_told_in_order() -> None:
    """All that came since the last look."""
    found, indexes = noticing([row(1), row(2)], [row(3)])

    await found.notice()
    await found.notice()

    assert indexes.applied == [1, 2, 3]
    assert indexes.reloads == 0


async def test_what_was_written_here_is_told_without_a_look() -> None:
    """An upload is seen by the next request, and costs no question to the catalog."""
    found, indexes = noticing()

    found.tell(row(7))

    assert indexes.applied == [7]


async def test_new_index_is_looked_up() -> None:
    """Once for all that came together."""
    found, indexes = noticing([row(1, INDEX_CHANGED), row(2, INDEX_CHANGED)])

    await found.notice()

    assert indexes.reloads == 1


async def test_catalog_that_is_away_is_asked_again() -> None:
    """Nothing is lost: the next look brings what this one did not."""
    found, indexes = noticing(Unavailable("The catalog"), [row(1)])

    await found.notice()
    await found.notice()

    assert indexes.applied == [1]


async def test_two_who_look_take_turns() -> None:
    """An upload that looks at once does not get in the way of the one who always looks."""
    found, indexes = noticing([row(1)], [row(2)])

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(found.notice)
        tasks.start_soon(found.notice)

    assert indexes.applied == [1, 2]
