"""A tree that was published, copied elsewhere, and given out by each server in turn."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from scenario.serving.sites import Served, copy_of, serving, tree_in
from support.web_servers.web_server import open_folder
from wheelyard.publish.serving import Kind, Site

PREFIXES = {"at-the-root": "", "moved-below-a-path": "/python/index"}


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Return a folder that web servers may look into, whoever they are."""
    with open_folder() as opened:
        yield opened


@pytest.fixture(
    scope="module",
    params=[(kind, where) for kind in ("nginx", "apache", "caddy") for where in PREFIXES],
    ids="-".join,
)
def served(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """Serve the tree at the root of a host, and a copy of it below a path of another."""
    kind: Kind
    kind, where = request.param
    prefix = PREFIXES[where]
    with open_folder() as folder:
        tree = tree_in(folder)
        if prefix:
            moved = copy_of(tree, folder / "copied" / "tree")
            tree.rename(folder / "gone")
            tree = moved
        with serving(kind, folder / "server", tree, Site(prefix=prefix)) as running:
            yield running
