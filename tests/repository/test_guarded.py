"""A door that is left alone after it failed: who is asked, who is told, and what people see."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field

import anyio
import pytest

from support.fakes import BytesBlob, FakeDoor, RangedBlob, make_file, make_project
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.decide.circuit import Rules, State
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import FileRef
from wheelyard.names import ProjectName
from wheelyard.repository.base import DocumentWanted, Loaded, Validators
from wheelyard.repository.guarded import Guarded, GuardParts
from wheelyard.repository.observed import DoorState
from wheelyard.repository.remote_wheel import HasTail

pytestmark = pytest.mark.anyio

URL = "https://index.example/simple/"
FLASK = ProjectName("flask")
PAGE = make_project("flask", make_file("flask-1.0-py3-none-any.whl"))
REF = FileRef(FLASK, PAGE.files[0])
HELD = Validators(URL, etag='"1"')
SILENT = Unavailable("`flask`", "silent: no answer within 15 s.")
REFUSED = Unavailable("`flask`", "refused: nobody listens there.")


@dataclass(slots=True)
class FileDoor(FakeDoor):
    """A door that gives one blob, whatever file is asked for."""

    blob: Blob = field(default_factory=lambda: BytesBlob(b"0123456789"))

    async def file(self, ref: FileRef) -> Blob:
        """Return the blob."""
        del ref
        return self.blob


@dataclass(frozen=True, slots=True)
class Site:
    """A guarded door and what is seen of it."""

    door: FileDoor
    guarded: Guarded
    state: DoorState
    clock: FrozenClock

    async def page(self, name: ProjectName = FLASK, held: Validators | None = None) -> None:
        """Ask for a page."""
        await self.guarded.refresh_project(name, held)

    async def fails(self, error: WheelyardError, name: ProjectName = FLASK) -> None:
        """Ask for a page while the door fails."""
        self.door.error = error
        with pytest.raises(type(error)):
            await self.page(name)
        self.door.error = None
        self.door.asked.clear()


@pytest.fixture
async def site(clock: FrozenClock) -> AsyncIterator[Site]:
    """Return a guarded door whose tasks end with the test."""
    async with anyio.create_task_group() as tasks:

        def spawn(function: Callable[[], Coroutine[None, None, None]]) -> None:
            tasks.start_soon(function)

        door, state = FileDoor({FLASK: PAGE}, etag='"1"'), DoorState("main", URL)
        parts = GuardParts(state, clock, spawn, Rules(is_alone=True))
        yield Site(door, Guarded(door, URL, parts), state, clock)
        tasks.cancel_scope.cancel()


async def content_of(blob: Blob) -> bytes:
    """Return all bytes of ``blob``."""
    return b"".join([chunk async for chunk in blob.read()])


async def test_answers_pass_as_they_are(site: Site) -> None:
    """All five questions of a door."""
    site.door.metadata_files[REF.file.filename] = b"Name: flask"
    site.door.documents["flask"] = b"{}"

    page = await site.guarded.refresh_project(FLASK, None)
    root = await site.guarded.refresh_projects(None)
    document = await site.guarded.refresh_document(DocumentWanted("json", "flask"), None)

    assert isinstance(page, Loaded)
    assert page.value == PAGE
    assert isinstance(root, Loaded)
    assert isinstance(document, Loaded)
    assert document.value == b"{}"
    assert await site.guarded.metadata(REF) == b"Name: flask"
    assert await content_of(await site.guarded.file(REF)) == b"0123456789"
    assert site.state.circuit is State.CLOSED


async def test_silent_door_is_not_asked_again_at_once(site: Site) -> None:
    """The first client paid with its patience; the next is told, with a sentence."""
    await site.fails(SILENT)

    with pytest.raises(Unavailable) as caught:
        await site.page(ProjectName("click"))

    assert site.door.asked == []
    assert site.state.circuit is State.OPEN
    assert str(caught.value) == (
        "`click` cannot be had now: the upstream `https://index.example/simple/` has been out of "
        "order since 2026-09-21 14:13:20 UTC (silent: no answer within 15 s), and is asked again "
        "in 1 s"
    )


async def test_next_question_after_a_second_is_the_probe(site: Site) -> None:
    """No timer, no restart: three answers, and all is as before."""
    await site.fails(SILENT)
    site.clock.forward(1)

    states = []
    for _ in range(3):
        await site.page()
        states.append(site.state.circuit)

    assert states == [State.HALF_OPEN, State.HALF_OPEN, State.CLOSED]


@pytest.mark.parametrize(
    "error",
    [
        Absent("`flask`"),
        Refused("`flask`", "policy"),
        Corrupt("`flask`", expected="a", actual="b"),
        Unavailable("`flask`", "the upstream answered 403: it forbids the request."),
        Unavailable("`flask`", "busy: all connections are taken."),
        Unavailable("`flask`", "too-large: more than 1 MiB."),
    ],
    ids=str,
)
async def test_door_that_says_something_is_not_out(site: Site, error: WheelyardError) -> None:
    """What it says may be unwelcome."""
    for name in ("a", "b", "c", "d"):
        await site.fails(error, ProjectName(name))

    assert site.state.circuit is State.CLOSED


@pytest.mark.parametrize(
    ("error", "names", "state"),
    [
        (REFUSED, "aaa", State.OPEN),
        (REFUSED, "aa", State.CLOSED),
        (Unavailable("x", "status 500", failing="thing"), "aaaa", State.CLOSED),
        (Unavailable("x", "status 500", failing="thing"), "abc", State.OPEN),
        (Unavailable("x", "reset: cut."), "aaaa", State.CLOSED),
        (Unavailable("x", "reset: cut."), "abc", State.OPEN),
        (Unavailable("x", "connect-timeout: none."), "a", State.OPEN),
        (Unavailable("x", "status 429", failing="door", retry_seconds=30), "a", State.OPEN),
        (Unavailable("x", "status 429", failing="door"), "aa", State.CLOSED),
        (Unavailable("x", "status 503", failing="thing", retry_seconds=30), "a", State.CLOSED),
    ],
    ids=str,
)
async def test_failures_open_by_what_they_say_of_the_door(
    site: Site, error: Unavailable, names: str, state: State
) -> None:
    """One broken page is one broken page; nobody there is nobody there."""
    for name in names:
        await site.fails(error, ProjectName(name))

    assert site.state.circuit is state


async def test_absence_shows_that_the_door_is_back(site: Site) -> None:
    """A probe for a name that does not exist is answered all the same."""
    await site.fails(SILENT)
    site.clock.forward(1)

    with pytest.raises(Absent):
        await site.page(ProjectName("never-was"))

    assert site.state.circuit is State.HALF_OPEN


async def test_who_holds_an_answer_does_not_wait_for_a_probe(site: Site) -> None:
    """It goes on behind, and what it finds counts."""
    await site.fails(SILENT)
    site.clock.forward(1)
    site.door.gate = anyio.Event()

    with pytest.raises(Unavailable):
        await site.page(held=HELD)
    state_before = site.state.circuit
    site.door.gate.set()
    await anyio.wait_all_tasks_blocked()

    assert site.door.asked == [FLASK]
    assert state_before is State.OPEN
    assert site.state.circuit is State.HALF_OPEN


async def test_probe_that_is_answered_at_once_is_the_answer(site: Site) -> None:
    """Also for somebody who holds one already."""
    await site.fails(SILENT)
    site.clock.forward(1)

    await site.page(held=HELD)

    assert site.state.circuit is State.HALF_OPEN


async def test_probe_that_fails_says_how(site: Site) -> None:
    """Not the sentence about the circuit, but the newest reason."""
    await site.fails(SILENT)
    site.clock.forward(1)
    site.door.error = REFUSED

    with pytest.raises(Unavailable) as caught:
        await site.page(held=HELD)

    assert caught.value is REFUSED
    assert site.state.circuit is State.OPEN


async def test_door_that_asked_for_peace_says_so_until_it_had_it(site: Site) -> None:
    """Its neighbours must not get its questions as well."""
    busy = Unavailable("`flask`", "status 429", retry_seconds=30, failing="door")

    await site.fails(busy)
    wanted_peace = site.state.wants_peace
    site.clock.forward(31)
    await site.page()

    assert wanted_peace
    assert not site.state.wants_peace


async def test_door_that_is_only_out_asks_for_no_peace(site: Site) -> None:
    """Silence is no request."""
    await site.fails(SILENT)

    assert site.state.circuit is State.OPEN
    assert not site.state.wants_peace


async def test_question_that_was_given_up_says_nothing(site: Site) -> None:
    """A client that leaves is no failure of the door, and the next probe is a second later."""
    await site.fails(SILENT)
    site.clock.forward(1)
    site.door.gate = anyio.Event()
    with anyio.move_on_after(0):
        await site.page()
    site.door.gate = None
    site.clock.forward(1)

    await site.page()

    assert site.state.circuit is State.HALF_OPEN


async def test_file_asks_the_circuit_when_it_is_read(site: Site) -> None:
    """Holding a blob asks nobody; reading one from a door that is out costs nothing."""
    blob = BytesBlob(b"0123456789")
    site.door.blob = blob
    file = await site.guarded.file(REF_AT_INDEX)
    await site.fails(SILENT)

    with pytest.raises(Unavailable):
        await content_of(file)

    assert blob.reads == []


async def test_first_bytes_of_a_file_are_one_answer(site: Site) -> None:
    """And not one per chunk."""
    await site.fails(SILENT)
    site.clock.forward(1)
    await site.page()
    site.door.blob = ChunkedBlob()

    await content_of(await site.guarded.file(REF_AT_INDEX))

    assert site.state.circuit is State.HALF_OPEN


async def test_end_of_a_file_is_read_through_the_circuit(site: Site) -> None:
    """Where the door can do that at all."""
    site.door.blob = RangedBlob(b"0123456789")
    ranged = await site.guarded.file(REF_AT_INDEX)
    site.door.blob = BytesBlob(b"0123456789")
    plain = await site.guarded.file(REF_AT_INDEX)
    assert isinstance(ranged, HasTail)
    tail = await ranged.read_tail(4)
    await site.fails(SILENT)

    with pytest.raises(Unavailable):
        await ranged.read_tail(4)

    assert tail == b"6789"
    assert (ranged.size, ranged.sha256) == (10, None)
    assert not isinstance(plain, HasTail)


async def test_pages_are_asked_for_while_the_host_of_files_is_out(site: Site) -> None:
    """Two hosts, two circuits; people see the worse."""
    site.door.blob = FailingBlob()
    file = await site.guarded.file(REF)
    with pytest.raises(Unavailable):
        await content_of(file)

    with pytest.raises(Unavailable, match=r"the file host of the upstream .* out of order"):
        await content_of(file)
    await site.page()

    assert site.state.circuit is State.OPEN


@dataclass(slots=True)
class ChunkedBlob(BytesBlob):
    """A blob that comes in many chunks."""

    content: bytes = b"0123456789"

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Yield one byte at a time."""
        for byte in self.content[start:stop]:
            yield bytes([byte])


@dataclass(slots=True)
class FailingBlob(BytesBlob):
    """A blob on a host that nobody can connect to."""

    content: bytes = b""

    async def read(self, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """Raise."""
        del start, stop
        raise Unavailable("A file", "connect-timeout: no connection within 5 s.")
        yield b""


REF_AT_INDEX = FileRef(FLASK, make_file("flask-1.0-py3-none-any.whl", url=f"{URL}flask.whl"))
