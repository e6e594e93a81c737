"""The program itself, run inside a test on a data directory and an upstream of the test's own.

::

    async with app_on(tmp_path, simulator) as app:
        assert b"demo" in await page(app)

For a server in a process of its own see `server.py`.
"""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from support.simulator import Simulator
from wheelyard.app import MAIN, App, Index, running
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain
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

__all__ = [
    "DEMO",
    "NO_PIP",
    "app_on",
    "chain_of",
    "main_index",
    "page",
    "settings",
    "upstream",
    "upstream_of",
]

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
            max_seconds=max_seconds, negative_seconds=7, patience_seconds=60
        ),
        upstreams=upstreams,
    )


def upstream(index: Simulator, *, max_age: float | None = None) -> UpstreamSettings:
    """Return the upstream whose only door is ``index``.

    It is waited for patiently: a machine that stands still is no upstream that is out.
    """
    return UpstreamSettings(
        name="corp",
        doors=(DoorSettings(url=index.url),),
        max_age=max_age,
        connect_seconds=60,
        read_seconds=60,
    )


@asynccontextmanager
async def app_on(data: Path, index: Simulator, **told: object) -> AsyncIterator[App]:
    """Run the program on ``data`` over ``index``; ``told`` are fields of ``Settings``."""
    made: Settings = replace(settings(data, upstream(index)), **told)  # type: ignore[arg-type]  # any of its fields
    async with running(made, NO_PIP) as app:
        yield app


def main_index(app: App) -> Index:
    """Return the one index there is."""
    index = app.indexes[MAIN]
    assert index.name == MAIN
    return index


def upstream_of(app: App) -> str:
    """Return the one owner that is no part of our own."""
    [owner] = [each for each in main_index(app).chain.owners if not each.startswith("hosted:")]
    return owner


def chain_of(app: App) -> Chain:
    """Return the chain over the doors of the one upstream."""
    return app.indexes._parts.chains[upstream_of(app)]


async def page(app: App) -> bytes:
    """Return the project's page as a client gets it."""
    shelved = await main_index(app).shelf.page(DEMO)
    return shelved.rendered.variant(Form.JSON, "identity").body
