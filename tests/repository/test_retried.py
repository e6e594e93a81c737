"""Retried: who is asked once more, and who is not."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from support.fakes import FakeDoor, make_file, make_project
from wheelyard.errors import Absent, Corrupt, Unavailable, WheelyardError
from wheelyard.model import FileRef, Project
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Door, Loaded, Unchanged, Validators
from wheelyard.repository.flights import Retries
from wheelyard.repository.retried import Retried

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
FILE = make_file("demo-1.0.tar.gz")
HELD = Validators("https://index.example/simple/", '"one"')
BAD_GATEWAY = Unavailable("`demo`", "the upstream answered 502", failing="thing")
RESET = Unavailable("`demo`", "reset: the connection was cut")


@dataclass(slots=True)
class Failing(FakeDoor):
    """A door that fails in these ways, and then answers."""

    failures: list[WheelyardError] = field(default_factory=list)

    async def _asked(self, what: str) -> None:
        """Note a question; fail if there are failures left."""
        self.asked.append(what)
        if self.failures:
            raise self.failures.pop(0)


def failing(*failures: WheelyardError) -> Failing:
    """Return a door that has everything once it has failed in these ways."""
    return Failing(
        {DEMO: make_project("demo", FILE)},
        documents={"demo": b"{}"},
        metadata_files={FILE.filename: b""},
        failures=[*failures],
    )


QUESTIONS: dict[str, Callable[[Door, Validators | None], Awaitable[object]]] = {
    "list": lambda door, held: door.refresh_projects(held),
    "page": lambda door, held: door.refresh_project(DEMO, held),
    "document": lambda door, held: door.refresh_document(DocumentWanted("json", "demo"), held),
}


@pytest.mark.parametrize("error", [BAD_GATEWAY, RESET])
@pytest.mark.parametrize("question", QUESTIONS)
async def test_failure_of_a_moment_is_not_seen(question: str, error: WheelyardError) -> None:
    """F10: one bad machine among many; the second question finds another."""
    door = failing(error)

    answer = await QUESTIONS[question](Retried(door, Retries()), None)

    assert isinstance(answer, Loaded)
    assert len(door.asked) == 2


@pytest.mark.parametrize("question", QUESTIONS)
async def test_second_failure_is_the_answer(question: str) -> None:
    """Once more, and not until it works: an upstream in trouble gets no more than that."""
    door = failing(RESET, BAD_GATEWAY)

    with pytest.raises(Unavailable) as caught:
        await QUESTIONS[question](Retried(door, Retries()), None)

    assert caught.value is BAD_GATEWAY
    assert len(door.asked) == 2


@pytest.mark.parametrize("question", QUESTIONS)
async def test_who_holds_a_copy_asks_once(question: str) -> None:
    """The copy is good; the upstream is spared."""
    door = failing(BAD_GATEWAY)

    with pytest.raises(Unavailable):
        await QUESTIONS[question](Retried(door, Retries()), HELD)

    assert len(door.asked) == 1


@pytest.mark.parametrize(
    "error",
    [
        pytest.param(Unavailable("`demo`", "refused: nobody listens there"), id="refused"),
        pytest.param(Unavailable("`demo`", "silent: nothing came"), id="silent"),
        pytest.param(Unavailable("`demo`", "it wants credentials"), id="credentials"),
        pytest.param(Unavailable("`demo`", "429", failing="door"), id="limit"),
        pytest.param(
            Unavailable("`demo`", "503", failing="thing", retry_seconds=3), id="wants-peace"
        ),
        pytest.param(Absent("`demo`"), id="absent"),
        pytest.param(Corrupt("`demo`", expected="a", actual="b"), id="corrupt"),
    ],
)
@pytest.mark.parametrize("question", QUESTIONS)
async def test_what_is_no_failure_of_a_moment_is_said_at_once(
    question: str, error: WheelyardError
) -> None:
    """It would cost patience, be impolite, or not be wanted."""
    door = failing(error)

    with pytest.raises(type(error)):
        await QUESTIONS[question](Retried(door, Retries()), None)

    assert len(door.asked) == 1


async def test_second_question_is_on_a_new_connection() -> None:
    """The old one may lead to the same bad machine."""
    door = failing(BAD_GATEWAY)

    await Retried(door, Retries()).refresh_project(DEMO, None)

    assert door.asked_again == [DEMO]


async def test_second_reading_is_asked_once() -> None:
    """It is a second question already."""
    door = failing(RESET)

    with pytest.raises(Unavailable):
        await Retried(door, Retries()).refresh_project(DEMO, None, again=True)

    assert len(door.asked) == 1


async def test_file_and_metadata_pass_through() -> None:
    """Who reads a download continues it; metadata can be had in other ways."""
    door = failing()
    ref = FileRef(DEMO, FILE)
    door.files[FILE.filename] = b"bytes"

    retried = Retried(door, Retries())
    blob, metadata = await retried.file(ref), await retried.metadata(ref)

    assert [chunk async for chunk in blob.read()] == [b"bytes"]
    assert metadata == b""


async def test_unchanged_is_an_answer() -> None:
    """Nothing is asked again that was answered."""
    door: FakeDoor = FakeDoor({DEMO: make_project("demo")}, etag='"one"')

    answer: Loaded[Project] | Unchanged = await Retried(door, Retries()).refresh_project(DEMO, HELD)

    assert isinstance(answer, Unchanged)
    assert len(door.asked) == 1


@pytest.mark.parametrize("question", QUESTIONS)
async def test_budget_that_is_used_up_leaves_one_question(question: str) -> None:
    """F77: where much fails, asking twice would only add to it."""
    retries = Retries()
    while retries.take(0.0):
        pass
    door = failing(RESET)

    with pytest.raises(Unavailable):
        await QUESTIONS[question](Retried(door, retries), None)

    assert len(door.asked) == 1
