"""Readiness: the last judgement of each name, by target."""

import pytest

from wheelyard.catalog import Catalog, ReadinessRow
from wheelyard.clock import Instant

pytestmark = pytest.mark.anyio


def row(name: str, target: str, missing: int = 0) -> ReadinessRow:
    """Return a judgement."""
    return ReadinessRow(name, target, Instant(5.5), 7, missing, {"missing": ["a.whl"] * missing})


async def test_judgement_saved_comes_back_equal(catalog: Catalog) -> None:
    """By name and target."""
    rows = (row("app.txt", "3.11"), row("app.txt", "3.12", missing=2))
    await catalog.readiness.save("app.txt", rows[::-1])

    assert await catalog.readiness.load() == rows
    assert [each.is_ready for each in rows] == [True, False]


async def test_next_judgement_replaces_the_one_before(catalog: Catalog) -> None:
    """With other targets too; that of another name stays."""
    await catalog.readiness.save("app.txt", [row("app.txt", "3.11"), row("app.txt", "3.12")])
    await catalog.readiness.save("site.txt", [row("site.txt", "3.11")])

    await catalog.readiness.save("app.txt", [row("app.txt", "3.13")])

    loaded = await catalog.readiness.load()
    assert [(each.name, each.target) for each in loaded] == [
        ("app.txt", "3.13"),
        ("site.txt", "3.11"),
    ]
