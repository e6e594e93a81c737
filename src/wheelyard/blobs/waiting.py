"""Where questions wait for upstreams: a room with a limited number of places.

Those who join a question that waits already need no place, so a thousand clients of one file are
one in here. Used in the event loop's thread only.
"""

from dataclasses import dataclass, field

from wheelyard.decide.admission import admits
from wheelyard.errors import Unavailable

__all__ = ["WaitingRoom"]


@dataclass(slots=True)
class WaitingRoom:
    """The places of one kind of question in one process; without ``places`` there is no limit.

    ``waiting`` is how many are taken now, ``shed`` how many questions were sent away.
    """

    places: int = 0
    waiting: int = field(default=0, init=False)
    shed: int = field(default=0, init=False)

    def enter(self, what: str, *, is_held: bool = False) -> None:
        """Take a place for ``what``, to be given back with ``leave``.

        Raises:
            Unavailable: all are taken; ``is_held`` says that there is an old copy to go by.
        """
        if not admits(self.waiting, self.places, is_held=is_held):
            self.shed += 1
            reason = f"{self.waiting} others wait for an upstream already; ask again in a moment"
            raise Unavailable(what, reason)
        self.waiting += 1

    def leave(self) -> None:
        """Give a place back."""
        self.waiting -= 1
