"""Vetted: nothing of a door to another index, and no serials of another count."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from support.fakes import FakeDoor, make_file, make_project
from wheelyard.clock import FrozenClock
from wheelyard.errors import Unavailable
from wheelyard.model import FileRef, Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded
from wheelyard.repository.observed import DoorState
from wheelyard.repository.vetted import Vetted
from wheelyard.repository.vetting import Candidate, Vetting

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
FILE = make_file("demo-1.0.tar.gz")
REF = FileRef(DEMO, FILE)
WANTED = DocumentWanted("json", "demo")


@dataclass(frozen=True, slots=True)
class Bench:
    """A door behind another, with a state that the test may change."""

    inner: FakeDoor
    candidate: Candidate
    door: Vetted


@pytest.fixture
def bench(clock: FrozenClock) -> Bench:
    """Return a door that has what is held, with serials."""
    page = make_project("demo", FILE, serial=7)
    inner = FakeDoor(
        {DEMO: page},
        files={FILE.filename: b"content"},
        metadata_files={FILE.filename: b"metadata"},
        documents={"demo": b"{}"},
        serial=7,
    )

    async def known(_: object) -> list[Project]:
        return [make_project("demo", FILE, serial=1)]

    async def silent() -> None:
        return None

    first = Candidate(FakeDoor(), DoorState("main", "first"), (), silent)
    candidate = Candidate(inner, DoorState("main", "second"), (), silent)
    return Bench(inner, candidate, Vetted(inner, 1, Vetting([first, candidate], known, clock, 1)))


QUESTIONS: dict[str, Callable[[Vetted], Awaitable[object]]] = {
    "projects": lambda door: door.refresh_projects(None),
    "project": lambda door: door.refresh_project(DEMO, None),
    "document": lambda door: door.refresh_document(WANTED, None),
    "file": lambda door: door.file(REF),
    "metadata": lambda door: door.metadata(REF),
}


@pytest.mark.parametrize("question", QUESTIONS)
async def test_door_to_the_same_index_answers_everything(bench: Bench, question: str) -> None:
    """It was compared, and is asked."""
    await QUESTIONS[question](bench.door)

    assert bench.candidate.is_vetted


@pytest.mark.parametrize("question", QUESTIONS)
async def test_door_to_another_index_answers_nothing(bench: Bench, question: str) -> None:
    """Bytes of the same name are other bytes there."""
    bench.candidate.is_vetted, bench.candidate.state.difference = True, "it is another"

    with pytest.raises(Unavailable, match="a door to a different index"):
        await QUESTIONS[question](bench.door)

    assert bench.inner.asked == []


async def test_serials_of_another_count_are_left_out(bench: Bench) -> None:
    """Of a page, of the list and its entries, and of a document."""
    project = await bench.door.refresh_project(DEMO, None)
    listed = await bench.door.refresh_projects(None)
    document = await bench.door.refresh_document(WANTED, None)

    assert isinstance(project, Loaded)
    assert isinstance(listed, Loaded)
    assert isinstance(document, Loaded)
    assert (project.value.serial, project.serial) == (None, None)
    assert listed.value == ProjectList((ProjectEntry("demo"),))
    assert (listed.serial, document.serial) == (None, None)


async def test_serials_of_the_index_are_handed_on(bench: Bench) -> None:
    """A mirror's serials are the index's own."""
    bench.candidate.is_vetted = bench.candidate.hands_serials_on = True

    project = await bench.door.refresh_project(DEMO, None, again=True)
    listed = await bench.door.refresh_projects(None)
    document = await bench.door.refresh_document(WANTED, None)

    assert isinstance(project, Loaded)
    assert isinstance(listed, Loaded)
    assert isinstance(document, Loaded)
    assert (project.value.serial, listed.serial, document.serial) == (7, 7, 7)
    assert bench.inner.asked_again == ["demo"]
