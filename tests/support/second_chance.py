"""Which tests get a second chance, and why any do.

Some tests live by the real clock: servers that give up on a silent upstream after a second,
processes that are killed and start again, clients with deadlines of their own. A machine that
stands still for longer than such a deadline fails them, and says nothing about Wheelyard. They are
run again, twice at most, and pytest names them at the end and counts them as ``rerun``. A race of
ours can hide there, so a name that comes back is looked into; and tests that drive their clock, or
say what may be given out and what may not, get no second chance.
"""

from pathlib import PurePath

__all__ = ["RERUNS", "lives_by_the_clock"]

RERUNS = 2

_ROOMS = ("bench", "chaos", "faults", "scenario", "server", "support", "transport")
"""Folders of tests with real deadlines, and clients and processes that are not ours."""


def lives_by_the_clock(module: PurePath) -> bool:
    """Say whether the tests of a module, by its path from `tests`, may be run again."""
    return module.parts[0] in _ROOMS
