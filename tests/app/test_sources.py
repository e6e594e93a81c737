"""Other indexes as sources, reached as upstreams are."""

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from support.app import NO_PIP, app_on
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app.sources import open_index
from wheelyard.upload.importing import Offer, Wanted

pytestmark = pytest.mark.anyio

WHEEL = make_wheel("demo", "1.0")


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream with one project."""
    with running_simulator() as simulator:
        simulator.add(WHEEL)
        yield simulator


@pytest.mark.parametrize("ending", ["simple/", "simple", ""])
async def test_index_is_found_under_each_spelling(
    tmp_path: Path, index: Simulator, ending: str
) -> None:
    """With `/simple/` or without; its password is not shown."""
    url = index.url.removesuffix("simple/").replace("://", "://user:hidden@") + ending
    async with app_on(tmp_path / "data", index) as app, AsyncExitStack() as stack:
        source = await open_index(stack, app, url, NO_PIP)

        [offer] = [each async for each in source.offers(Wanted())]

        assert isinstance(offer, Offer)
        content = b"".join([chunk async for chunk in offer.read()])

    assert (offer.filename, content) == (WHEEL.filename, WHEEL.content)
    assert "hidden" not in source.shown
