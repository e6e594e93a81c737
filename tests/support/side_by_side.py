"""Which tests stay together when several processes run the suite, and which begin.

Those of one module do, because they share what it starts, and so do the modules of a folder whose
session starts something that takes long: two processes would each start it. Where servers, clients
and other programs are started a few tests last for minutes: they begin, so that at the end no
process is left alone with them.
"""

from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # it has no types

__all__ = ["FOLDERS", "SLOW", "SharedScheduling", "is_slow", "unit_of"]

FOLDERS = ("tests/scenario/outage/",)
"""Every kind of outage is tried once for all the tests in there."""

SLOW = (
    *("tests/bench/", "tests/chaos/", "tests/contract/conformance/", "tests/faults/"),
    *("tests/scenario/", "tests/tools/", "tests/test_house.py"),
)
"""Where tests take long, as rooms and modules."""


def unit_of(test: str) -> str:
    """Return what a test, as pytest names it, must not be parted from."""
    module = test.partition("::")[0]
    return next((folder for folder in FOLDERS if module.startswith(folder)), module)


def is_slow(unit: str) -> bool:
    """Say whether a unit may take minutes, however few its tests are."""
    return unit.startswith(SLOW)


class SharedScheduling(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Give each process whole units; one that is free takes the next."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: object) -> None:
        first = next(filter(is_slow, self.workqueue), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)
