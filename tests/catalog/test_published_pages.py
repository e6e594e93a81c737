"""Queries on published pages."""

from dataclasses import replace

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.published import TargetRow
from wheelyard.decide.publishing import GONE, PageState

pytestmark = pytest.mark.anyio


def page(name: str, digest: str, serial: int = 1) -> PageState:
    """Return a page."""
    return PageState(name, digest, serial, hosted=False, sizes={"index.html": 3})


async def begun(catalog: Catalog) -> int:
    """Return the number of a new target."""
    row = TargetRow(0, "/tree", "main", "0" * 32, has_views=True)
    return (await catalog.published.begin(row)).id


async def test_views_differ_in_what_either_has_otherwise(catalog: Catalog) -> None:
    """New, changed, and gone; or only what was written to one since a serial."""
    published, target = catalog.published, await begun(catalog)
    old = [page("same", "1"), page("changed", "1"), page("left", "1")]
    new = [page("same", "1"), page("changed", "2", 5), page("new", "1", 4), page("", "9", 5)]
    await published.save_pages(target, "a", old)
    await published.save_pages(target, "b", new)

    assert await published.differing(target, "a", "b", None) == {"changed", "left", "new", ""}
    assert await published.differing(target, "a", "b", 5) == {"changed", ""}


async def test_pages_are_found_by_view_and_name(catalog: Catalog) -> None:
    """As they were written down, in either view, however many are asked for."""
    published, target = catalog.published, await begun(catalog)
    ours = replace(page("ours", "1"), hosted=True, html_sha256="f", html_size=7)
    await published.save_pages(target, "a", [ours, page("gone", GONE), page("beside", "1")])
    await published.save_pages(target, "b", [page("ours", "2")])
    names = ["ours", *(f"no-{number}" for number in range(500)), "gone"]

    found = await published.pages(target, names)

    assert found == {
        ("a", "ours"): ours,
        ("a", "gone"): page("gone", GONE),
        ("b", "ours"): page("ours", "2"),
    }
    assert found == (await published.known(target, names)).pages
    assert await published.pages(target + 1, names) == {}
    assert await published.pages(target, []) == {}


async def test_page_that_is_written_or_gone_is_none(catalog: Catalog) -> None:
    """What was marked for the first time is remembered as well: it may be there."""
    published, target = catalog.published, await begun(catalog)
    await published.save_pages(target, "a", [page("x", "1"), page("gone", GONE), page("", "1")])
    await published.mark_pages(target, "a", ["x", "y"])

    known = (await published.known(target, ["x", "y", "gone"])).pages
    below = await published.pages_below(target, "a", "x")
    assert await published.names(target, "a") == set()
    assert [known["a", name].digest for name in ("x", "y", "gone")] == ["?", "?", GONE]
    assert known["a", "x"].sizes == {"index.html": 3}
    assert [each.project for each in below] == ["x"]
    await published.forget_gone(target, 0)
    assert ("a", "gone") in (await published.known(target, ["gone"])).pages
    await published.forget_gone(target, 1)
    assert (await published.known(target, ["gone"])).pages == {}
