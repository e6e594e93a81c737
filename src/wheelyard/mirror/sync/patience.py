"""Patience: wait while nobody answers, and give up before everything has failed.

One project that fails says nothing of the next. Many in a row, and none in between that did not:
the upstream is out, and to ask it for the other hundred thousand helps nobody. One that asks for
more time than there is patience is left alone at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from wheelyard.errors import Unavailable

__all__ = ["Patience"]

_IN_A_ROW = 12
_FIRST_NAP_SECONDS = 0.25
_LONGEST_NAP_SECONDS = 8.0


class Patience:
    """Counts answers and failures of one kind of question; everybody who asks waits here first.

    ``seconds`` is how long it waits for answers.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._in_a_row = 0
        self._since = 0.0
        self._nap = _FIRST_NAP_SECONDS
        self._turn = anyio.Lock()
        self._reason = ""
        self._is_over = False
        self._asking: set[anyio.CancelScope] = set()

    @property
    def given_up_for(self) -> str:
        """Why it was given up; empty if it was not."""
        return self._reason if self._is_over else ""

    @contextmanager
    def asking(self) -> Iterator[anyio.CancelScope]:
        """Ask in the block, which ends early if it is given up meanwhile."""
        with anyio.CancelScope() as scope:
            self._asking.add(scope)
            try:
                yield scope
            finally:
                self._asking.discard(scope)

    def note_answer(self) -> None:
        """Count an answer: whatever failed before, somebody is there."""
        self._in_a_row = 0
        self._nap = _FIRST_NAP_SECONDS

    def note_failure(self, error: Unavailable) -> None:
        """Count a failure."""
        if not self._in_a_row:
            self._since = anyio.current_time()
        self._in_a_row += 1
        self._reason = error.reason
        if _asked_seconds(error) > self._seconds:
            self._give_up()

    async def is_worth_asking(self) -> bool:
        """Say whether to ask; at once, unless nobody has answered for a while.

        Then they take turns and wait longer and longer, so that one asks now and then for all,
        until somebody answers or it has taken too long.
        """
        if self._in_a_row < _IN_A_ROW or self._is_over:
            return not self._is_over
        async with self._turn:
            if self._in_a_row < _IN_A_ROW or self._is_over:
                return not self._is_over
            left = self._since + self._seconds - anyio.current_time()
            if left <= 0:
                self._give_up()
                return False
            await anyio.sleep(min(self._nap, left))
            self._nap = min(_LONGEST_NAP_SECONDS, 2 * self._nap)
            return True

    def _give_up(self) -> None:
        """Ask no more; who waits for an answer waits no longer."""
        self._is_over = True
        for scope in self._asking:
            scope.cancel()


def _asked_seconds(error: Unavailable) -> float:
    """Return for how long the upstream asked to be left alone, in ``error`` or its causes."""
    causes = [each for each in error.causes if isinstance(each, Unavailable)]
    return max([error.retry_seconds or 0.0, *map(_asked_seconds, causes)])
