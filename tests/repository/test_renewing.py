"""Pages by the thousand; see also ``tests/mirror/test_bulk.py``."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from repository.stored_bench import FILE, FLASK, Bench, opened_bench
from support.fakes import make_file
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.names import ProjectName
from wheelyard.repository.renewing import Renewing

pytestmark = pytest.mark.anyio

NEXT = make_file("flask-2.0-py3-none-any.whl")


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield pages of a door, none of them held."""
    async with opened_bench(tmp_path, clock) as opened:
        opened.lists(FILE, NEXT)
        yield opened


def renewing_of(bench: Bench) -> Renewing:
    """Return the pages in bulk."""
    return bench.stored._pages.renewing


async def kept(bench: Bench) -> int:
    """Renew the page and return its revision."""
    renewed = await renewing_of(bench).ask(FLASK)
    assert renewed is not None
    done = await renewing_of(bench).keep(renewed)
    assert done is not None
    return done.answered.known.revision


async def test_new_page_is_kept_and_known_at_once(bench: Bench) -> None:
    """A client that asks next is answered from what is held."""
    revision = await kept(bench)
    asked = len(bench.door.asked)

    page = await bench.page()

    assert page.files == (FILE, NEXT)
    assert page.known is not None
    assert (page.known.revision, page.known.how) == (revision, "hit")
    assert len(bench.door.asked) == asked


async def test_page_that_was_absent_a_moment_ago_is_there(bench: Bench) -> None:
    """What is remembered of its absence is forgotten with the news."""
    page = bench.door.pages.pop(FLASK)
    with pytest.raises(Absent):
        await renewing_of(bench).ask(FLASK)
    bench.door.pages[FLASK] = page

    await kept(bench)

    assert (await bench.page()).files == (FILE, NEXT)


async def test_absence_of_what_is_held_is_a_question_for_the_cache(bench: Bench) -> None:
    """It is read twice before it is believed; also if it was thought to be new."""
    await kept(bench)
    del bench.door.pages[FLASK]

    assert await renewing_of(bench).ask(FLASK) is None
    assert await renewing_of(bench).ask(FLASK, is_new=True) is None


async def test_loss_is_a_question_for_the_cache(bench: Bench) -> None:
    """The newest version is gone: that may be an accident."""
    await kept(bench)
    bench.lists(FILE)

    assert await renewing_of(bench).ask(FLASK) is None


async def test_outage_is_told(bench: Bench) -> None:
    """Nothing is written, and what was said before is not forgotten."""
    revision = await kept(bench)
    bench.door.down = True

    with pytest.raises(Unavailable):
        await renewing_of(bench).ask(FLASK)

    assert await bench.revision() == revision


async def test_unheard_of_name_is_absent(bench: Bench) -> None:
    """The door says so, and nothing is held of it."""
    with pytest.raises(Absent):
        await renewing_of(bench).ask(ProjectName("never-heard-of"))
