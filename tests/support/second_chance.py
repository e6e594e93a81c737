"""Which tests get a second chance, and why any do.

Some tests live by the real clock: servers that give up on a silent upstream after a second,
processes that are killed and start again, clients with deadlines of their own. A machine that
stands still for longer than such a deadline fails them, and says nothing about Wheelyard. They are
run again, twice at most, and pytest names them at the end and counts them as ``rerun``. A race of
ours can hide there, so a name that comes back is looked into; and tests that drive their clock, or
say what may be given out and what may not, get no second chance.

Whoever is run again meets nothing of the first run. Most of these tests share servers, on which a
second upload of a name, or a second user, would be another matter than the first one was.
"""

from pathlib import PurePath

import pytest
import pytest_rerunfailures  # type: ignore[import-untyped]  # it has no types of its own

__all__ = ["RERUNS", "begin_anew", "lives_by_the_clock"]

RERUNS = 2

_ROOMS = ("bench", "chaos", "faults", "scenario", "server", "support", "transport")
"""Folders of tests with real deadlines, and clients and processes that are not ours."""


_LOOKED_AT_ONCE = "outage"
"""The folder of tests that only look at what was observed, minutes of it, before the first one."""


def lives_by_the_clock(module: PurePath) -> bool:
    """Say whether the tests of a module, by its path from `tests`, may be run again."""
    return module.parts[0] in _ROOMS


def begin_anew(item: pytest.Item) -> None:
    """End whatever a test shares with others, if it is run again: all of it is made once more.

    To be called before anything is set up. Neither pytest nor its plugin, which keeps such things
    for the second run, has a public way.
    """
    if getattr(item, "execution_count", 1) > 1 and item.path.parent.name != _LOOKED_AT_ONCE:
        pytest_rerunfailures._restore_suspended_finalizers(item)
        item.session._setupstate.teardown_exact(None)
