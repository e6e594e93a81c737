"""The shop: every answer is asked for once, errors too."""

from functools import partial

import anyio
import pytest

from support.closures import PackageIndex
from support.packages import make_sdist, make_wheel
from wheelyard.closure.shop import Shop
from wheelyard.errors import Absent, BadInput, Unavailable
from wheelyard.model import File, Project
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
WHEEL = make_wheel("demo", "1.0", requires=["other"])
SDIST = make_sdist("demo", "1.0")


async def opened(index: PackageIndex) -> tuple[Shop, Project, dict[str, File]]:
    """Return a shop, and the page of the project in it."""
    shop = Shop(index)
    page = await shop.project(DEMO)
    index.asked.clear()
    return shop, page, {file.filename: file for file in page.files}


async def test_page_is_asked_for_once_by_however_many() -> None:
    """Targets share what was learned; a run sees one state of the index."""
    index = PackageIndex(WHEEL)
    shop = Shop(index)

    async with anyio.create_task_group() as group:
        for _ in range(10):
            group.start_soon(partial(shop.project, DEMO))

    assert index.asked == ["demo"]


async def test_error_is_the_same_for_everybody() -> None:
    """What nobody could say is not asked again in the same run."""
    index = PackageIndex(WHEEL)
    index.failing["demo"] = Unavailable("The page", "silent")
    shop = Shop(index)

    for _ in range(2):
        with pytest.raises(Unavailable):
            await shop.project(DEMO)

    assert index.asked == ["demo"]


async def test_metadata_are_those_that_the_index_gives() -> None:
    """The wheel itself is not asked for."""
    index = PackageIndex(WHEEL)
    shop, page, files = await opened(index)

    found = await shop.wheel_metadata(page, files[WHEEL.filename])

    assert found == WHEEL.metadata
    assert index.asked == [f"{WHEEL.filename}.metadata"]


async def test_metadata_that_were_promised_in_vain_are_read_in_the_wheel() -> None:
    """A page may say more than is true."""
    index = PackageIndex(WHEEL)
    shop, page, files = await opened(index)

    async def nothing(_: object) -> None:
        raise Absent("The metadata")

    index.metadata = nothing  # type: ignore[assignment, method-assign]  # an index that lies

    assert await shop.wheel_metadata(page, files[WHEEL.filename]) == WHEEL.metadata


async def test_sdist_is_read_once() -> None:
    """Metadata and build requirements come from one reading."""
    index = PackageIndex(SDIST)
    shop, page, files = await opened(index)

    facts = [await shop.sdist_facts(page, files[SDIST.filename]) for _ in range(2)]

    assert facts[0] is facts[1]
    assert index.asked == [SDIST.filename]


async def test_sdist_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a limit to what is written to the disk."""
    monkeypatch.setattr("wheelyard.closure.shop.MAX_SDIST_BYTES", 100)
    shop, page, files = await opened(PackageIndex(SDIST))

    with pytest.raises(BadInput, match="is larger than 100 bytes"):
        await shop.sdist_facts(page, files[SDIST.filename])
