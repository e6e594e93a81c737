"""Which tests stay together when several processes run the suite.

Those of one module do, because they share what it starts, and so do the modules of a folder whose
session starts something that takes long: two processes would each start it.
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

__all__ = ["FOLDERS", "SharedScheduling", "unit_of"]

FOLDERS = ("tests/scenario/outage/",)
"""Every kind of outage is tried once for all the tests in there."""


def unit_of(test: str) -> str:
    """Return what a test, as pytest names it, must not be parted from."""
    module = test.partition("::")[0]
    return next((folder for folder in FOLDERS if module.startswith(folder)), module)


class SharedScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Give each process whole units; one that is free takes the next."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)
