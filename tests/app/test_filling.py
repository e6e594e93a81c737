"""By which upstreams an index is filled, and which names each is asked for."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import NO_PIP, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator
from support.syncing import fill, synced
from wheelyard.app import running
from wheelyard.app.filling import origins_of
from wheelyard.names import MAIN, ProjectName
from wheelyard.settings import NamesSettings, Route
from wheelyard.settings.patterns import NamePattern

pytestmark = pytest.mark.anyio


@pytest.fixture
def both() -> Iterator[tuple[Simulator, Simulator]]:
    """Two upstreams; the second one has what routes name."""
    with Simulator() as first, Simulator() as second:
        fill(first, 3)
        first.add(make_wheel("torch", "9.9"))
        second.add(make_wheel("torch", "1.0"), make_wheel("torch-extra", "1.0"))
        second.add(make_wheel("demo-1", "9.9"))
        yield first, second


async def test_each_name_is_asked_for_at_its_own_upstream(
    tmp_path: Path, both: tuple[Simulator, Simulator]
) -> None:
    """What another one lists under that name is nobody's business."""
    first, second = both
    routed = replace(upstream(second), name="pytorch")
    given = replace(
        settings(tmp_path, upstream(first), routed),
        names=NamesSettings(route=(Route(NamePattern("torch*"), "pytorch"),)),
    )
    async with running(given, NO_PIP) as app:
        report = await synced(app)
        corp = await app.catalog.pages.names("corp")
        pytorch = await app.catalog.pages.names("pytorch")

    assert (report.outcome, report.looked_at) == ("done", 5)
    assert corp == ("demo-0", "demo-1", "demo-2")
    assert pytorch == ("torch", "torch-extra")


async def test_origin_knows_its_names_without_asking_the_catalog_for_each(
    tmp_path: Path, both: tuple[Simulator, Simulator]
) -> None:
    """There are hundreds of thousands."""
    first, _ = both
    given = replace(
        settings(tmp_path, upstream(first)),
        names=NamesSettings(reserved=(NamePattern("acme-*"),), blocked=(NamePattern("evil"),)),
    )
    async with running(given, NO_PIP) as app:
        front = app.indexes.filling(MAIN)
        assert front is not None
        [origin] = await origins_of(app, front, 8)

    assert origin.chain.owner == "corp"
    assert origin.is_here(ProjectName("demo-1"))
    assert not origin.is_here(ProjectName("acme-core"))
    assert not origin.is_here(ProjectName("evil"))
