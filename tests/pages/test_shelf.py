"""Pages that stand ready: found without asking, asked for when old, taken down when many."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import pytest

from pages.repository import FakeRepository
from support.fakes import make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent
from wheelyard.names import ProjectName
from wheelyard.pages import ROOT, PageLinks, Shelf, Shelved
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

FLASK = ProjectName("flask")


def shelf_over(repository: FakeRepository, max_bytes: int = 1_000_000) -> Shelf:
    """Return an empty shelf."""
    return Shelf(repository, PageLinks(), repository.clock, max_bytes)


def names_on(shelved: Shelved) -> bytes:
    """Return the page in JSON."""
    return shelved.rendered.variant(Form.JSON, "identity").body


@pytest.fixture
def repository(clock: FrozenClock) -> FakeRepository:
    """A repository with one page."""
    return FakeRepository(clock, {"flask": make_project("flask", make_file("flask-1.0.tar.gz"))})


async def test_page_is_asked_for_once_while_it_is_fresh(repository: FakeRepository) -> None:
    """The second request finds it, and need not wait for anybody."""
    shelf = shelf_over(repository)
    assert shelf.find(FLASK) is None

    first = await shelf.page(FLASK)

    assert (await shelf.page(FLASK)).rendered is first.rendered
    assert repository.asked == ["flask"]
    assert len(shelf) == 1


async def test_page_is_a_miss_for_who_waited_and_a_hit_for_the_next(
    repository: FakeRepository,
) -> None:
    """What an answer says of how it came about is true of that answer."""
    shelf = shelf_over(repository)

    first, second = await shelf.page(FLASK), await shelf.page(FLASK)

    assert (first.known.how, second.known.how) == ("miss", "hit")


async def test_stale_page_is_stale_for_everybody(repository: FakeRepository) -> None:
    """Nobody is told that it is a hit like any other."""
    repository.how = "stale"
    shelf = shelf_over(repository)

    await shelf.page(FLASK)

    assert (await shelf.page(FLASK)).known.how == "stale"


async def test_page_is_asked_for_again_when_it_is_old(
    repository: FakeRepository, clock: FrozenClock
) -> None:
    """To the second."""
    shelf = shelf_over(repository)
    await shelf.page(FLASK)

    clock.forward(60)

    assert shelf.find(FLASK) is None
    await shelf.page(FLASK)
    assert repository.asked == ["flask", "flask"]


async def test_page_that_did_not_change_keeps_its_bytes(
    repository: FakeRepository, clock: FrozenClock
) -> None:
    """Rendered once per change, not once per renewal."""
    shelf = shelf_over(repository)
    before = await shelf.page(FLASK)
    clock.forward(60)

    after = await shelf.page(FLASK)

    assert after.rendered is before.rendered
    assert after.known.checked_at > before.known.checked_at


async def test_page_that_changed_is_rendered_anew(
    repository: FakeRepository, clock: FrozenClock
) -> None:
    """The revision tells."""
    shelf = shelf_over(repository)
    await shelf.page(FLASK)
    clock.forward(60)
    repository.pages["flask"] = make_project("flask", make_file("flask-2.0.tar.gz"))
    repository.revision = 2

    assert b"flask-2.0.tar.gz" in names_on(await shelf.page(FLASK))


async def test_page_that_changed_is_told_of_before_anybody_has_it(
    repository: FakeRepository, clock: FrozenClock
) -> None:
    """Whoever reads that a project is in quarantine must not be given its files any more."""
    told: list[ProjectName] = []
    shelf = Shelf(repository, PageLinks(), repository.clock, 1_000_000, told.append)
    await shelf.page(FLASK)
    first = list(told)
    clock.forward(60)
    await shelf.page(FLASK)
    same = list(told)
    clock.forward(60)
    repository.revision = 2

    await shelf.page(FLASK)

    assert (first, same, told) == ([FLASK], [FLASK], [FLASK, FLASK])


async def test_page_without_a_revision_is_rendered_every_time(
    repository: FakeRepository, clock: FrozenClock
) -> None:
    """Nobody said that it is the same."""
    repository.revision = 0
    shelf = shelf_over(repository)
    before = await shelf.page(FLASK)
    clock.forward(60)

    assert (await shelf.page(FLASK)).rendered is not before.rendered


async def test_expired_page_is_asked_for_again(repository: FakeRepository) -> None:
    """A change that happened elsewhere shows here at once."""
    shelf = shelf_over(repository)
    await shelf.page(FLASK)

    shelf.expire(FLASK)

    assert shelf.find(FLASK) is None
    await shelf.page(FLASK)
    assert repository.asked == ["flask", "flask"]


async def test_expiry_changes_nothing_for_who_has_the_page(repository: FakeRepository) -> None:
    """What they say of its age is told of the answer that they were given."""
    shelf = shelf_over(repository)
    await shelf.page(FLASK)
    found = await shelf.page(FLASK)
    known = found.known

    shelf.expire(FLASK)

    assert found.known is known
    assert known.checked_at == repository.clock.now()


async def test_expiry_of_a_page_that_is_not_here_is_no_matter(repository: FakeRepository) -> None:
    """Most changes are to pages that nobody asked for here."""
    shelf = shelf_over(repository)

    shelf.expire(FLASK)

    assert len(shelf) == 0


async def test_answer_from_before_a_change_is_not_found_by_others(
    repository: FakeRepository,
) -> None:
    """The change was announced while the old answer was still on its way to us."""
    shelf = shelf_over(repository)
    repository.gate = anyio.Event()
    async with asking(shelf):
        repository.pages["flask"] = make_project("flask", make_file("flask-2.0.tar.gz"))
        repository.revision = 2
        shelf.expire(FLASK)
        repository.gate.set()

    assert shelf.find(FLASK) is None
    assert b"flask-2.0.tar.gz" in names_on(await shelf.page(FLASK))


@asynccontextmanager
async def asking(shelf: Shelf) -> AsyncIterator[None]:
    """Have somebody ask for the page, and yield while he waits."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(shelf.page, FLASK)
        await anyio.wait_all_tasks_blocked()
        yield


async def test_absence_is_passed_on_and_not_shelved(repository: FakeRepository) -> None:
    """A flood of unknown names leaves nothing behind."""
    shelf = shelf_over(repository)

    with pytest.raises(Absent):
        await shelf.page(ProjectName("nothing"))

    assert len(shelf) == 0


async def test_root_stands_beside_the_pages(repository: FakeRepository) -> None:
    """Under a name that no project has."""
    shelf = shelf_over(repository)

    root = await shelf.root()

    assert b'"flask"' in names_on(root)
    assert (await shelf.root()).rendered is root.rendered
    assert shelf.find(ROOT) is not None
    assert repository.asked == [""]


async def test_shelf_that_is_full_takes_down_what_came_first(repository: FakeRepository) -> None:
    """The limit is a limit; the page that was just asked for always stays."""
    for number in range(40):
        name = f"p{number}"
        repository.pages[name] = make_project(name, make_file(f"{name}-1.0.tar.gz"))
    shelf = shelf_over(repository, max_bytes=20_000)

    for number in range(40):
        names_on(await shelf.page(ProjectName(f"p{number}")))

    assert len(shelf) < 12
    assert shelf.find(ProjectName("p39")) is not None
    assert shelf.find(ProjectName("p0")) is None


async def test_page_larger_than_the_shelf_is_served_all_the_same(
    repository: FakeRepository,
) -> None:
    """One page is always kept."""
    shelf = shelf_over(repository, max_bytes=1)

    shelved = await shelf.page(FLASK)

    assert b"flask-1.0.tar.gz" in names_on(shelved)
    assert shelf.find(FLASK) is not None
