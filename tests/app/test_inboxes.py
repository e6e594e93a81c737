"""Inboxes: each index that has one gets what is put into it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import DEMO, NO_PIP, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import App, running, watch_inboxes
from wheelyard.names import IndexName
from wheelyard.settings import IndexSettings, Settings

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 180.0
WHEEL = make_wheel("demo", "1.0")


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream that has nothing."""
    with running_simulator() as simulator:
        yield simulator


def with_inbox(tmp_path: Path, index: Simulator) -> Settings:
    """Return settings with an inbox of the index `team`."""
    tmp_path.joinpath("inbox").mkdir()
    rules = IndexSettings(name="team", inbox=tmp_path / "inbox")
    return replace(settings(tmp_path / "data", upstream(index)), indexes=(rules,))


async def files_of(app: App, name: str) -> list[str]:
    """Return what an index has of its own."""
    rows = await app.catalog.hosting.load(f"hosted:{name}", DEMO)
    return [file.filename for file in rows[1]] if rows else []


async def test_file_goes_to_the_index_of_the_inbox(tmp_path: Path, index: Simulator) -> None:
    """And to no other; who put it there is in the audit log."""
    async with running(with_inbox(tmp_path, index), NO_PIP) as app:
        watch_inboxes(app)
        path = tmp_path / "inbox" / WHEEL.filename
        path.write_bytes(WHEEL.content)
        with anyio.fail_after(PATIENCE_SECONDS):
            while path.exists():  # noqa: ASYNC110 - what is waited for is a file
                await anyio.sleep(0.02)

        assert await files_of(app, "team") == [WHEEL.filename]
        assert await files_of(app, "main") == []
        lines = [row for row in await app.catalog.audit.since() if row.project == DEMO]
        assert {(line.origin, line.index_name) for line in lines} == {("inbox", "team")}
        assert IndexName("team") in app.indexes


async def test_read_only_server_leaves_inboxes_alone(tmp_path: Path, index: Simulator) -> None:
    """It takes no changes, whoever brings them."""
    plain = with_inbox(tmp_path, index)
    read_only = replace(plain, server=replace(plain.server, read_only=True))
    path = tmp_path / "inbox" / WHEEL.filename
    path.write_bytes(WHEEL.content)

    async with running(read_only, NO_PIP) as app:
        watch_inboxes(app)
        with anyio.move_on_after(1.0):
            await anyio.sleep_forever()

    assert path.exists()
