"""Pinned: what stays on a page that has lost it, and what does not."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from repository.pinned_bench import PinnedBench, opened_pins
from support.fakes import make_file, make_project
from wheelyard.blobs import Blob
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Corrupt, Refused, Unavailable, WheelyardError
from wheelyard.model import File, FileRef, Knowledge, Project, ProjectEntry, ProjectList
from wheelyard.model import ProjectStatus as Status
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
OLD, NEW, NEXT = (make_file(f"demo-{n}.tar.gz", n.encode()) for n in ("1.0", "2.0", "3.0"))
KNOWN = Knowledge(checked_at=1.0, fresh_until=2.0, revision=7, source="door")


@dataclass(slots=True)
class Beneath:
    """The files of an owner: one page, or one error."""

    page: Project
    error: WheelyardError | None = None
    asked: list[str] = field(default_factory=list)

    def _answer(self, question: str) -> None:
        self.asked.append(question)
        if self.error is not None:
            raise self.error

    async def projects(self) -> ProjectList:
        """Return a list of one."""
        self._answer("projects")
        return ProjectList((ProjectEntry("demo"),))

    async def project(self, name: ProjectName) -> Project:
        """Return the page."""
        self._answer(name)
        return self.page

    async def file(self, ref: FileRef) -> Blob:
        """Say that there are no bytes."""
        self._answer(ref.file.filename)
        raise Absent(f"`{ref.file.filename}`")

    async def learned(self, name: ProjectName) -> None:
        """Note the name."""
        self._answer(f"learned {name}")


@dataclass(frozen=True, slots=True)
class Bench(PinnedBench):
    """The same, over one page."""

    beneath: Beneath

    def lists(self, *files: File, **changes: object) -> Project:
        """Have the page list ``files``."""
        page = msgspec.structs.replace(make_project(DEMO, *files), known=KNOWN, **changes)
        self.beneath.page = page
        return page

    async def names(self) -> list[str]:
        """Return the file names on the page."""
        return [file.filename for file in (await self.pinned.project(DEMO)).files]


@pytest.fixture
async def bench(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Bench]:
    """Yield a page of two files, one of which is held and pinned."""
    beneath = Beneath(make_project(DEMO))
    async with opened_pins(tmp_path, clock, beneath) as opened:
        bench = Bench(opened.pinned, opened.catalog, opened.run, beneath)
        bench.lists(OLD, NEW)
        await bench.holds(OLD, b"1.0")
        await bench.pins(OLD)
        yield bench


async def test_page_that_lost_nothing_is_as_it_is(bench: Bench) -> None:
    """The very page: its entries count, not those of the day when the file was pinned."""
    yanked = msgspec.structs.replace(OLD, yanked="broken")
    page = bench.lists(yanked, NEW)

    assert await bench.pinned.project(DEMO) is page


async def test_deleted_file_stays_on_its_page(bench: Bench) -> None:
    """As the pin has it, beside what the page lists; its state and age are the page's."""
    bench.lists(NEW, NEXT)

    page = await bench.pinned.project(DEMO)

    assert page.files == (NEW, NEXT, OLD)
    assert page.known == KNOWN


@pytest.mark.parametrize(
    "error",
    [Absent("`demo`"), Unavailable("`demo`", "no"), Corrupt("`demo`", expected="a", actual="b")],
)
async def test_project_without_a_page_is_what_is_pinned(
    bench: Bench, clock: FrozenClock, error: WheelyardError
) -> None:
    """Deleted as a whole, or nobody can say: marked stale unless that was an answer."""
    bench.beneath.error = error

    page = await bench.pinned.project(DEMO)

    assert page.files == (OLD,)
    assert page.known is not None
    assert (page.known.how, page.known.revision) == (
        "hit" if isinstance(error, Absent) else "stale",
        0,
    )
    assert page.known.fresh_until == clock.now() + 1.0


async def test_refusal_is_not_answered_with_pins(bench: Bench) -> None:
    """Policy is policy."""
    bench.beneath.error = Refused("`demo`", "it is blocked")

    with pytest.raises(Refused):
        await bench.pinned.project(DEMO)


async def test_quarantined_page_gets_nothing_back(bench: Bench) -> None:
    """A takedown wins over pins."""
    bench.lists(NEW, status=Status("quarantined"))

    assert await bench.names() == [NEW.filename]


@pytest.mark.parametrize("after", ["deleted", "emptied"])
async def test_takedown_that_ends_in_a_deletion_is_a_takedown(bench: Bench, after: str) -> None:
    """PyPI quarantines first and deletes later: malware does not come back by a pin."""
    await bench.catalog.pins.note_page("main", Project(DEMO, status=Status("quarantined")))
    bench.lists()
    bench.beneath.error = Absent("`demo`") if after == "deleted" else None

    if after == "emptied":
        assert await bench.names() == []
        return
    with pytest.raises(Absent):
        await bench.pinned.project(DEMO)


async def test_other_bytes_of_the_name_are_not_given_out(bench: Bench) -> None:
    """An operator has accepted other bytes since: the pin's are not what the name means."""
    bench.lists(NEW)
    await bench.holds(OLD, b"other", generation=2)

    assert await bench.names() == [NEW.filename]


async def test_file_whose_bytes_are_gone_is_not_listed(bench: Bench) -> None:
    """A resolver would choose what then cannot be had."""
    bench.lists(NEW)
    digest = OLD.sha256
    assert digest is not None
    bench.run.store.path(digest).unlink()

    assert await bench.names() == [NEW.filename]


async def test_file_pinned_twice_is_listed_once(bench: Bench) -> None:
    """One per name, however many labels."""
    await bench.pins(OLD, "site")
    bench.lists(NEW)

    assert await bench.names() == [NEW.filename, OLD.filename]


async def test_page_of_which_nothing_is_pinned_costs_one_look_in_place(bench: Bench) -> None:
    """No thread, no transaction; and its errors are its own."""
    bench.beneath.error = error = Absent("`other`")
    asked: list[object] = []
    connections = bench.catalog._connections
    for engine in (connections._readers, connections._writer):
        sa.event.listen(engine, "before_cursor_execute", lambda *_: asked.append(1))

    with pytest.raises(Absent) as caught:
        await bench.pinned.project(ProjectName("other"))

    assert (caught.value is error, asked) == (True, [])


async def test_everything_else_is_passed_on(bench: Bench) -> None:
    """Lists, files and news."""
    assert (await bench.pinned.projects()).projects == (ProjectEntry("demo"),)
    with pytest.raises(Absent):
        await bench.pinned.file(FileRef(DEMO, OLD))
    await bench.pinned.learned(DEMO)

    assert bench.beneath.asked == ["projects", OLD.filename, "learned demo"]
