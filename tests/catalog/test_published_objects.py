"""Queries on published objects."""

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.published import ObjectsChange, TargetRow
from wheelyard.clock import Instant
from wheelyard.decide.publishing import ObjectState, PageState

pytestmark = pytest.mark.anyio

NOW = Instant(100.0)


def made(project: str, path: str, sha256: str = "1") -> ObjectState:
    """Return an object."""
    return ObjectState(project, path, "file", sha256, 3)


async def begun(catalog: Catalog, *objects: ObjectState) -> int:
    """Return the number of a new target that has these objects."""
    row = TargetRow(0, "/tree", "main", "0" * 32, has_views=True)
    target = (await catalog.published.begin(row)).id
    await catalog.published.save_objects(target, ObjectsChange(saved=objects))
    return target


async def test_objects_wait_and_come_back(catalog: Catalog) -> None:
    """In the order of project and path, in pieces."""
    rows = [made("a", "1"), made("a", "2"), made("b", "1"), made("b", "3")]
    published, target = catalog.published, await begun(catalog, *rows)
    keys = [(row.project, row.path) for row in rows]
    change = ObjectsChange(unlisted=keys[1:], unlisted_at=NOW, unlisted_serial=7)
    await published.save_objects(target, change)
    await published.save_objects(target, ObjectsChange(relisted=keys[3:], at_once=keys[2:3]))

    first = await published.unlisted(target, NOW, ("", ""), 1)
    rest = await published.unlisted(target, NOW, (first[0].project, first[0].path), 9)

    assert [(each.path, each.unlisted_at, each.unlisted_serial) for each in first] == [
        ("2", NOW, 7)
    ]
    assert [(each.project, each.path, each.unlisted_at) for each in rest] == [("b", "1", 0.0)]
    assert await published.wanted_elsewhere(target, keys[:1]) == {"1"}
    assert await published.wanted_elsewhere(target, [keys[0], keys[2]]) == set()


async def test_walk_has_each_page_with_what_it_lists(catalog: Catalog) -> None:
    """Not what waits, is being written, or belongs to no page."""
    rows = [made("a", "1"), made("b", "1"), made("c", "2"), made("c", "3"), made("c", "4", "")]
    published, target = catalog.published, await begun(catalog, *rows)
    await published.mark_objects(target, [made("c", "5")])
    await published.save_objects(target, ObjectsChange(unlisted=[("c", "3")], unlisted_at=NOW))
    pages = [PageState(name, "1", 1, hosted=False) for name in ("", "a", "c", "d")]
    await published.save_pages(target, "a", pages)

    found = await published.walk(
        target,
        "a",
        lambda each: [(page.project, [row.path for row in listed]) for page, listed in each],
    )

    assert found == [("", []), ("a", ["1"]), ("c", ["2"]), ("d", [])]


async def test_what_was_found_is_nobodys_until_it_is_taken_over(catalog: Catalog) -> None:
    """Whatever is left of it is forgotten."""
    published, target = catalog.published, await begun(catalog, made("a", "x/1"))
    await published.mark_objects(target, [made("", "x/1"), made("", "x/2"), made("", "y")])

    assert await published.found(target, ["x/1", "y", "z"]) == {"x/1": 3, "y": 3}
    await published.forget_found(target)
    assert await published.found(target, ["x/1", "y"]) == {}
    assert [each.path for each in await published.objects_below(target, "x/")] == ["x/1"]
    await published.forget_objects(target, [("a", "x/1")])
    assert await published.objects_below(target, "") == ()
