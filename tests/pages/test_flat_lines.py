"""Lines of flat pages: each project rendered when it changed, and not again."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pages.repository import FakeRepository
from support.fakes import make_file
from support.hosted_files import MAIN_OWNER, publish
from wheelyard.catalog import Catalog, LedgerRow, PageRow, open_catalog
from wheelyard.clock import FrozenClock, Instant
from wheelyard.errors import Unavailable
from wheelyard.model import Project
from wheelyard.names import Filename, ProjectName, Sha256
from wheelyard.pages.flat_lines import HeldLines, HostedLines, OtherLines

pytestmark = pytest.mark.anyio


@dataclass(slots=True)
class Renderer:
    """Renders file names, and remembers of which projects."""

    rendered: list[str] = field(default_factory=list)

    def __call__(self, project: Project) -> bytes:
        """Return the names of the project's files."""
        self.rendered.append(project.name)
        return " ".join(file.filename for file in project.files).encode()


@pytest.fixture
def catalog(tmp_path: Path, clock: FrozenClock) -> Iterator[Catalog]:
    """Open an empty catalog."""
    with open_catalog(tmp_path, clock) as opened:
        yield opened


async def test_hosted_lines_show_what_was_published(catalog: Catalog) -> None:
    """As soon as the upload is acknowledged."""
    lines = HostedLines(MAIN_OWNER, catalog, Renderer())
    await lines.refresh()
    before = dict(lines.lines)
    await publish(catalog, "demo-1.0.tar.gz")

    await lines.refresh()

    assert before == {}
    assert lines.lines == {"demo": b"demo-1.0.tar.gz"}


async def test_hosted_project_that_did_not_change_is_not_rendered_again(catalog: Catalog) -> None:
    """One upload costs one project, however many there are."""
    renderer = Renderer()
    lines = HostedLines(MAIN_OWNER, catalog, renderer)
    for name in ("a", "b", "c"):
        await publish(catalog, f"{name}-1.0.tar.gz")
    await lines.refresh()
    renderer.rendered.clear()
    await publish(catalog, "b-2.0.tar.gz")

    await lines.refresh()
    await lines.refresh()

    assert renderer.rendered == ["b"]
    assert lines.lines[ProjectName("b")] == b"b-1.0.tar.gz b-2.0.tar.gz"
    assert lines.lines[ProjectName("a")] == b"a-1.0.tar.gz"


async def test_held_lines_show_what_was_fetched_a_second_later(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """Nothing tells of a fetch, so they are looked at, but not for each request."""
    repository, renderer = FakeRepository(clock), Renderer()
    lines = HeldLines("main", catalog, repository, clock, renderer)
    await lines.refresh()
    await hold(catalog, repository, "demo-1.0.tar.gz")
    await lines.refresh()
    at_once = dict(lines.lines)
    clock.forward(1)

    await lines.refresh()

    assert (at_once, lines.lines) == ({}, {"demo": b"demo-1.0.tar.gz"})
    assert lines.version == 1


async def test_held_project_that_did_not_change_is_not_read_again(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """A page is decoded and its files looked for: that is done once."""
    repository, renderer = FakeRepository(clock), Renderer()
    lines = HeldLines("main", catalog, repository, clock, renderer)
    await hold(catalog, repository, "a-1.0.tar.gz")
    await lines.refresh()
    await hold(catalog, repository, "b-1.0.tar.gz")
    clock.forward(1)

    await lines.refresh()

    assert repository.asked == ["a", "b"]
    assert list(lines.lines) == ["a", "b"]


async def test_held_project_that_is_not_given_out_has_no_lines(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """The page goes on without it."""
    repository = FakeRepository(clock)
    lines = HeldLines("main", catalog, repository, clock, Renderer())
    await hold(catalog, repository, "demo-1.0.tar.gz")
    repository.pages.clear()

    await lines.refresh()

    assert lines.lines == {"demo": b""}


async def hold(catalog: Catalog, repository: FakeRepository, filename: str) -> None:
    """Hold a file of somebody else's, and its page."""
    project = ProjectName(filename.partition("-")[0])
    file = make_file(filename, filename.encode())
    assert file.sha256 is not None
    names = ("main", project, Filename(filename))
    await catalog.held.keep(LedgerRow(*names, Sha256(file.sha256), 1, Instant(1), "x"))
    url = f"https://index.example/simple/{project}/"
    await catalog.pages.save(PageRow("main", project, url, Instant(1), Instant(1)), "page.changed")
    repository.pages[project] = Project(project, (file,))


async def test_held_project_that_cannot_be_read_now_is_looked_at_again(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """A full disk takes nothing off the page for good."""
    repository = FakeRepository(clock)
    lines = HeldLines("main", catalog, repository, clock, Renderer())
    await hold(catalog, repository, "demo-1.0.tar.gz")
    repository.error = Unavailable("`demo`", "the disk does not answer", failing="disk")
    await lines.refresh()
    without = dict(lines.lines)
    repository.error = None
    clock.forward(1)

    await lines.refresh()

    assert without == {"demo": b""}
    assert lines.lines == {"demo": b"demo-1.0.tar.gz"}


async def test_other_projects_of_ours_are_rendered_when_their_list_changes(
    clock: FrozenClock,
) -> None:
    """A directory that is served has no row in the catalog."""
    repository = FakeRepository(clock, {"demo": Project(ProjectName("demo"))})
    renderer = Renderer()
    lines = OtherLines(repository, renderer)
    await lines.refresh()
    await lines.refresh()
    file = make_file("demo-1.0.tar.gz", b"demo")
    repository.pages["demo"] = Project(ProjectName("demo"), (file,))
    repository.revision += 1

    await lines.refresh()

    assert renderer.rendered == ["demo", "demo"]
    assert lines.lines == {"demo": b"demo-1.0.tar.gz"}
