"""Downloads take places, and there may be only so many."""

from pathlib import Path

import pytest

from blobs.fakes import KIB, FakeSource, at_rest, content_of, program, read_all, settled
from wheelyard.errors import Unavailable

pytestmark = pytest.mark.anyio


async def test_download_that_finds_no_place_is_refused_and_joins_are_free(tmp_path: Path) -> None:
    """Readers of one file are one; the place is free again once it is there, and hits need none."""
    first, second = content_of(100 * KIB, 1), content_of(100 * KIB, 2)
    source, other = FakeSource(first, gated=True), FakeSource(second)
    async with program(tmp_path) as run:
        run.fills.waiting.places = 1
        one = await run.join(first, source)
        await settled(lambda: run.fills.running == 1)
        again = await run.join(first, source)
        with pytest.raises(Unavailable, match="others wait"):
            await run.join(second, other)
        source.allow()
        bodies = [await read_all(one), await read_all(again)]
        await at_rest(run)
        left = run.fills.waiting.waiting
        hit = await read_all(await run.join(first, source))
        later = await read_all(await run.join(second, other))

    assert bodies == [first, first]
    assert (hit, later) == (first, second)
    assert (left, run.fills.waiting.shed) == (0, 1)
