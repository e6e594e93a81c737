"""Syncs of the program inside a test, and what they leave.

::

    async with app_on(tmp_path, simulator) as app:
        assert (await synced(app)).outcome == "done"
"""

from pathlib import Path
from typing import Unpack

import sqlalchemy as sa
from typing_extensions import TypedDict

from support.packages import make_sdist, make_wheel
from support.simulator import Simulator
from wheelyard.app import App, SyncOrder, run_sync
from wheelyard.catalog.sync_runs import Scope
from wheelyard.mirror.sync import Account, Report
from wheelyard.settings import NamePattern, ProjectRule, SyncSettings

__all__ = ["fill", "holding", "order", "rules", "synced"]


def fill(upstream: Simulator, count: int) -> None:
    """Give an index projects ``demo-0``, ``demo-1``, ... with a wheel and an sdist each."""
    for number in range(count):
        name = f"demo-{number}"
        upstream.add(make_wheel(name, "1.0"), make_sdist(name, "1.0"))


def rules(*names: str) -> tuple[ProjectRule, ...]:
    """Return the rules that mean these names and patterns."""
    return tuple(ProjectRule(NamePattern(name)) for name in names)


class OrderWords(TypedDict, total=False):
    """The keywords of ``order``."""

    scope: Scope
    is_patient: bool
    allows_removals: bool


def order(settings: SyncSettings | None = None, **words: Unpack[OrderWords]) -> SyncOrder:
    """Return the order to fill the main index with everything, or as ``settings`` say."""
    return SyncOrder(settings or SyncSettings(name="main", all=True, patience_seconds=1), **words)


async def synced(app: App, order_: SyncOrder | None = None) -> Report:
    """Fill an index of ``app``, and return what that came to."""
    given = order_ or order()
    return await run_sync(app, given, Account(given.index, app.clock.now()))


def holding(data: Path) -> tuple[object, ...]:
    """Return what a data directory holds, apart from when and in which order it came.

    Two that are equal are one mirror to everybody who looks at them.
    """
    engine = sa.create_engine(f"sqlite:///{data / 'catalog.sqlite'}")
    try:
        with engine.connect() as connection:
            rows = [tuple(map(tuple, connection.execute(sa.text(each)))) for each in _PROJECTIONS]
    finally:
        engine.dispose()
    blobs = sorted(path.name for path in (data / "blobs").rglob("*") if path.is_file())
    return (*rows, tuple(blobs))


_PROJECTIONS = (
    "SELECT owner, project, serial, model FROM pages ORDER BY 1, 2",
    "SELECT owner, project, filename, sha256, unlisted_at IS NULL FROM held ORDER BY 1, 2, 3",
    "SELECT owner, project, filename, sha256, size FROM ledger ORDER BY 1, 2, 3",
    "SELECT wheel_sha256, metadata_sha256 FROM metadata_files ORDER BY 1",
    "SELECT owner, project, done_serial, done_for, failures FROM mirrored ORDER BY 1, 2",
)
