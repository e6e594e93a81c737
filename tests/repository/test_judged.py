"""What a door said, judged for the outage log: the row of answers grows by one per question."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio
import pytest

from support.fakes import DOOR, FakeClient, FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.decide.outage import Row
from wheelyard.errors import Absent, Unavailable
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted
from wheelyard.repository.judged import Judged
from wheelyard.repository.observed import DoorState, ObservedClient
from wheelyard.transport import Document, Request

pytestmark = pytest.mark.anyio

FLASK, NOTHING = ProjectName("flask"), ProjectName("nothing")
FILE = make_file("flask-1.0.tar.gz")


@dataclass(slots=True)
class Scene:
    """A door that is judged; each question to it is a request that the client counted."""

    clock: FrozenClock
    door: "CountedDoor"
    state: DoorState
    judged: Judged

    @property
    def row(self) -> tuple[bool, int]:
        """Whether the newest answers are good ones, and how many they are."""
        row: Row | None = self.state.row
        assert row is not None
        return row.good, row.count


class CountedDoor(FakeDoor):
    """A door whose questions reach an upstream, which answers each of them with status 200."""

    client: ObservedClient

    async def _asked(self, name: str) -> None:
        """Have the client see an answer, whatever the door makes of it."""
        await self.client.load(Request(f"{DOOR}{name}/"))
        await super()._asked(name)


class RefusedClient(FakeClient):
    """A client to which nobody answers."""

    async def load(self, request: Request) -> Document:
        """Fail."""
        raise Unavailable(request.url, "refused: nobody", failing="")


@pytest.fixture
def scene(clock: FrozenClock) -> Scene:
    """Return a door that was asked nothing yet."""
    door, state = CountedDoor({FLASK: make_project(FLASK, FILE)}), DoorState("main", DOOR)
    client = FakeClient().answer(f"{DOOR}{FLASK}/").answer(f"{DOOR}root/")
    door.client = ObservedClient(client, state, clock)
    return Scene(clock, door, state, Judged(door, state, clock))


QUESTIONS: dict[str, Callable[[Judged], Awaitable[object]]] = {
    "list": lambda judged: judged.refresh_projects(None),
    "page": lambda judged: judged.refresh_project(FLASK, None),
    "document": lambda judged: judged.refresh_document(DocumentWanted("json", FLASK), None),
}


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
async def test_answer_is_good_news(
    scene: Scene, ask: Callable[[Judged], Awaitable[object]]
) -> None:
    """Of every kind, and each counts once."""
    scene.door.documents[FLASK] = b"{}"

    await ask(scene.judged)
    await ask(scene.judged)

    assert scene.row == (True, 2)


@pytest.mark.parametrize("ask", QUESTIONS.values(), ids=QUESTIONS)
async def test_answer_of_no_use_is_a_failure(
    scene: Scene, ask: Callable[[Judged], Awaitable[object]]
) -> None:
    """The client saw status 200; what came was no page."""
    scene.door.error = Unavailable("`flask`", "that is HTML, not an index page")

    for _ in range(2):
        with pytest.raises(Unavailable):
            await ask(scene.judged)

    assert scene.row == (False, 2)
    assert scene.state.last_cause == "wrong"
    assert scene.state.last_error == "that is HTML, not an index page"


async def test_absence_is_good_news(scene: Scene) -> None:
    """Whoever knows that something does not exist is there."""
    with pytest.raises(Absent):
        await scene.judged.refresh_project(NOTHING, None)

    assert scene.row == (True, 1)


async def test_failure_that_the_client_saw_counts_once(scene: Scene) -> None:
    """And keeps the cause that the client gave it."""
    scene.door.client = ObservedClient(RefusedClient(), scene.state, scene.clock)

    for _ in range(2):
        with pytest.raises(Unavailable):
            await scene.judged.refresh_project(FLASK, None)

    assert scene.row == (False, 2)
    assert scene.state.last_cause == "refused"


async def test_failure_of_another_question_is_not_this_ones(scene: Scene) -> None:
    """Two are on their way: one is refused, the other gets a page that is none."""
    scene.door.error = Unavailable("`flask`", "that is HTML, not an index page")
    scene.door.gate = anyio.Event()
    refused = CountedDoor()
    refused.client = ObservedClient(RefusedClient(), scene.state, scene.clock)

    async def ask() -> None:
        with pytest.raises(Unavailable):
            await scene.judged.refresh_project(FLASK, None)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        while not scene.door.asked:
            await anyio.wait_all_tasks_blocked()
        with pytest.raises(Unavailable):
            await Judged(refused, scene.state, scene.clock).refresh_project(FLASK, None)
        scene.door.gate.set()

    assert scene.row == (False, 2)
    assert scene.state.last_cause == "wrong"


async def test_question_that_was_not_put_says_nothing(clock: FrozenClock) -> None:
    """A door that is left alone for a while neither failed nor answered."""
    state = DoorState("main", DOOR)

    with pytest.raises(Unavailable):
        await Judged(FakeDoor(down=True), state, clock).refresh_project(FLASK, None)

    assert state.row is None


@pytest.mark.parametrize(("failing", "row"), [("thing", None), ("door", (False, 1))])
async def test_status_counts_if_it_is_about_the_door(
    scene: Scene, failing: str, row: tuple[bool, int] | None
) -> None:
    """One forbidden page is that page's affair; wrong credentials are the door's."""
    scene.door.error = Unavailable("`flask`", "it wants other credentials", failing=failing)  # type: ignore[arg-type]  # one of its words

    with pytest.raises(Unavailable):
        await scene.judged.refresh_project(FLASK, None)

    assert (scene.state.row and scene.row) == row
    assert scene.state.last_cause == ("4xx" if row else "")


async def test_files_pass_unjudged(scene: Scene) -> None:
    """The client counts them once they are whole."""
    ref = FileRef(ProjectName("flask"), FILE)
    scene.door.files[FILE.filename] = b"bytes"
    scene.door.metadata_files[FILE.filename] = b"metadata"

    await scene.judged.file(ref)
    await scene.judged.metadata(ref)

    assert scene.state.row is None
