"""Empty catalogs, made once and copied: making one takes longer than most tests."""

import tempfile
from functools import cache
from pathlib import Path

from wheelyard.catalog import Catalog, open_catalog
from wheelyard.catalog.layout import CATALOG_NAME
from wheelyard.clock import Clock, FrozenClock

__all__ = ["new_catalog"]


def new_catalog(folder: Path, clock: Clock) -> Catalog:
    """Return an empty catalog in `folder`, opened; close it, or use it in a `with`."""
    (folder / CATALOG_NAME).write_bytes(_empty())
    return open_catalog(folder, clock)


@cache
def _empty() -> bytes:
    """Return the file of an empty catalog, which has nothing beside it once it is closed."""
    with tempfile.TemporaryDirectory() as folder:
        open_catalog(Path(folder), FrozenClock()).close()
        return Path(folder, CATALOG_NAME).read_bytes()
