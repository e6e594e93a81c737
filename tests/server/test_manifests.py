"""Manifests over HTTP: given to everybody, or to nobody."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from publish.made import make_manifest
from server.asgi import Call
from support.app import NO_PIP, settings
from wheelyard.app import App, running
from wheelyard.app.manifests import manifest_path
from wheelyard.errors import Absent
from wheelyard.names import IndexName
from wheelyard.server.manifests import send_manifest
from wheelyard.settings import IndexSettings

pytestmark = pytest.mark.anyio

TEAM, OPEN = IndexName("team"), IndexName("open")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[App]:
    """Run the program with an index for members and one for everybody, and manifests of both."""
    rules = (
        IndexSettings(name=TEAM, read="members", fallback="none"),
        IndexSettings(name=OPEN, fallback="none"),
    )
    told = replace(settings(tmp_path), indexes=rules)
    told = replace(told, server=replace(told.server, offline=True))
    async with running(told, NO_PIP) as app:
        for name in (TEAM, OPEN):
            await anyio.to_thread.run_sync(put, app, name)
        yield app


def put(app: App, name: IndexName) -> None:
    """Have a manifest of an index."""
    path = manifest_path(app.directory.path, name)
    path.parent.mkdir(exist_ok=True)
    make_manifest(path)


async def test_manifest_is_sent_whole(app: App) -> None:
    """As text, to be asked about each time; in parts, too."""
    call = Call()
    await send_manifest(app, call.exchange, OPEN)
    part = Call(fields={"Range": "bytes=0-9"})
    await send_manifest(app, part.exchange, OPEN)

    assert call.status == 200
    path = anyio.Path(manifest_path(app.directory.path, OPEN))
    assert call.body == await path.read_bytes()
    assert part.status == 206
    assert part.body == b"wheelyard-"


@pytest.mark.parametrize("name", ["team", "main", "nothing", "../open"])
async def test_manifest_that_is_not_for_everybody_is_not_there(app: App, name: str) -> None:
    """It lists every project, so that of an index for members is given to nobody."""
    with pytest.raises(Absent):
        await send_manifest(app, Call().exchange, name)


async def test_file_that_is_no_manifest_is_not_sent(app: App) -> None:
    """Whoever put it there."""
    path = anyio.Path(manifest_path(app.directory.path, OPEN))
    await path.write_bytes(b"something else")

    with pytest.raises(Absent, match="wheelyard manifest create"):
        await send_manifest(app, Call().exchange, OPEN)
