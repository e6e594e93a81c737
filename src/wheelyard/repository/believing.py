"""Believing: what a door's answer counts for when something is held already.

1. An answer that is older than what is held is none: mirrors lag, and an index does not go back in
   time. Another door is asked in the same flight, or the same one past its caches. A serial tells;
   where none does, so does a page of another door that lacks something and has nothing new. What
   stays there for more than a week is believed: a door may have begun its count anew.
2. A loss (it is not there any more, or much of it is not) is believed after a second reading in the
   same flight that says the same. A takedown needs none. What a loss is, ``Losses`` says.
3. A digest that was stated once is not forgotten because the next door states none.

What is not believed is ``Unavailable``: what is held is used, marked stale.
"""

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar, cast

from wheelyard.clock import Clock, Instant
from wheelyard.decide.losses import has_begun_anew, is_older
from wheelyard.errors import Absent, Corrupt, Unavailable
from wheelyard.repository.base import Keeper, Kept, Loaded, Unchanged

__all__ = ["Believing", "Losses"]

T = TypeVar("T")

_LOG = logging.getLogger(__name__)
_MAX_OLDER = 50_000


def _never(_before: object, _after: object) -> bool:
    """Tell nothing by what two answers contain."""
    return False


def _as_it_is(_before: T, after: T) -> T:
    """Keep nothing of what was known before."""
    return after


@dataclass(frozen=True, slots=True)
class Losses(Generic[T]):
    """How a loss is told, for one kind of thing.

    ``is_loss`` gets what is held and what came; ``same_reading`` the first and the second answer;
    ``is_behind`` what is held and what came from another door; ``remembering`` both, to return what
    came with what must not be forgotten.
    An unconfirmed loss is asked about again after ``doubt_seconds``.
    """

    is_loss: Callable[[T, T], bool]
    is_takedown: Callable[[T], bool]
    same_reading: Callable[[T, T], bool]
    doubt_seconds: float = 60.0
    is_behind: Callable[[T, T], bool] = _never
    remembering: Callable[[T, T], T] = _as_it_is


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
        answer = await self._believed(key, kept)
        return answer if isinstance(answer, Unchanged) else self.remembering(kept, answer)

    @property
    def has_losses(self) -> bool:
        """Whether what is held is looked at when an answer comes."""
        return self._losses is not None

    def lightened(self, kept: Kept[T]) -> Kept[T]:
        """Return as much of what is held as ``ask`` needs: without losses that is no value."""
        return kept if self._losses is not None else replace(kept, value=cast("T", None))

    def is_doubtful(self, kept: Kept[T], answer: Loaded[T]) -> bool:
        """Say whether ``answer`` is one that is not believed at once; see ``ask`` for what then."""
        if self._is_older(kept, answer):
            return True
        return self._losses is not None and self._losses.is_loss(kept.value, answer.value)

    def remembering(self, kept: Kept[T], answer: Loaded[T]) -> Loaded[T]:
        """Return ``answer`` with what must not be forgotten of what is held."""
        if self._losses is None:
            return answer
        return replace(answer, value=self._losses.remembering(kept.value, answer.value))

    async def _believed(self, key: str, kept: Kept[T]) -> Loaded[T] | Unchanged:
        """Return the first answer that is to be believed; see ``ask``."""
        try:
            answer = await self._keeper.ask(key, kept.validators)
        except Absent as error:
            return await self._read_again(key, error)
        if isinstance(answer, Unchanged):
            self._older_since.pop(key, None)
            return answer
        answer = await self._refuse_older(key, kept, answer)
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

    async def _refuse_older(self, key: str, kept: Kept[T], answer: Loaded[T]) -> Loaded[T]:
        """Return ``answer``, or what else is to be had, if it is not older than what is held.

        Raises:
            Unavailable: it is, and so is what another door says, if there is one.
        """
        if not self._is_older(kept, answer):
            self._older_since.pop(key, None)
            return answer
        other = await self._other_than_older(key)
        if other is not None and not self._is_older(kept, other):
            self._older_since.pop(key, None)
            return other
        if self._has_begun_anew(key):
            message = "`%s` has been older than what was held for a week, and is believed now: %s."
            _LOG.warning(message, key, _difference(kept, answer))
            return answer
        reason = f"the upstream's answer is older than what is held: {_difference(kept, answer)}"
        raise Unavailable(f"`{key}`", reason)

    async def _other_than_older(self, key: str) -> Loaded[T] | None:
        """Return what another door says, or the same one past every cache; None if nothing."""
        try:
            other = await self._keeper.ask(key, None, again=True)
        except (Absent, Unavailable, Corrupt):
            return None
        return other if isinstance(other, Loaded) else None

    def _is_older(self, kept: Kept[T], answer: Loaded[T]) -> bool:
        """Say whether ``answer`` would take the index back in time. A takedown never does."""
        if self._losses is not None and self._losses.is_takedown(answer.value):
            return False
        if is_older(kept.serial, answer.serial) or is_older(answer.serial, kept.serial):
            return is_older(kept.serial, answer.serial)
        if self._losses is None or kept.validators.door == answer.validators.door:
            return False
        return self._losses.is_behind(kept.value, answer.value)

    def _has_begun_anew(self, key: str) -> bool:
        """Note one more older answer; say whether there was no other for more than a week."""
        now = self._clock.now()
        since = min(self._older_since.pop(key, now), now)
        if has_begun_anew(since, now):
            return True
        self._older_since[key] = since
        while len(self._older_since) > _MAX_OLDER:
            self._older_since.popitem(last=False)
        return False


def _difference(kept: Kept[T], answer: Loaded[T]) -> str:
    """Return what shows that an answer is older, for a sentence."""
    if kept.serial is None or answer.serial is None:
        return f"{answer.validators.door} lacks what {kept.validators.door} had"
    return f"{answer.serial} after {kept.serial}"
