"""What is remembered of published trees, as the program asks for it."""

import pytest

from wheelyard.catalog import Catalog
from wheelyard.catalog.published import TargetRow
from wheelyard.clock import Instant
from wheelyard.decide.publishing import PageState, ViewState

pytestmark = pytest.mark.anyio

ROW = TargetRow(0, "/tree", "main", "0" * 32, has_views=True)


async def test_target_that_is_begun_anew_has_nothing(catalog: Catalog) -> None:
    """What stood there before was of another tree."""
    published = catalog.published
    first = await published.begin(ROW)
    await published.save_target(
        TargetRow(first.id, "/tree", "main", "0" * 32, has_views=True, pending=("demo",))
    )
    await published.save_pages(first.id, "a", [PageState("demo", "1", 1, hosted=True)])
    await published.save_view(first.id, ViewState("a", 1, Instant(1.0), Instant(1.0), "x", True))  # noqa: FBT003  # in its order
    known = await published.target("/tree")
    second = await published.begin(ROW)

    assert known is not None
    assert known.pending == ("demo",)
    assert await published.views(second.id) == {}
    assert await published.names(first.id, "a") == await published.names(second.id, "a") == set()
    assert await published.target("/tree") is not None
    assert await published.target("/other") is None
    assert await published.urls() == ("/tree",)
