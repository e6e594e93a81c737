"""Believing: what a door's answer counts for when something is held already.

1. An answer that is older than what the same door gave before is none: mirrors lag, and an index
   does not go back in time. A door that stays there for more than a day has begun its count anew.
2. A loss (it is not there any more, or much of it is not) is believed after a second reading in the
   same flight that says the same. A takedown needs none. What a loss is, ``Losses`` says.

What is not believed is ``Unavailable``: what is held is used, marked stale.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Unavailable
from wheelyard.repository.base import Keeper, Kept, Loaded, Unchanged

__all__ = ["Believing", "Losses"]

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_BEGUN_ANEW_SECONDS: Final = 86_400.0
_MAX_OLDER = 50_000


@dataclass(frozen=True, slots=True)
class Losses(Generic[T]):
    """How a loss is told, for one kind of thing.

    ``is_loss`` gets what is held and what came; ``same_reading`` the first and the second answer.
    An unconfirmed loss is asked about again after ``doubt_seconds``.
    """

    is_loss: Callable[[T, T], bool]
    is_takedown: Callable[[T], bool]
    same_reading: Callable[[T, T], bool]
    doubt_seconds: float = 60.0


class Believing(Generic[T]):
    """The questions of one ``Keeper``, with answers that are to be believed."""

    def __init__(self, keeper: Keeper[T], clock: Clock, losses: Losses[T] | None) -> None:
        """Ask through ``keeper``; without ``losses`` only "it is not here" is one."""
        self._keeper = keeper
        self._clock = clock
        self._losses = losses
        self._older_since: OrderedDict[str, Instant] = OrderedDict()

    async def ask(self, key: str, kept: Kept[T] | None) -> Loaded[T] | Unchanged:
        """Return what upstream says of ``key``, of which ``kept`` is held.

        Raises:
            Absent: it is not there; if it is held, two readings said so.
            Unavailable: nobody could answer, or what was said is not believed.
        """
        if kept is None:
            return await self._keeper.ask(key, None)
        try:
            answer = await self._keeper.ask(key, kept.validators)
        except Absent as error:
            return await self._read_again(key, error)
        if isinstance(answer, Unchanged):
            self._older_since.pop(key, None)
            return answer
        self._refuse_older(key, kept, answer)
        if self._losses is None or not self._losses.is_loss(kept.value, answer.value):
            return answer
        return await self._read_again(key, answer)

    async def _read_again(self, key: str, first: Loaded[T] | Absent) -> Loaded[T]:
        """Return, or raise, the loss that ``first`` says if a second reading says the same."""
        try:
            second = await self._keeper.ask(key, None, again=True)
        except Absent as error:
            if isinstance(first, Absent):
                raise
            raise self._doubted(key) from error
        if isinstance(second, Loaded) and self._losses is not None:
            if self._losses.is_takedown(second.value):
                return second
            if isinstance(first, Loaded) and self._losses.same_reading(first.value, second.value):
                return first
        raise self._doubted(key)

    def _doubted(self, key: str) -> Unavailable:
        """Return the error for a loss that the second reading did not bear out."""
        _LOG.warning("A loss of `%s` is not believed: the upstream contradicts itself.", key)
        doubt_seconds = self._losses.doubt_seconds if self._losses else None
        reason = "the upstream contradicts itself"
        return Unavailable(f"`{key}`", reason, retry_seconds=doubt_seconds)

    def _refuse_older(self, key: str, kept: Kept[T], answer: Loaded[T]) -> None:
        """Raise if ``answer`` is older than what the same door gave before.

        Only a serial tells; an upstream that stops sending them goes on to be believed.
        """
        before, after = kept.serial, answer.serial
        same_door = kept.validators.door == answer.validators.door
        if before is None or after is None or after >= before or not same_door:
            self._older_since.pop(key, None)
            return
        if self._has_begun_anew(key):
            message = "`%s` has had an older serial for a day, %d after %d, and is believed now."
            _LOG.warning(message, key, after, before)
            return
        reason = f"the upstream's answer is older than what is held: {after} after {before}"
        raise Unavailable(f"`{key}`", reason)

    def _has_begun_anew(self, key: str) -> bool:
        """Note one more older answer; say whether there was no other for more than a day."""
        now = self._clock.now()
        since = min(self._older_since.pop(key, now), now)
        if now - since > _BEGUN_ANEW_SECONDS:
            return True
        self._older_since[key] = since
        while len(self._older_since) > _MAX_OLDER:
            self._older_since.popitem(last=False)
        return False
