"""Being told that something changed beneath a directory."""

import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from wheelyard.transport import Watch

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 180.0


@asynccontextmanager
async def running(watch: Watch) -> AsyncIterator[None]:
    """Watch inside the block."""
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watch.run)
        yield
        tasks.cancel_scope.cancel()


async def told(watch: Watch, change: Callable[[], object]) -> None:
    """Return once a change was told; what came before it does not count."""
    with anyio.fail_after(PATIENCE_SECONDS):
        is_quiet = False
        while not (is_quiet and watch.is_watching):
            with anyio.move_on_after(0.3) as quiet:
                await watch.changed(PATIENCE_SECONDS * 2)
            is_quiet = quiet.cancelled_caught
        change()
        await watch.changed(PATIENCE_SECONDS * 2)


@pytest.mark.parametrize("depth", [0, 2])
async def test_change_is_told(tmp_path: Path, depth: int) -> None:
    """At any depth, without looking."""
    folder = tmp_path.joinpath(*["deeper"] * depth)
    folder.mkdir(parents=True, exist_ok=True)
    watch = Watch(tmp_path)

    async with running(watch):
        await told(watch, lambda: folder.joinpath("new").write_bytes(b"content"))

    assert folder.joinpath("new").exists()


async def test_ignored_change_is_not_told(tmp_path: Path) -> None:
    """The data directory may be in what is watched, and changes all the time."""
    tmp_path.joinpath("data").mkdir()
    watch = Watch(tmp_path, tmp_path / "data")

    async with running(watch):
        await told(watch, lambda: tmp_path.joinpath("first").touch())
        tries = 0
        while not await is_quiet_after(watch, tmp_path.joinpath("data", "row").touch):
            tries += 1  # the news of `first` may come in parts
            assert tries < 10


async def is_quiet_after(watch: Watch, change: Callable[[], object]) -> bool:
    """Say whether nothing is told for a while after a change."""
    change()
    with anyio.move_on_after(0.5) as quiet:
        await watch.changed(PATIENCE_SECONDS * 2)
    return quiet.cancelled_caught


async def test_missing_directory_is_looked_for(tmp_path: Path) -> None:
    """Who waits looks for itself after a second; it is watched once it is there."""
    watch = Watch(tmp_path / "later")

    async with running(watch):
        with anyio.fail_after(PATIENCE_SECONDS):
            await watch.changed(PATIENCE_SECONDS * 2)
            tmp_path.joinpath("later").mkdir()
        await told(watch, lambda: tmp_path.joinpath("later", "new").touch())


async def test_nudge_wakes_who_waits(tmp_path: Path) -> None:
    """Who knows better need not wait for the kernel."""
    watch = Watch(tmp_path)

    with anyio.fail_after(PATIENCE_SECONDS):
        watch.nudge()
        await watch.changed(PATIENCE_SECONDS * 2)


async def test_name_in_another_encoding_ends_no_watch(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Anybody may make one; what comes after it is told all the same, and one line tells why."""
    watch = Watch(tmp_path)

    async with running(watch):
        for name in (b"\xff-1.0.zip", b"\xfe-1.0.zip"):
            await told(watch, tmp_path.joinpath(os.fsdecode(name)).touch)
        await told(watch, lambda: tmp_path.joinpath("sound").touch())

    assert len([record for record in caplog.records if "cannot be watched" in record.message]) == 1
