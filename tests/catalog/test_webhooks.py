"""How far webhooks were told: kept over restarts, and each for itself."""

from pathlib import Path

import pytest

from wheelyard.catalog import Catalog, open_catalog
from wheelyard.clock import FrozenClock
from wheelyard.decide.telling import Told

pytestmark = pytest.mark.anyio


async def test_webhook_that_was_never_told_is_unknown(catalog: Catalog) -> None:
    """Which is not the same as one that was told of nothing."""
    assert await catalog.webhooks.load("a") is None


@pytest.mark.blocking(reason="opening and closing happen before and after the loop's work")
async def test_what_was_told_outlives_the_program(tmp_path: Path, clock: FrozenClock) -> None:
    """The next one goes on from there; the other webhooks do not."""
    with open_catalog(tmp_path, clock) as catalog:
        await catalog.webhooks.save("a", Told(7, (3, 7)))
        await catalog.webhooks.save("a", Told(8, (3,)))
        await catalog.webhooks.save("b", Told())

    with open_catalog(tmp_path, clock) as catalog:
        assert await catalog.webhooks.load("a") == Told(8, (3,))
        assert await catalog.webhooks.load("b") == Told()
        assert catalog.identity.instance
