"""The program itself, run inside a test on a data directory and an upstream of the test's own.

::

    async with app_on(tmp_path, simulator) as app:
        assert b"demo" in await page(app)

For a server in a process of its own see `server.py`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from support.simulator import Simulator
from wheelyard.app import MAIN, App, Index, running
from wheelyard.names import ProjectName
from wheelyard.settings import (
    ConnectionSettings,
    DoorSettings,
    FreshnessSettings,
    LogSettings,
    ServerSettings,
    Settings,
    StoreSettings,
    UpstreamSettings,
)
from wheelyard.wire.negotiate import Form

__all__ = ["DEMO", "NO_PIP", "app_on", "main_index", "page", "settings", "upstream"]

DEMO = ProjectName("demo")
NO_PIP = {"PIP_CONFIG_FILE": os.devnull}
"""An environment in which pip has nothing to say, whatever this machine's pip is used to."""


def settings(data: Path, *upstreams: UpstreamSettings, max_seconds: float = 600) -> Settings:
    """Return settings for the data directory ``data``."""
    return Settings(
        server=ServerSettings(),
        connections=ConnectionSettings(),
        logs=LogSettings(),
        store=StoreSettings(data=data, min_free_bytes=0),
        freshness=FreshnessSettings(
            max_seconds=max_seconds, negative_seconds=7, patience_seconds=3
        ),
        upstreams=upstreams,
    )


def upstream(index: Simulator, *, max_age: float | None = None) -> UpstreamSettings:
    """Return the upstream whose only door is ``index``."""
    return UpstreamSettings(name="corp", doors=(DoorSettings(url=index.url),), max_age=max_age)


@asynccontextmanager
async def app_on(data: Path, index: Simulator) -> AsyncIterator[App]:
    """Run the program on ``data`` over ``index``."""
    async with running(settings(data, upstream(index)), NO_PIP) as app:
        yield app


def main_index(app: App) -> Index:
    """Return the one index there is."""
    [(name, index)] = app.indexes.items()
    assert name == index.name == MAIN
    return index


async def page(app: App) -> bytes:
    """Return the project's page as a client gets it."""
    shelved = await main_index(app).shelf.page(DEMO)
    return shelved.rendered.variant(Form.JSON, "identity").body
