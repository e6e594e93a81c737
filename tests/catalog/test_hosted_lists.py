"""Lists over all projects: what changed since, what is new, and what is held beside them."""

import pytest

from support.hosted_files import MAIN_OWNER, hosted_file, publish
from wheelyard.catalog import Catalog, LedgerRow, PageRow
from wheelyard.clock import FrozenClock, Instant
from wheelyard.names import Filename, ProjectName, Sha256

pytestmark = pytest.mark.anyio


async def test_first_look_has_every_project_and_file(catalog: Catalog) -> None:
    """Who has seen nothing gets all."""
    await publish(catalog, "demo-1.0.tar.gz")
    last = await publish(catalog, "other-1.0.tar.gz")

    changed = await catalog.hosted_lists.changed(MAIN_OWNER, 0)

    assert [project.project for project in changed.projects] == ["demo", "other"]
    assert changed.files[ProjectName("demo")] == (hosted_file("demo-1.0.tar.gz"),)
    assert changed.revision == last.serial


async def test_later_look_has_files_of_what_changed_only(catalog: Catalog) -> None:
    """Every project is named all the same, so that one that is gone can be missed."""
    first = await publish(catalog, "demo-1.0.tar.gz")
    await publish(catalog, "other-1.0.tar.gz")

    changed = await catalog.hosted_lists.changed(MAIN_OWNER, first.serial)

    assert [project.project for project in changed.projects] == ["demo", "other"]
    assert list(changed.files) == ["other"]


async def test_other_owners_are_left_out(catalog: Catalog) -> None:
    """An index shows what is its own."""
    await publish(catalog, "demo-1.0.tar.gz", "hosted:team")

    changed = await catalog.hosted_lists.changed(MAIN_OWNER, 0)

    assert not changed.projects
    assert not changed.revision


async def test_newest_release_comes_first_from_its_first_file_on(catalog: Catalog) -> None:
    """A wheel that is added years later makes an old release no news."""
    await publish(catalog, "demo-1.0.tar.gz", uploaded_at=Instant(10))
    await publish(catalog, "demo-2.0.tar.gz", uploaded_at=Instant(20))
    await publish(catalog, "demo-1.0-py3-none-any.whl", uploaded_at=Instant(30))

    found = await catalog.hosted_lists.new_releases([MAIN_OWNER], 10)

    assert [(each.version, each.published_at) for each in found] == [
        ("2.0", Instant(20)),
        ("1.0", Instant(10)),
    ]


async def test_new_releases_of_one_project_are_asked_for_alone(catalog: Catalog) -> None:
    """The feed of a project tells of no other."""
    await publish(catalog, "demo-1.0.tar.gz")
    await publish(catalog, "other-1.0.tar.gz")

    found = await catalog.hosted_lists.new_releases([MAIN_OWNER], 10, ProjectName("demo"))

    assert [each.project for each in found] == ["demo"]


async def test_new_projects_are_limited_to_the_newest(catalog: Catalog, clock: FrozenClock) -> None:
    """However many there are."""
    for name in ("a", "b", "c"):
        clock.forward(1)
        await publish(catalog, f"{name}-1.0.tar.gz")

    found = await catalog.hosted_lists.new_projects([MAIN_OWNER], 2)

    assert [each.project for each in found] == ["c", "b"]


async def test_held_mark_changes_when_a_file_is_fetched(catalog: Catalog) -> None:
    """And without a page there is nothing to show."""
    await keep(catalog, "demo-1.0.tar.gz", "a")
    await keep(catalog, "loose-1.0.tar.gz", "b", paged=False)
    before = await catalog.hosted_lists.held_marks("main")
    await keep(catalog, "demo-2.0.tar.gz", "c")

    after = await catalog.hosted_lists.held_marks("main")

    assert list(before) == ["demo"] == list(after)
    assert before != after


async def keep(catalog: Catalog, filename: str, digit: str, *, paged: bool = True) -> None:
    """Hold a file of somebody else's."""
    project = ProjectName(filename.partition("-")[0])
    row = LedgerRow(
        "main", project, Filename(filename), Sha256(digit * 64), 1, Instant(1), "https://x.example/"
    )
    await catalog.held.keep(row)
    if paged:
        url = f"https://index.example/simple/{project}/"
        await catalog.pages.save(PageRow("main", project, url, Instant(1), Instant(1)), "page")
