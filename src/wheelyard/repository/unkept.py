"""What could not be written down, for a while: answers go on to be given, and to be reused.

A full disk must not turn every request into a question to an upstream. So the newest answers stay
in memory, a few of them, until they can be written or something newer has been.
"""

from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from typing import Generic, TypeVar

from wheelyard.blobs import Alarms, Trouble
from wheelyard.errors import Unavailable
from wheelyard.repository.base import Kept, Validators

__all__ = ["Unkept", "asked_whole", "is_written", "written"]

T = TypeVar("T")

_MOST = 64


@dataclass(frozen=True, slots=True)
class Unkept(Generic[T]):
    """The newest things of one kind that could not be written, by key."""

    most: int = _MOST
    _things: OrderedDict[str, Kept[T]] = field(default_factory=OrderedDict)

    def note(self, key: str, kept: Kept[T]) -> None:
        """Remember ``kept``; forget the one that was noted first if there are too many."""
        self._things[key] = kept
        self._things.move_to_end(key)
        while len(self._things) > self.most:
            self._things.popitem(last=False)

    def drop(self, key: str) -> None:
        """Forget it: what is written is newer, or it is not there any more."""
        self._things.pop(key, None)

    def settle(self, key: str, kept: Kept[T], *, is_written: bool) -> Kept[T]:
        """Return ``kept``, of which one copy is enough if it is written."""
        if is_written:
            self.drop(key)
        else:
            self.note(key, kept)
        return kept

    def newest(self, key: str, kept: Kept[T] | None) -> Kept[T] | None:
        """Return what was asked last: what is remembered, or ``kept``, which is written."""
        noted = self._things.get(key)
        if noted is None or (kept is not None and kept.checked_at >= noted.checked_at):
            return kept
        return noted


def asked_whole(kept: Kept[T]) -> Kept[T]:
    """Return ``kept`` so that its upstream will be asked for the whole.

    "It has not changed" would be believed of what is written, which is something older.
    """
    return replace(kept, validators=Validators(kept.validators.door))


async def written(work: Awaitable[T], alarms: Alarms) -> T | None:
    """Return what ``work`` writes and returns; None if this machine's disk does not let it.

    Raises:
        Unavailable: it cannot be written for any other reason.
    """
    try:
        return await work
    except Unavailable as error:
        if not error.is_ours:
            raise
        alarms.begin(Trouble.NOT_KEPT, error.reason)
        return None


async def is_written(work: Awaitable[None], alarms: Alarms) -> bool:
    """Do the same with ``work`` that returns nothing; say whether it is written."""

    async def done() -> bool:
        await work
        return True

    return await written(done(), alarms) is not None
