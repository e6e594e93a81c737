"""What clients ask for is gathered, and written down now and then."""

from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from mirror.yards import Yard, open_yard
from support.patience import until
from wheelyard.catalog.held import Held
from wheelyard.errors import Unavailable
from wheelyard.mirror import Uses, uses
from wheelyard.names import Sha256

pytestmark = pytest.mark.anyio


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    """Return an empty data directory."""
    async with open_yard(tmp_path / "data") as opened:
        yield opened


async def last_use(yard: Yard, digest: Sha256) -> float:
    """Return when a file was last used."""
    [row] = await yard.catalog.held.find(digest)
    return row.last_used_at


async def test_uses_are_written_together(yard: Yard) -> None:
    """However often each was asked for; what has no digest is nothing."""
    rows = [await yard.hold(f"demo-{number}.tar.gz") for number in range(3)]
    noting = Uses(yard.catalog)
    for digest in (rows[0].sha256, rows[1].sha256, rows[0].sha256, None):
        noting.note(digest)

    await noting.flush()

    now = yard.clock.now()
    found = [await last_use(yard, row.sha256) for row in rows]
    assert found == [now, now, rows[2].last_used_at]


async def test_uses_are_written_now_and_then_and_at_the_end(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stops loses nothing of what it gathered."""
    monkeypatch.setattr(uses, "_FLUSH_SECONDS", 0.0)
    first, second = [await yard.hold(f"demo-{number}.tar.gz") for number in range(2)]
    noting = Uses(yard.catalog)
    noting.note(first.sha256)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(noting.run)
        await until(lambda: not noting._noted)
        monkeypatch.setattr(uses, "_FLUSH_SECONDS", 3_600.0)
        noting.note(second.sha256)
        tasks.cancel_scope.cancel()

    now = yard.clock.now()
    assert [await last_use(yard, row.sha256) for row in (first, second)] == [now, now]


async def test_uses_that_cannot_be_written_are_forgotten(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are no evidence, and no client waits for them."""

    async def fails(*_: object) -> None:
        raise Unavailable("The catalog", "the disk is full")

    noting = Uses(yard.catalog)
    noting.note(Sha256("a" * 64))
    monkeypatch.setattr(Held, "used", fails)

    await noting.flush()


async def test_memory_is_bounded(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for everything there is."""
    monkeypatch.setattr(uses, "_MOST", 2)
    noting = Uses(yard.catalog)

    for number in range(5):
        noting.note(Sha256(f"{number:064x}"))

    assert len(noting._noted) == 2
