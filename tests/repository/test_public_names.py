"""PublicNames: what is held says which names others have, and nobody is asked."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from support.fakes import make_file, make_project, opened_catalog
from wheelyard.catalog import Catalog, DocumentRow, PageRow
from wheelyard.clock import FrozenClock
from wheelyard.model import Project, ProjectEntry, ProjectList
from wheelyard.names import ProjectName
from wheelyard.repository.packing import pack
from wheelyard.repository.public_names import PublicNames

pytestmark = pytest.mark.anyio

ACME = ProjectName("acme")


@pytest.fixture
async def catalog(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Catalog]:
    """Open an empty catalog."""
    async with opened_catalog(tmp_path, clock) as catalog:
        yield catalog


async def keep_page(catalog: Catalog, clock: FrozenClock, project: Project) -> None:
    """Keep a page of an upstream."""
    now = clock.now()
    model = await pack(project)
    row = PageRow("pypi", project.name, "https://index.example/", now, now, model=model)
    await catalog.pages.save(row, "page.changed")


async def test_name_of_a_held_page_is_public(catalog: Catalog, clock: FrozenClock) -> None:
    """A page with files was an upstream's answer."""
    await keep_page(catalog, clock, make_project("acme", make_file("acme-1.0.tar.gz")))

    assert await PublicNames(catalog, ["other", "pypi"]).has(ACME)


async def test_name_of_an_empty_page_is_not_public(catalog: Catalog, clock: FrozenClock) -> None:
    """Nobody gets anything from it, and nobody can be taken by surprise."""
    await keep_page(catalog, clock, make_project("acme"))

    assert not await PublicNames(catalog, ["pypi"]).has(ACME)


async def test_name_of_a_held_list_is_public_in_any_spelling(
    catalog: Catalog, clock: FrozenClock
) -> None:
    """The list has names as they are displayed."""
    now = clock.now()
    body = await pack(ProjectList((ProjectEntry("AcMe"), ProjectEntry("Foo_Bar"))))
    await catalog.documents.save(
        DocumentRow("pypi", "root", "", "https://index.example/", now, now, body=body)
    )

    assert await PublicNames(catalog, ["pypi"]).has(ACME)
    assert await PublicNames(catalog, ["pypi"]).all() == {"acme", "foo-bar"}
    assert not await PublicNames(catalog, ["other"]).has(ACME)


async def test_nothing_held_says_nothing(catalog: Catalog) -> None:
    """A fresh index knows of no public name."""
    assert not await PublicNames(catalog, ["pypi"]).has(ACME)


async def test_mark_changes_with_the_list(catalog: Catalog, clock: FrozenClock) -> None:
    """Who compares names reads the list again when, and only when, it may be another one."""
    names = PublicNames(catalog, ["pypi"])
    marks = [await names.mark()]

    for name in ("a", "b"):
        clock.forward(1)
        body = await pack(ProjectList((ProjectEntry(name),)))
        now = clock.now()
        await catalog.documents.save(
            DocumentRow("pypi", "root", "", "https://index.example/", now, now, body=body)
        )
        marks += [await names.mark(), await names.mark()]

    assert marks[0] == (None,)
    assert marks[1] == marks[2] != marks[3] == marks[4]


async def test_names_in_use_are_those_of_held_pages(catalog: Catalog, clock: FrozenClock) -> None:
    """Not all the names there are: what somebody here has asked for."""
    await keep_page(catalog, clock, make_project("acme"))

    assert await PublicNames(catalog, ["pypi"]).in_use() == {ACME}
