"""How far the scrubber is survives a restart; and a full disk is told from a busy catalog."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from support.fakes import opened_catalog
from wheelyard.catalog import Catalog
from wheelyard.clock import FrozenClock
from wheelyard.decide.scrub import Course
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio

COURSE = Course(5.0, 17, 3, 30, 2, 1, 4.0, 9, 11, 12)


async def test_catalog_that_was_never_scrubbed_says_so(catalog: Catalog) -> None:
    """A new data directory has no course."""
    assert await catalog.scrubs.load() is None


async def test_course_survives_the_program(tmp_path: Path, clock: FrozenClock) -> None:
    """The newest one, with every number."""
    async with opened_catalog(tmp_path, clock) as catalog:
        await catalog.scrubs.save(Course(1.0))
        await catalog.scrubs.save(COURSE)
    async with opened_catalog(tmp_path, clock) as catalog:
        assert await catalog.scrubs.load() == COURSE


async def test_catalog_that_can_be_written_proves_it(catalog: Catalog) -> None:
    """As often as one likes; the course is another row."""
    await catalog.scrubs.save(COURSE)
    for _ in range(2):
        await catalog.scrubs.prove_writable()

    assert await catalog.scrubs.load() == COURSE


async def test_catalog_without_room_is_the_disks_fault(catalog: Catalog) -> None:
    """So that what it cannot write is given to clients all the same. Fault F57."""

    def fill(connection: sa.Connection) -> None:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        text = "x" * 1_000_000
        connection.exec_driver_sql("INSERT INTO meta VALUES ('large', ?)", (text,))

    with pytest.raises(Unavailable) as caught:
        await catalog.write(fill)

    assert caught.value.is_ours


async def test_mistake_in_a_query_is_not_the_disks_fault(catalog: Catalog) -> None:
    """Only what the disk says is."""

    def fail(connection: sa.Connection) -> None:
        connection.exec_driver_sql("SELECT * FROM nowhere")

    with pytest.raises(Unavailable) as caught:
        await catalog.read(fail)

    assert not caught.value.is_ours
