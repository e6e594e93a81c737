"""Curation: one whole change each, told to everybody, and nothing lost by it."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from support.hosted_files import MAIN_OWNER, SOMEBODY, hosted_file, publish
from wheelyard.catalog import Catalog, HostedFile, open_catalog
from wheelyard.catalog.curation import Curated, Lifting, Removal, StatusChange, Yank
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio

DEMO = ProjectName("demo")
WHEEL = "demo-1.0-py3-none-any.whl"
SDIST = "demo-1.0.tar.gz"
NEXT = "demo-1.1.tar.gz"


@pytest.fixture
async def hosted(catalog: Catalog) -> Catalog:
    """Return the catalog with a project of two releases, one of them of two files."""
    for filename in (WHEEL, SDIST, NEXT):
        await publish(catalog, filename)
    return catalog


async def files_of(catalog: Catalog) -> tuple[HostedFile, ...]:
    """Return the files of the project."""
    loaded = await catalog.hosting.load(MAIN_OWNER, DEMO)
    return loaded[1] if loaded else ()


async def last_line(catalog: Catalog) -> tuple[str, object]:
    """Return action and detail of the newest line of the audit log."""
    line = (await catalog.audit.since())[-1]
    return line.action, line.detail


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "v1.0", "1"])
async def test_yank_marks_every_file_of_the_release(hosted: Catalog, version: str) -> None:
    """The version may be spelled in any way; other releases stay as they are."""
    curated = await hosted.curator.yank(Yank(MAIN_OWNER, DEMO, version, "broken"), SOMEBODY)

    yanked = {file.filename: file.yanked for file in await files_of(hosted)}
    assert yanked == {WHEEL: "broken", SDIST: "broken", NEXT: None}
    assert [file.filename for file in curated.files] == [WHEEL, SDIST]
    assert await last_line(hosted) == (
        "release.yanked",
        {"version": "1.0", "filenames": [WHEEL, SDIST], "reason": "broken"},
    )


async def test_yank_without_reason_and_back(hosted: Catalog) -> None:
    """An empty reason is a yank; un-yanking leaves no trace on the files."""
    before = await files_of(hosted)
    await hosted.curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", ""), SOMEBODY)
    assert [file.yanked for file in await files_of(hosted)] == ["", "", None]

    await hosted.curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", None), SOMEBODY)

    assert await files_of(hosted) == before
    assert (await last_line(hosted))[0] == "release.unyanked"


async def test_yank_again_changes_nothing(hosted: Catalog) -> None:
    """No second line in journal and log; another reason is a change."""
    wanted = Yank(MAIN_OWNER, DEMO, "1.0", "broken")
    await hosted.curator.yank(wanted, SOMEBODY)
    before = await hosted.journal.last()

    again = await hosted.curator.yank(wanted, SOMEBODY)

    assert (again.files, again.serial) == ((), 0)
    assert await hosted.journal.last() == before
    other = await hosted.curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", "worse"), SOMEBODY)
    assert len(other.files) == 2


async def test_release_that_is_not_there_names_those_that_are(hosted: Catalog) -> None:
    """A person sees what they meant."""
    with pytest.raises(Absent, match=r"`demo` 2\.0 .* the index `main`, which has 1.0, 1.1"):
        await hosted.curator.yank(Yank(MAIN_OWNER, DEMO, "2.0", ""), SOMEBODY)


async def test_project_that_is_not_there_is_absent(hosted: Catalog) -> None:
    """For every change."""
    name = ProjectName("nobody")
    curator, archived = hosted.curator, ProjectStatus("archived", "old")
    changes: tuple[Callable[[], Awaitable[Curated]], ...] = (
        lambda: curator.yank(Yank(MAIN_OWNER, name, "1.0", ""), SOMEBODY),
        lambda: curator.delete(Removal(MAIN_OWNER, name, "1.0"), SOMEBODY),
        lambda: curator.delete(Removal(MAIN_OWNER, name, None), SOMEBODY),
        lambda: curator.set_status(StatusChange(MAIN_OWNER, name, archived), SOMEBODY),
    )
    before = await hosted.journal.last()

    for change in changes:
        with pytest.raises(Absent, match="`nobody` does not exist"):
            await change()

    assert await hosted.journal.last() == before


async def test_deleted_release_leaves_tombstones_and_evidence(hosted: Catalog) -> None:
    """Who, when and why; the ledger and the bytes stay."""
    curated = await hosted.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0", "leaked"), SOMEBODY)

    assert [file.filename for file in curated.files] == [WHEEL, SDIST]
    assert [file.filename for file in await files_of(hosted)] == [NEXT]
    gone = await hosted.hosting.tombstones(MAIN_OWNER, DEMO)
    assert [(each.filename, each.version, each.reason) for each in gone] == [
        (WHEEL, "1.0", "leaked"),
        (SDIST, "1.0", "leaked"),
    ]
    assert len(await hosted.ledger.of_project(MAIN_OWNER, DEMO)) == 3
    assert await hosted.held.find(hosted_file(WHEEL).sha256) != ()
    assert await last_line(hosted) == (
        "release.deleted",
        {"version": "1.0", "filenames": [WHEEL, SDIST], "reason": "leaked"},
    )


async def test_deleted_project_is_gone_with_all_of_its_files(hosted: Catalog) -> None:
    """Each of them leaves its tombstone, and the log says whether the name was given up."""
    await hosted.curator.delete(Removal(MAIN_OWNER, DEMO, None, "renamed"), SOMEBODY)

    assert await hosted.hosting.load(MAIN_OWNER, DEMO) is None
    assert len(await hosted.hosting.tombstones(MAIN_OWNER, DEMO)) == 3
    action, detail = await last_line(hosted)
    assert action == "project.deleted"
    assert detail == {
        "name": "demo",
        "filenames": [WHEEL, SDIST, NEXT],
        "reason": "renamed",
        "gives_up_name": False,
    }


async def test_status_is_written_with_its_reason(hosted: Catalog) -> None:
    """And the log has what it was before."""
    wanted = StatusChange(MAIN_OWNER, DEMO, ProjectStatus("archived", "use other"))

    curated = await hosted.curator.set_status(wanted, SOMEBODY)

    assert curated.serial
    loaded = await hosted.hosting.load(MAIN_OWNER, DEMO)
    assert loaded is not None
    assert (loaded[0].status, loaded[0].status_reason) == ("archived", "use other")
    assert loaded[0].revision == curated.serial
    assert await last_line(hosted) == (
        "project.status",
        {"status": "archived", "reason": "use other", "before": "active"},
    )
    assert (await hosted.curator.set_status(wanted, SOMEBODY)).serial == 0


async def test_only_a_deleted_file_s_name_is_lifted(hosted: Catalog) -> None:
    """And only once; the log keeps what it stood for."""
    wanted = Lifting(MAIN_OWNER, DEMO, hosted_file(WHEEL).filename, "same name, please")
    with pytest.raises(Absent, match="A deleted file"):
        await hosted.curator.lift(wanted, SOMEBODY)
    await hosted.curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), SOMEBODY)

    tombstone = await hosted.curator.lift(wanted, SOMEBODY)

    assert tombstone.sha256 == hosted_file(WHEEL).sha256
    gone = await hosted.hosting.tombstones(MAIN_OWNER, DEMO)
    assert [each.filename for each in gone] == [SDIST]
    action, detail = await last_line(hosted)
    assert action == "file.accepted"
    assert isinstance(detail, dict)
    assert detail["sha256"] == tombstone.sha256
    with pytest.raises(Absent):
        await hosted.curator.lift(wanted, SOMEBODY)


@pytest.mark.blocking(reason="the other program opens its catalog here")
async def test_each_change_is_told_to_other_processes(
    hosted: Catalog, tmp_path: Path, clock: FrozenClock
) -> None:
    """A command changes; the server that runs on the same data sees each change once."""
    watcher = hosted.changes()
    await watcher.poll()

    with open_catalog(tmp_path, clock) as other:
        curator = other.curator
        await curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", ""), SOMEBODY)
        await curator.yank(Yank(MAIN_OWNER, DEMO, "1.0", None), SOMEBODY)
        status = ProjectStatus("deprecated", "old")
        await curator.set_status(StatusChange(MAIN_OWNER, DEMO, status), SOMEBODY)
        await curator.delete(Removal(MAIN_OWNER, DEMO, "1.0"), SOMEBODY)
        await curator.delete(Removal(MAIN_OWNER, DEMO, None), SOMEBODY)

    rows = await watcher.poll()
    assert {(row.owner, row.project) for row in rows} == {(MAIN_OWNER, "demo")}
    assert [row.kind for row in rows] == [
        "release.yanked",
        "release.unyanked",
        "project.status",
        "release.deleted",
        "project.deleted",
    ]
