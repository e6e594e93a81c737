"""Projects are filled one by one, and each leaves its state whatever becomes of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from support.syncing import rules
from wheelyard.catalog import Catalog, HeldRow, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.decide.mirroring import Reason, State
from wheelyard.errors import Absent, Refused, Unavailable, WheelyardError
from wheelyard.mirror.bulk import Bulk
from wheelyard.mirror.sync.files import Fetching, FetchingParts
from wheelyard.mirror.sync.filling import Filling, FillingParts
from wheelyard.mirror.sync.patience import Patience
from wheelyard.mirror.sync.plan import Due
from wheelyard.mirror.sync.report import Account
from wheelyard.mirror.wanted import Wanted
from wheelyard.model import File, FileRef, Knowledge, Project
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio

A, B = ProjectName("a"), ProjectName("b")
OLD = File(Filename("a-1.0.tar.gz"), "u", (("sha256", "1" * 64),), size=3)
NEW = File(Filename("a-2.0.tar.gz"), "u", (("sha256", "2" * 64),), size=5)
ALL = Wanted(everything=True)


def page(*files: File, name: ProjectName = A, serial: int | None = 7) -> Project:
    """Return a page with the revision 4."""
    return Project(name, files, serial=serial, known=Knowledge(0, 0, revision=4))


@dataclass
class Upstream:
    """Gives pages, or raises; of what is in ``once`` only the first time."""

    pages: dict[str, Project | WheelyardError]
    once: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def takes_blank(self, name: ProjectName) -> bool:
        """Never know: then it is looked up."""
        del name
        return False

    async def page(self, name: ProjectName, *, is_new: bool = False) -> Project:
        """Return a page."""
        del is_new
        self.asked.append(name)
        answer = self.pages.get(name, Absent(f"`{name}`"))
        if isinstance(answer, WheelyardError):
            if name in self.once:
                self.once.remove(name)
                self.pages[name] = page(NEW, name=name)
            raise answer
        return answer

    async def file(self, ref: FileRef) -> int:
        """Take note of a file."""
        self.files.append(ref.file.filename)
        return ref.file.size or 0


@dataclass
class Place:
    """A catalog that is filled from an upstream."""

    catalog: Catalog
    clock: FrozenClock
    account: Account

    async def fill(
        self, upstream: Upstream, *due: Due, wanted: Wanted = ALL, seconds: float = 60
    ) -> None:
        """Fill what is ``due``."""
        bulk = cast("Bulk", upstream)

        async def no_provenance(_: object) -> None:
            raise Absent("provenance")

        files = Fetching(FetchingParts(bulk, no_provenance, Patience(seconds)))
        patience = Patience(seconds)
        parts = FillingParts("corp", bulk, self.catalog, self.clock, wanted, patience, files)
        await Filling(parts, self.account).run(due)

    async def state(self, name: ProjectName = A) -> State | None:
        """Return what is remembered."""
        return await self.catalog.mirrored.of_project("corp", name)


@pytest.fixture
def place(tmp_path: Path, clock: FrozenClock) -> Iterator[Place]:
    """An empty place."""
    with open_catalog(tmp_path, clock) as catalog:
        yield Place(catalog, clock, Account("main", clock.now()))


async def test_project_is_done_once_its_files_are_here(place: Place) -> None:
    """For its page's serial and revision, and for what was wanted."""
    upstream = Upstream({A: page(OLD, NEW)})
    await place.fill(upstream, Due(A, Reason.NEW, 7))
    state = await place.state()

    assert upstream.files == [OLD.filename, NEW.filename]
    assert state is not None
    assert (state.done_serial, state.done_revision, state.done_for, state.failures) == (
        7,
        4,
        ALL.key_of(A),
        0,
    )
    assert place.account.outcome() == "done"


async def test_unchanged_page_of_a_complete_project_costs_no_look_at_files(place: Place) -> None:
    """Where upstream counts nothing, this is what most runs are made of."""
    await place.fill(Upstream({A: page(NEW)}), Due(A, Reason.NEW, None))
    upstream = Upstream({A: page(NEW)})
    await place.fill(upstream, Due(A, Reason.UNCOUNTED, None, await place.state()))

    assert upstream.files == []


async def test_held_file_that_the_page_does_not_list_any_more_is_noted(place: Place) -> None:
    """From then on the grace period counts; one that comes back is as if it always was."""
    now = place.clock.now()
    row = HeldRow(Sha256("1" * 64), "corp", A, OLD.filename, 3, now, now)
    await place.catalog.held.save(row)
    known = State(A, done_for="before")
    await place.fill(Upstream({A: page(NEW)}), Due(A, Reason.CHANGED, 7, known))
    [lost] = await place.catalog.held.of_project("corp", A)
    await place.fill(Upstream({A: page(OLD)}), Due(A, Reason.CHANGED, 7, known))
    [back] = await place.catalog.held.of_project("corp", A)

    assert (lost.unlisted_at, back.unlisted_at) == (now, None)


@pytest.mark.parametrize("error", [Unavailable("`a`", "no answer"), Refused("`a`", "policy")])
async def test_project_that_fails_is_remembered_with_the_reason(
    place: Place, error: WheelyardError
) -> None:
    """The others are done."""
    await place.fill(
        Upstream({A: error, B: page(name=B)}), Due(A, Reason.NEW, 7), Due(B, Reason.NEW, 7)
    )
    state = await place.state()

    assert state is not None
    assert (state.failures, state.error, state.done_serial) == (1, str(error), None)
    assert (place.account.failed, place.account.looked_at) == (1, 2)
    assert (await place.state(B)) is not None


async def test_page_that_breaks_our_own_program_holds_up_nobody(
    place: Place, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a failure of that project, with a trace for whoever mends it."""
    files_of = Wanted.files_of

    def broken(self: Wanted, project: Project) -> tuple[File, ...]:
        if project.name == A:
            raise ValueError("surprise")
        return files_of(self, project)

    monkeypatch.setattr(Wanted, "files_of", broken)
    pages: dict[str, Project | WheelyardError] = {A: page(OLD), B: page(NEW, name=B)}
    await place.fill(Upstream(pages), Due(A, Reason.NEW, 7), Due(B, Reason.NEW, 7))
    state, other = await place.state(), await place.state(B)

    assert state is not None
    assert other is not None
    assert "nobody foresaw: ValueError('surprise')" in state.error
    assert (state.failures, other.failures) == (1, 0)
    assert "surprise" in caplog.text


async def test_project_that_could_not_be_had_is_tried_once_more_at_the_end(place: Place) -> None:
    """An accident costs a second question, not a run."""
    upstream = Upstream({A: Unavailable("`a`", "reset"), B: page(name=B)}, once={"a"})
    await place.fill(upstream, Due(A, Reason.NEW, 7), Due(B, Reason.NEW, 7))

    assert upstream.asked == ["a", "b", "a"]
    assert place.account.outcome() == "done"


async def test_project_that_is_gone_is_withdrawn(place: Place) -> None:
    """Once it is told; a name that nobody had is a problem only for who wrote it down."""
    state = State(A, done_serial=3, done_for="all")
    await place.fill(Upstream({}), Due(A, Reason.GONE, state=state), Due(B, Reason.NEW, 1))
    gone = await place.state()

    assert gone == State(A, gone_at=place.clock.now())
    assert (place.account.removals, place.account.outcome()) == ([A], "done")
    assert await place.state(B) is None

    await place.fill(Upstream({}), Due(B, Reason.NEW), wanted=Wanted(projects=rules("b")))
    assert [problem.project for problem in place.account.problems] == ["b"]


async def test_page_behind_its_announcement_is_not_done(place: Place) -> None:
    """P-08: its files are fetched, and the rest at a later run."""
    upstream = Upstream({A: page(NEW, serial=6)})
    await place.fill(upstream, Due(A, Reason.CHANGED, 7))
    state = await place.state()

    assert upstream.files == [NEW.filename]
    assert state is not None
    assert (state.done_serial, state.failures) == (None, 1)
    assert "7 was announced" in state.error


async def test_upstream_that_stops_answering_is_given_up(place: Place) -> None:
    """The rest is left for the next run, unasked, and nothing is remembered of it."""
    names = [ProjectName(f"demo-{number}") for number in range(100)]
    error = Unavailable("x", "no answer", retry_seconds=3_600)
    upstream = Upstream(dict.fromkeys(names, error))
    await place.fill(upstream, *(Due(name, Reason.NEW, 1) for name in names), seconds=1)

    assert len(upstream.asked) < len(names)
    assert place.account.not_asked == len(names)
    assert [problem.project for problem in place.account.problems] == [""]
