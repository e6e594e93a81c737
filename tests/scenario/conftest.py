"""What every scenario starts from: an upstream, a server in front of it, and clean places."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support.clients import Elsewhere, Sandbox
from support.server import RunningServer, running_server
from support.simulator import Simulator


@pytest.fixture
def upstream() -> Iterator[Simulator]:
    """Run an index that holds nothing yet."""
    with Simulator() as running:
        yield running


@pytest.fixture
def server(upstream: Simulator, tmp_path: Path) -> Iterator[RunningServer]:
    """Run a server that has never seen its upstream."""
    with running_server(tmp_path / "data", upstreams=[upstream.url]) as running:
        yield running


@pytest.fixture
def new_sandbox(tmp_path: Path) -> Iterator[Callable[[str], Sandbox]]:
    """Return a maker of sandboxes; clients in different ones share nothing.

    At the end nobody in any of them may have looked further than this machine.
    """
    with Elsewhere() as elsewhere:
        yield lambda name: Sandbox(tmp_path / "sandboxes" / name, proxy=elsewhere.url)

    assert elsewhere.asked == []


@pytest.fixture
def sandbox(new_sandbox: Callable[[str], Sandbox]) -> Sandbox:
    """Return the one sandbox of a test that needs no other."""
    return new_sandbox("only")
