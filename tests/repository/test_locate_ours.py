"""From a path back to a file, where some names are ours: nobody outside hears of them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from repository.locate_bench import PYPI_PATH, Bench, Pages
from support.fakes import make_file, opened_catalog
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.locate import Locator
from wheelyard.repository.paths import file_path

pytestmark = pytest.mark.anyio

ACME, CORE = ProjectName("acme"), ProjectName("acme-core")


@pytest.fixture
async def ours(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """A locator of an index in which ``acme-core`` is ours."""

    def owner_of(name: ProjectName) -> str | None:
        """Return whose files of ``name`` count; None if they are ours."""
        return None if name == CORE else "main"

    async with opened_catalog(tmp_path, clock) as catalog:
        pages = Pages(clock)
        yield Bench(Locator(pages, catalog, ("main",), owner_of=owner_of), pages, catalog, clock)


@pytest.mark.parametrize("is_there", [True, False])
async def test_file_that_reads_as_ours_is_not_looked_for_elsewhere(
    *, is_there: bool, ours: Bench
) -> None:
    """A-50: ``acme-core-9.zip`` is no reason to ask anybody outside for ``acme``."""
    if is_there:
        ours.lists(CORE, make_file("acme-core-1.0.zip"))
    ours.lists(ACME, make_file("acme-core-9.zip"))

    with pytest.raises(Absent):
        await ours.find(f"{PYPI_PATH}/acme-core-9.zip")

    assert ours.pages.asked == [CORE]


async def test_name_of_ours_that_may_not_be_read_is_not_looked_for_elsewhere(ours: Bench) -> None:
    """Who may not see it is told what everybody is told of a name that is not there."""
    ours.lists(CORE, make_file("acme-core-9.zip"))
    path = f"{PYPI_PATH}/acme-core-9.zip"

    with pytest.raises(Absent):
        await ours.locator.find(path, ours.clock.now(), lambda name: name != CORE)

    assert ours.pages.asked == []


async def test_file_that_reads_as_ours_last_is_found_where_it_is(ours: Bench) -> None:
    """A likelier reading comes first, whoever has the less likely one."""
    longer, file = ProjectName("acme-core-tools"), make_file("acme-core-tools-1.0.zip")
    ours.lists(longer, file)

    assert await ours.find(file_path(longer, file)) == FileRef(longer, file)


async def test_path_that_was_served_before_a_name_became_ours_is_absent(ours: Bench) -> None:
    """The stranger's file was fetched once; its address is nobody's now."""
    path, file = f"{PYPI_PATH}/acme-core-9.zip", make_file("acme-core-9.zip")
    await ours.served(path, CORE, file)

    with pytest.raises(Absent):
        await ours.find(path)
