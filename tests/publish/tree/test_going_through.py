"""Going through an index in pieces, of which three are on their way at a time."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.publishing import Yard, audit, memory_target, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN
from wheelyard.catalog.curation import Removal
from wheelyard.errors import Unavailable
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

NAMES = [f"p{number}" for number in range(6)]


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have pieces of one project."""
    for name in ("_LOOKED_TOGETHER", "_MOST_NAMES"):
        monkeypatch.setattr(f"wheelyard.publish.tree.going_through.{name}", 1)


@pytest.fixture
async def yard(tmp_path: Path, simulator: Simulator) -> AsyncIterator[Yard]:
    """A program, and a place that it publishes to."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        yield yard


async def fill(yard: Yard, version: str) -> None:
    """Release every project."""
    for name in NAMES:
        await publish(yard.app, make_wheel(name, version))


def place(yard: Yard, part: str) -> int:
    """Return where among the writes the first one is whose path has that in it."""
    return next(number for number, path in enumerate(yard.target.puts) if part in path)


@pytest.mark.usefixtures("small_pieces")
async def test_files_come_before_the_page_in_every_piece(yard: Yard) -> None:
    """Whatever else is written at the same time; every project is looked at once."""
    await fill(yard, "1.0")

    report = await yard.publish()

    for name in NAMES:
        assert place(yard, f"/{name}-1.0") < place(yard, f"simple/{name}/")
    assert report.looked_at == len(NAMES)
    assert (await audit(yard.target)).projects == NAMES


@pytest.mark.usefixtures("small_pieces")
async def test_piece_that_fails_ends_all_and_the_next_publish_goes_on(yard: Yard) -> None:
    """What other pieces had sent by then is not lost, and no page names what is missing."""
    await fill(yard, "1.0")
    await yard.publish()
    await fill(yard, "2.0")

    def fail(_: str, path: str) -> None:
        if "p3-2.0" in path:
            raise Unavailable("The target", "it is out of order")

    yard.target.before = fail
    with pytest.raises(Unavailable, match="out of order"):
        await yard.publish()
    await audit(yard.target, is_half_done=True)
    yard.target.before = lambda _, __: None

    await yard.publish()

    files = (await audit(yard.target)).files
    assert files == {
        name: [f"{name}-{version}-py3-none-any.whl" for version in ("1.0", "2.0")] for name in NAMES
    }


async def test_index_of_which_nothing_is_left_is_gone_through_like_any_other(
    tmp_path: Path, simulator: Simulator
) -> None:
    """When everything is looked at again, too: a tree that is there can be empty."""
    async with publishing(tmp_path, simulator, views="never", removal_delay_seconds=0.0) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        removal = Removal(yard.app.indexes[MAIN].owner, ProjectName("acme"), None)
        await yard.app.catalog.curator.delete(removal, ALICE)
        for _ in range(3):
            await yard.publish()

        report = await yard.publish(reconcile="listing")

        found = await audit(yard.target, may_wait=False)
    assert (report.outcome, report.healed, report.strays) == ("unchanged", 0, 0)
    assert found.projects == []
