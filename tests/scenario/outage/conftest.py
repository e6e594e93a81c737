"""Every kind of outage that is asked about is tried at once, each on a server of its own."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from scenario.outage.matrix import Cell, Outage, cells
from scenario.outage.observing import Observed, observe
from scenario.outage.site import Seed, sow
from scenario.outage.words import Class
from support.clients import ClientFailedError

_AT_ONCE = 8
"""Most of the time is spent on waiting for deadlines, so more than there are cores."""


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    """Return a data directory in which forty projects are known."""
    return sow(tmp_path_factory.mktemp("seed") / "data")


@pytest.fixture(scope="session")
def observed(
    request: pytest.FixtureRequest, seed: Seed, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[Outage], Observed]]:
    """Return what became of an outage; all that tests ask about begin with the first question."""
    folder = tmp_path_factory.mktemp("outages")
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        futures = {
            outage.name: threads.submit(_observe, outage, folder / outage.name, seed.data)
            for outage in _asked_about(request.session.items)
        }
        yield lambda outage: futures[outage.name].result()
        threads.shutdown(cancel_futures=True)


def _observe(outage: Outage, folder: Path, seed: Path) -> Observed:
    """Observe an outage, and once more if it was not as promised.

    The deadlines are short, and a machine that stands still for longer tells nothing: what is wrong
    with us is wrong each time.
    """
    with contextlib.suppress(AssertionError, ClientFailedError):
        found = observe(outage, folder / "first", seed)
        if all(found.has_kept(cell) for cell in cells() if cell.outage == outage):
            return found
    return observe(outage, folder / "second", seed)


def _asked_about(items: list[pytest.Item]) -> list[Outage]:
    """Return the outages of the tests that were selected, those that take long first."""
    found: dict[str, Outage] = {}
    for item in items:
        if not isinstance(item, pytest.Function) or "observed" not in item.fixturenames:
            continue
        for value in item.callspec.params.values():
            outage = value.outage if isinstance(value, Cell) else value
            if isinstance(outage, Outage):
                found[outage.name] = outage
    return sorted(found.values(), key=lambda each: not _takes_long(each))


def _takes_long(outage: Outage) -> bool:
    """Say whether deadlines pass in it, or the server is started again."""
    return outage.kind is Class.SILENT or outage.is_lasting
