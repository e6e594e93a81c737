"""Canaries: one 404 is the truth, a 404 for everything is an accident."""

from dataclasses import dataclass

import anyio
import pytest

from support.fakes import DOOR, FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef, Project, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Unchanged, Validators
from wheelyard.repository.canaries import WithCanaries

pytestmark = pytest.mark.anyio

FLASK, JINJA, NOTHING = ProjectName("flask"), ProjectName("jinja2"), ProjectName("nothing")
OTHER = ProjectName("other")
PAGES: dict[str, Project] = {
    name: make_project(name, make_file(f"{name}-1.0.tar.gz")) for name in (FLASK, JINJA)
}
WEEK_SECONDS = 7 * 86_400


@dataclass(slots=True)
class Scene:
    """A door with two projects, and its canaries."""

    clock: FrozenClock
    door: FakeDoor
    watched: WithCanaries

    async def ask(self, *names: ProjectName) -> None:
        """Ask for projects, and forget what that cost."""
        for name in names:
            await self.watched.refresh_project(name, None)
        self.door.asked.clear()
        self.door.asked_again.clear()

    async def is_absent(self, name: ProjectName) -> bool:
        """Say whether an absence is believed."""
        try:
            await self.watched.refresh_project(name, None)
        except Absent:
            return True
        except Unavailable:
            return False
        raise AssertionError(name)


class Listless(FakeDoor):
    """A door that has no list of projects."""

    async def refresh_projects(self, held: Validators | None) -> Loaded[ProjectList] | Unchanged:
        """Say that it is not there."""
        raise Absent("The project list")


@pytest.fixture
def scene(clock: FrozenClock) -> Scene:
    """Return a door that was not asked for anything yet."""
    door = FakeDoor({**PAGES})
    return Scene(clock, door, WithCanaries(door, clock, DOOR))


async def test_door_without_canaries_is_believed(scene: Scene) -> None:
    """A new index, and the first question after a start, get an answer too."""
    assert await scene.is_absent(NOTHING)

    assert scene.door.asked == [NOTHING]


async def test_absence_is_believed_while_a_canary_answers(scene: Scene) -> None:
    """One of them is enough, and it is asked past every cache on the way."""
    await scene.ask(FLASK, JINJA)

    assert await scene.is_absent(NOTHING)

    assert scene.door.asked == [NOTHING, JINJA]
    assert scene.door.asked_again == [JINJA]


async def test_404_for_everything_is_an_outage(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    """F13: neither a name that it had nor one that nobody knows is said to be absent."""
    await scene.ask(FLASK, JINJA)
    scene.door.pages.clear()

    with pytest.raises(Unavailable) as caught:
        await scene.watched.refresh_project(NOTHING, None)

    assert caught.value.reason == "the upstream answers 404 for everything"
    assert not await scene.is_absent(FLASK)
    assert not await scene.is_absent(JINJA)
    assert [DOOR in record.getMessage() for record in caplog.records] == [True]


async def test_canaries_are_asked_every_two_seconds_at_most(scene: Scene) -> None:
    """A flood of unknown names does not become two floods."""
    await scene.ask(FLASK)
    for _ in range(10):
        assert await scene.is_absent(NOTHING)
    assert scene.door.asked_again == [FLASK]
    scene.clock.forward(2)

    assert await scene.is_absent(NOTHING)

    assert scene.door.asked_again == [FLASK, FLASK]


async def test_recovery_is_seen_after_two_seconds(scene: Scene) -> None:
    """As soon as it knows something again, its 404 counts again."""
    await scene.ask(FLASK)
    scene.door.pages.clear()
    assert not await scene.is_absent(NOTHING)
    scene.door.pages.update(PAGES)
    scene.clock.forward(2)

    assert await scene.is_absent(NOTHING)


async def test_project_is_no_witness_of_itself(scene: Scene) -> None:
    """An index with one project may lose it."""
    await scene.ask(FLASK)
    scene.door.pages.clear()

    assert await scene.is_absent(FLASK)

    assert scene.door.asked == [FLASK]


async def test_canary_that_was_deleted_raises_no_alarm(scene: Scene) -> None:
    """One of five may go; it is not asked for again."""
    await scene.ask(FLASK, JINJA)
    del scene.door.pages[JINJA]
    assert await scene.is_absent(NOTHING)
    assert scene.door.asked_again == [JINJA, FLASK]
    scene.clock.forward(2)

    assert await scene.is_absent(NOTHING)

    assert scene.door.asked_again == [JINJA, FLASK, FLASK]


async def test_canary_of_last_week_says_nothing(scene: Scene) -> None:
    """An index that was emptied on purpose is believed after a week."""
    await scene.ask(FLASK)
    scene.door.pages.clear()
    scene.clock.forward(WEEK_SECONDS + 1)

    assert await scene.is_absent(NOTHING)


async def test_five_canaries_are_kept(scene: Scene) -> None:
    """However many names a door knows."""
    names = [ProjectName(f"name-{number}") for number in range(9)]
    files = {name: make_file(f"{name}-1.0.tar.gz") for name in names}
    scene.door.pages.update({name: make_project(name, files[name]) for name in names})
    await scene.ask(*names)
    scene.door.pages.clear()

    assert not await scene.is_absent(NOTHING)

    assert scene.door.asked_again == names[:3:-1]


async def test_list_without_projects_is_not_believed_from_who_lost_everything(scene: Scene) -> None:
    """A wiped storage: nobody is told that there are no projects."""
    await scene.ask(FLASK, JINJA)
    scene.door.pages.clear()

    with pytest.raises(Unavailable, match="404 for everything"):
        await scene.watched.refresh_projects(None)


async def test_list_without_projects_is_believed_from_a_new_door(scene: Scene) -> None:
    """An index may be empty; there is nothing to hold against it."""
    scene.door.pages.clear()

    answer = await scene.watched.refresh_projects(None)

    assert isinstance(answer, Loaded)
    assert answer.value.projects == ()


async def test_list_that_is_not_there_is_checked_like_a_project(scene: Scene) -> None:
    """An index may have no list; one that has nothing at all is out."""
    door = Listless(scene.door.pages)
    watched = WithCanaries(door, scene.clock, DOOR)
    await watched.refresh_project(FLASK, None)
    with pytest.raises(Absent):
        await watched.refresh_projects(None)
    scene.clock.forward(2)
    door.pages.clear()

    with pytest.raises(Unavailable, match="404 for everything"):
        await watched.refresh_projects(None)


async def test_page_without_files_is_not_believed_from_who_lost_them_all(scene: Scene) -> None:
    """F25: a name that was never asked for, the next one; and none of them is a canary."""
    await scene.ask(FLASK, JINJA)
    for name in (FLASK, JINJA, NOTHING, OTHER):
        scene.door.pages[name] = make_project(name)

    for name in (NOTHING, OTHER, FLASK, NOTHING):
        with pytest.raises(Unavailable):
            await scene.watched.refresh_project(name, None)
        scene.clock.forward(2)


async def test_project_without_files_is_believed_while_others_have_theirs(scene: Scene) -> None:
    """A name may be registered before its first release."""
    await scene.ask(FLASK)
    scene.door.pages[NOTHING] = make_project(NOTHING)

    answer = await scene.watched.refresh_project(NOTHING, None)

    assert isinstance(answer, Loaded)
    assert answer.value.files == ()


async def test_canary_without_its_files_is_none(scene: Scene) -> None:
    """F25: a page that is there and empty is no sign of health, where it had files."""
    await scene.ask(FLASK)
    scene.door.pages[FLASK] = make_project(FLASK)

    with pytest.raises(Unavailable, match="the upstream has no files any more"):
        await scene.ask(NOTHING)


async def test_page_emptied_in_the_accident_is_no_witness(scene: Scene) -> None:
    """F25: what was believed on the strength of good news from before the accident is no sign.

    Otherwise the first page that is seen without its files would speak for the loss of the next.
    """
    await scene.ask(FLASK, JINJA)
    assert await scene.is_absent(NOTHING)
    for name in (FLASK, JINJA, OTHER):
        scene.door.pages[name] = make_project(name)
    await scene.watched.refresh_project(OTHER, None)
    await scene.watched.refresh_project(FLASK, None)
    scene.clock.forward(2)

    with pytest.raises(Unavailable):
        await scene.watched.refresh_project(JINJA, None)
    with pytest.raises(Unavailable):
        await scene.watched.refresh_project(JINJA, None, again=True)


async def test_project_without_files_does_not_speak_for_those_of_others(scene: Scene) -> None:
    """F25: it is as empty as ever while everything else is being lost."""
    await scene.ask(FLASK)
    scene.door.pages[NOTHING] = make_project(NOTHING)
    await scene.watched.refresh_project(NOTHING, None, again=True)
    for name in (FLASK, OTHER):
        scene.door.pages[name] = make_project(name)
    scene.clock.forward(2)

    with pytest.raises(Unavailable, match="the upstream has no files any more"):
        await scene.watched.refresh_project(OTHER, None)


async def test_canary_that_never_had_files_needs_none(scene: Scene) -> None:
    """A name that is reserved is known all the same."""
    scene.door.pages[FLASK] = make_project(FLASK)
    await scene.ask(FLASK)

    assert await scene.is_absent(NOTHING)


async def test_unchanged_page_is_a_canary(scene: Scene) -> None:
    """After a restart a door mostly says "unchanged"."""
    scene.door.etag = '"one"'
    loaded = await scene.watched.refresh_project(FLASK, None)
    assert isinstance(loaded, Loaded)
    watched = WithCanaries(scene.door, scene.clock, DOOR)
    await watched.refresh_project(FLASK, loaded.validators)
    scene.door.pages.clear()

    with pytest.raises(Unavailable):
        await watched.refresh_project(NOTHING, None)


async def test_absence_that_cannot_be_checked_is_not_believed(scene: Scene) -> None:
    """In doubt nobody knows."""
    watched = WithCanaries(_Failing({**PAGES}), scene.clock, DOOR)
    await watched.refresh_project(FLASK, None)

    with pytest.raises(Unavailable, match="cannot be asked"):
        await watched.refresh_project(NOTHING, None)


async def test_second_reading_counts_while_a_canary_answers(scene: Scene) -> None:
    """A loss is no news from a door that lost everything."""
    await scene.ask(FLASK, JINJA)
    answer = await scene.watched.refresh_project(FLASK, None, again=True)
    assert isinstance(answer, Loaded)
    del scene.door.pages[JINJA]
    scene.clock.forward(2)

    with pytest.raises(Unavailable):
        await scene.watched.refresh_project(FLASK, None, again=True)


async def test_second_reading_has_a_check_of_its_own(scene: Scene) -> None:
    """The accident may have begun within the two seconds for which good news count."""
    await scene.ask(FLASK, JINJA)
    assert await scene.is_absent(NOTHING)
    scene.door.pages.clear()
    assert await scene.is_absent(NOTHING)

    with pytest.raises(Unavailable):
        await scene.watched.refresh_project(FLASK, None, again=True)


async def test_document_is_absent_while_a_canary_answers(scene: Scene) -> None:
    """What is beside the pages is lost together with them."""
    await scene.ask(FLASK)
    wanted = DocumentWanted("json", "flask")
    with pytest.raises(Absent):
        await scene.watched.refresh_document(wanted, None)
    scene.door.pages.clear()
    scene.clock.forward(2)

    with pytest.raises(Unavailable):
        await scene.watched.refresh_document(wanted, None)


async def test_many_who_want_to_know_ask_once(scene: Scene) -> None:
    """They wait for the one who asks."""
    await scene.ask(FLASK)
    scene.door.gate = anyio.Event()
    believed: list[bool] = []

    async def ask(name: str) -> None:
        believed.append(await scene.is_absent(ProjectName(name)))

    async with anyio.create_task_group() as askers:
        for number in range(20):
            askers.start_soon(ask, f"unknown-{number}")
        await anyio.wait_all_tasks_blocked()
        scene.door.gate.set()

    assert believed == [True] * 20
    assert scene.door.asked_again == [FLASK]


async def test_one_who_leaves_while_asking_holds_nobody_up(scene: Scene) -> None:
    """The next one asks anew."""
    await scene.ask(FLASK)
    scene.door.gate = anyio.Event()
    with anyio.move_on_after(0):
        await scene.watched.refresh_project(NOTHING, None)
    scene.door.gate.set()

    assert await scene.is_absent(NOTHING)


async def test_everything_else_is_passed_on(scene: Scene) -> None:
    """Only "it is not here" is looked at twice."""
    await scene.ask(FLASK)
    scene.door.documents["flask"] = b"{}"
    scene.door.files["flask-1.0.tar.gz"] = b"content"
    scene.door.metadata_files["flask-1.0.tar.gz"] = b"Name: flask"
    ref = FileRef(FLASK, PAGES[FLASK].files[0])

    listed = await scene.watched.refresh_projects(None)
    document = await scene.watched.refresh_document(DocumentWanted("json", "flask"), None)
    await scene.watched.file(ref)
    metadata = await scene.watched.metadata(ref)

    assert isinstance(listed, Loaded)
    assert isinstance(document, Loaded)
    assert (len(listed.value.projects), document.value, metadata) == (2, b"{}", b"Name: flask")
    assert scene.door.asked_again == []


class _Failing(FakeDoor):
    """A door that fails when it is asked for a second opinion."""

    async def refresh_project(
        self, name: ProjectName, held: Validators | None, *, again: bool = False
    ) -> Loaded[Project] | Unchanged:
        """Answer the first question only."""
        if again:
            raise Unavailable(f"`{name}`", "reset: the connection was cut")
        return await FakeDoor.refresh_project(self, name, held)
