"""Addresses: one bad machine among the many behind a name is left alone, and the name is not.

A file host has many addresses. If one of them cuts, is silent or answers 502 while the others are
well, every so-manieth request fails and the host as a whole looks ill. So what goes wrong is noted
for the address; for a while the others are connected to, and a question that failed quickly is put
to one of them at once. If every address fails, it is the host that is ill, and no address is left
out: the circuit of the door is there for that.
Source: reference incident "one machine of a content network" (a fault of 19 hours that no status
page saw); RFC 8305 is about addresses that cannot be connected to at all, which is done elsewhere.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

__all__ = ["Addresses"]

_LEFT_OUT_SECONDS: Final = 30.0
_MAX_HOSTS: Final = 1_000


@dataclass(slots=True)
class Addresses:
    """What is known of the addresses of each host. ``now`` is in seconds of a steady clock."""

    _found: OrderedDict[str, tuple[str, ...]] = field(default_factory=OrderedDict)
    _failed_at: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)

    def choose(self, host: str, found: Sequence[str], now: float) -> frozenset[str]:
        """Return which of the addresses ``found`` for ``host`` may be connected to now."""
        self._found[host] = tuple(found)
        self._found.move_to_end(host)
        while len(self._found) > _MAX_HOSTS:
            self._found.popitem(last=False)
        well = frozenset(address for address in found if not self.is_left_out(host, address, now))
        return well or frozenset(found)

    def is_left_out(self, host: str, address: str, now: float) -> bool:
        """Say whether ``address`` failed a moment ago."""
        failed_at = self._failed_at.get((host, address))
        return failed_at is not None and 0 <= now - failed_at < _LEFT_OUT_SECONDS

    def has_other(self, host: str, now: float) -> bool:
        """Say whether ``host`` has both an address that failed a moment ago and one that did not.

        Then the next connection leads elsewhere than to where something just failed.
        """
        states = {self.is_left_out(host, address, now) for address in self._found.get(host, ())}
        return states == {True, False}

    def failed(self, host: str, address: str, now: float) -> None:
        """Note that a connection to ``address`` brought no answer, or not a whole one."""
        self._failed_at.pop((host, address), None)
        self._failed_at[host, address] = now
        while len(self._failed_at) > _MAX_HOSTS:
            self._failed_at.popitem(last=False)

    def answered(self, host: str, address: str) -> None:
        """Note that ``address`` is well."""
        self._failed_at.pop((host, address), None)

    def left_out(self, host: str, now: float) -> Iterable[str]:
        """Yield the addresses of ``host`` that are left alone now, for people."""
        if self.has_other(host, now):
            for address in self._found[host]:
                if self.is_left_out(host, address, now):
                    yield address
