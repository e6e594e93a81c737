"""Twins: a public project under a name of ours is noticed once, and nobody is asked by name."""

import logging
from dataclasses import dataclass, field

import pytest

from wheelyard.errors import Unavailable
from wheelyard.monitor.twins import TwinParts, TwinWatch
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

ACME, BOTH, FLASK = ProjectName("acme-core"), ProjectName("both"), ProjectName("flask")


@dataclass
class World:
    """Whose names there are, and what was asked."""

    ours: set[ProjectName] = field(default_factory=lambda: {ACME, BOTH})
    public: set[ProjectName] = field(default_factory=lambda: {FLASK, BOTH})
    error: Unavailable | None = None
    readings: int = 0
    renewals: int = 0

    async def our_names(self) -> set[ProjectName]:
        """Return the names that are ours."""
        if self.error is not None:
            raise self.error
        return self.ours

    async def public_names(self) -> set[ProjectName]:
        """Return the names that others have."""
        self.readings += 1
        return self.public

    async def mark(self) -> int:
        """Return what changes with the names."""
        return len(self.public)

    async def renew(self) -> None:
        """Have the list fetched."""
        self.renewals += 1

    def watch(self) -> TwinWatch:
        """Return who looks at all this."""
        names = (self.our_names, self.public_names, self.mark, self.renew)
        return TwinWatch(TwinParts(*names, merged={BOTH}))


async def test_twin_is_said_once_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    """T04: private wins, and somebody is told; of a name that is merged everybody knows."""
    world = World()
    watch = world.watch()

    with caplog.at_level(logging.WARNING):
        await watch.look()
        assert watch.found == set()
        world.public.add(ACME)
        await watch.look()
        await watch.look()

    assert watch.found == {ACME}
    assert len(caplog.records) == 1
    assert "`acme-core`" in caplog.text


async def test_twin_that_goes_and_comes_back_is_said_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Somebody is at it."""
    world = World(public={ACME})
    watch = world.watch()

    with caplog.at_level(logging.WARNING):
        await watch.look()
        world.public.clear()
        await watch.look()
        assert watch.found == set()
        world.public.add(ACME)
        await watch.look()

    assert len(caplog.records) == 2


async def test_list_that_did_not_change_is_not_read_again() -> None:
    """It may have 700,000 names."""
    world = World()
    watch = world.watch()

    for _ in range(5):
        await watch.look()
    world.public.add(ACME)
    await watch.look()

    assert world.readings == 2


async def test_list_is_renewed_once_a_day_while_there_are_names_of_ours() -> None:
    """Ten minutes after the start first; who has no names of their own fetches nothing."""
    world, nobody = World(), World(ours=set())
    watch, idle = world.watch(), nobody.watch()

    for _ in range(119):
        await watch.look()
    assert world.renewals == 0
    for _ in range(24 * 720):
        await watch.look()
        await idle.look()

    assert (world.renewals, nobody.renewals) == (1, 0)


async def test_what_cannot_be_read_now_is_looked_at_later() -> None:
    """The watch outlives an outage of the catalog."""
    world = World(public={ACME}, error=Unavailable("The catalog", "it is locked"))
    watch = world.watch()
    await watch.look()

    world.error = None
    await watch.look()

    assert watch.found == {ACME}
