"""Which tests get a second chance, and why any do.

Some tests live by the real clock: servers that give up on a silent upstream after a second,
processes that are killed and start again, clients with deadlines of their own. A machine that
stands still for longer than such a deadline fails them, and says nothing about Wheelyard. They are
run again, twice at most, and pytest counts them as ``rerun`` in its last line; a fault of ours
fails every time. Tests that drive their clock get no second chance.
"""

from pathlib import PurePath

__all__ = ["RERUNS", "lives_by_the_clock"]

RERUNS = 2

_ROOMS = (
    "app",
    "backup",
    "bench",
    "chaos",
    "cli",
    "contract",
    "docs",
    "faults",
    "mirror",
    "publish",
    "scenario",
    "server",
    "support",
    "transport",
    "upload",
)
"""Folders of tests whose servers, clients and processes are real."""


def lives_by_the_clock(module: PurePath) -> bool:
    """Say whether the tests of a module, by its path from `tests`, may be run again."""
    return module.parts[0] in _ROOMS
