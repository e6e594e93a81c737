"""What files are kept with: who offers other bytes is remembered in one place."""

from pathlib import Path

import pytest

from repository.stored_bench import opened_bench
from wheelyard.clock import FrozenClock
from wheelyard.repository.contradictions import Contradictions
from wheelyard.repository.stored_parts import StoredParts

pytestmark = pytest.mark.anyio


async def test_parts_of_two_owners_share_no_contradictions(
    tmp_path: Path, clock: FrozenClock
) -> None:
    """Unless they are told to."""
    async with opened_bench(tmp_path, clock) as bench:
        shared, fills = Contradictions(), bench.run.fills
        one, other = (StoredParts(name, bench.catalog, fills, clock) for name in ("one", "other"))
        told = StoredParts("one", bench.catalog, fills, clock, shared)

    assert one.contradictions is not other.contradictions
    assert told.contradictions is shared
