"""Comparing: an index is what it was, or it is said where it is not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

import pytest

from wheelyard.blobs import Blob
from wheelyard.errors import Absent
from wheelyard.model import File, FileRef, Project, ProjectEntry, ProjectList, ProjectStatus
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.pages import PageLinks
from wheelyard.pages.render import Rendered, render_project, render_root
from wheelyard.publish.restoring.comparing import compare_pages
from wheelyard.publish.restoring.plan import ROOT, ListedPage
from wheelyard.publish.restoring.report import Report
from wheelyard.wire.manifest import Entry, Kind
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
PAGE = Project(DEMO, versions=("1.0",))
LINKS = PageLinks()


@dataclass(frozen=True, slots=True)
class FakeRepository:
    """Pages in memory, and a list that always has one name."""

    held: Mapping[ProjectName, Project]

    async def projects(self) -> ProjectList:
        """Return the list."""
        return ProjectList((ProjectEntry("demo"),))

    async def project(self, name: ProjectName) -> Project:
        """Return a page."""
        if name not in self.held:
            raise Absent(f"`{name}`")
        return self.held[name]

    async def file(self, ref: FileRef) -> Blob:
        """Have no file."""
        raise Absent(ref.file.filename)

    async def metadata(self, ref: FileRef) -> Blob:
        """Have no metadata."""
        raise Absent(ref.file.filename)


def listed(name: ProjectName, path: str, rendered: Rendered) -> ListedPage:
    """Return a page as a manifest lists it."""
    forms: tuple[tuple[Kind, Form], ...] = (("html", Form.HTML), ("json", Form.JSON))
    html, json = (
        Entry(kind, path, Sha256(sha256(rendered.variant(form, "identity").body).hexdigest()))
        for kind, form in forms
    )
    return ListedPage(name, html, json)


async def pages(repository: FakeRepository, page: Project = PAGE) -> Iterator[ListedPage]:
    """Return the manifest of a list, and of one page."""
    root = render_root(await repository.projects())
    return iter(
        [
            listed(ROOT, "simple/", root),
            listed(DEMO, "simple/demo/", render_project(page, LINKS)),
        ]
    )


async def compared(
    repository: FakeRepository, page: Project = PAGE, report: Report | None = None
) -> Report:
    """Return what comparing comes to."""
    found = report or Report()
    await compare_pages(await pages(repository, page), repository, LINKS, found, lambda _: None)
    return found


async def test_equal_pages_are_counted() -> None:
    """In both forms."""
    report = await compared(FakeRepository({DEMO: PAGE}))

    assert (report.equal, report.wrong) == (2, 0)


async def test_other_page_is_said() -> None:
    """With what may be the cause."""
    report = await compared(FakeRepository({DEMO: PAGE}), Project(DEMO, versions=("2.0",)))

    assert (report.equal, report.wrong) == (1, 1)
    assert "`[server] base_url`" in report.differences[0].reason


async def test_page_that_is_not_there_is_said() -> None:
    """With the reason."""
    report = await compared(FakeRepository({}))

    assert report.equal == 1
    assert "cannot be given out: `demo` does not exist" in report.differences[0].reason


async def test_page_of_which_something_was_said_is_not_said_again() -> None:
    """One sentence for one thing."""
    before = Report()
    before.note("simple/demo/ demo-1.0.whl", "is corrupt")

    report = await compared(FakeRepository({}), report=before)

    assert (report.equal, report.wrong) == (1, 1)


async def test_versions_of_what_is_in_quarantine_do_not_count() -> None:
    """Its files were withdrawn, and with them what tells them."""
    held = Project(DEMO, status=ProjectStatus("quarantined", "bad"))
    file = File(Filename("demo-1.0.whl"), "", size=1)
    before = Project(DEMO, files=(file,), versions=("1.0",), status=held.status)

    report = await compared(FakeRepository({DEMO: held}), before)

    assert (report.equal, report.wrong) == (2, 0)
