"""Keeping: fetched, proven, pinned; and what could not be had."""

import os
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from support.app import DEMO, NO_PIP, main_index, settings, upstream
from support.packages import make_wheel
from support.simulator import Simulator, change_headers, running_simulator, status
from wheelyard.app import App, running
from wheelyard.catalog import Actor
from wheelyard.mirror.ready import Progress, Site, keep, owner_of
from wheelyard.model import FileRef
from wheelyard.names import Filename, Sha256

pytestmark = pytest.mark.anyio

FIRST, SECOND = make_wheel("demo", "1.0"), make_wheel("demo", "2.0")
ADA = Actor("ada", "command line")


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream of two files."""
    with running_simulator() as simulator:
        simulator.add(FIRST, SECOND)
        yield simulator


@pytest.fixture
async def app(tmp_path: Path, index: Simulator) -> AsyncIterator[App]:
    """Run the program over it."""
    async with running(settings(tmp_path, upstream(index)), NO_PIP) as running_app:
        yield running_app


def site_of(app: App) -> Site:
    """Return the main index, and who acts on it."""
    return Site(main_index(app).chain, app.catalog, app.clock, ADA)


async def refs_of(app: App) -> list[FileRef]:
    """Return the files of the project."""
    page = await main_index(app).chain.repository.project(DEMO)
    return [page.ref(file) for file in page.files]


async def test_files_are_held_and_pinned(app: App, index: Simulator) -> None:
    """With their metadata, for which nobody is asked: a held wheel has them in it."""
    told: list[Progress] = []

    kept = await keep(site_of(app), await refs_of(app), "app", told.append)

    assert [(pin.filename, pin.sha256, pin.label) for pin in kept.pinned] == [
        (FIRST.filename, FIRST.sha256, "app"),
        (SECOND.filename, SECOND.sha256, "app"),
    ]
    assert kept.new == kept.pinned == await app.catalog.pins.load()
    assert [(each.done, each.total) for each in told] == [(1, 2), (2, 2)]
    assert FIRST.metadata is not None
    metadata = Sha256(sha256(FIRST.metadata).hexdigest())
    assert await app.fills.parts.store.find(metadata) is not None
    assert index.count("metadata") == 0


async def test_files_that_are_held_are_not_fetched_again(app: App, index: Simulator) -> None:
    """And what is pinned already is not new."""
    await keep(site_of(app), await refs_of(app), "app", lambda _: None)
    index.forget()

    kept = await keep(site_of(app), await refs_of(app), "app", lambda _: None)

    assert (len(kept.pinned), kept.new, index.count("file")) == (2, (), 0)


async def test_file_that_cannot_be_had_is_said_and_the_others_are_kept(
    app: App, index: Simulator
) -> None:
    """One bad file delays nobody."""
    refs = await refs_of(app)
    index.fault(f"*/{SECOND.filename}", status(503))

    kept = await keep(site_of(app), refs, "app", lambda _: None)

    assert [pin.filename for pin in kept.pinned] == [FIRST.filename]
    assert [each.filename for each in kept.failed] == [SECOND.filename]


async def test_file_that_left_its_page_meanwhile_is_not_pinned(app: App, index: Simulator) -> None:
    """It was given out, but nobody lists it any more: there is nothing to keep it by."""
    index.fault("/simple/demo/", change_headers({"Cache-Control": "max-age=0"}))
    refs = await refs_of(app)
    gone = FileRef(DEMO, refs[0].file.__class__(Filename("demo-0.1.tar.gz"), url=""))

    kept = await keep(site_of(app), [gone], "app", lambda _: None)

    assert (kept.pinned, [each.filename for each in kept.failed]) == ((), ["demo-0.1.tar.gz"])


async def test_file_of_an_upstream_is_the_upstreams(app: App) -> None:
    """As the ledger calls it; a project that nobody asks outside about has no owner there."""
    front = main_index(app).chain

    assert await owner_of(front, DEMO, Filename(FIRST.filename)) == "corp"


async def test_nothing_to_keep_is_nothing(app: App) -> None:
    """No transaction, no line in the audit log."""
    kept = await keep(site_of(app), [], "app", lambda _: None)

    assert (kept.pinned, await app.catalog.audit.since()) == ((), ())


async def test_what_a_collection_was_about_to_take_stays_once_it_is_to_be_kept(app: App) -> None:
    """It had looked at the file before, when nothing held it back, and moves it away by its age."""
    await keep(site_of(app), await refs_of(app), "before", lambda _: None)
    store, disk, digest = app.fills.parts.store, app.fills.parts.disk, Sha256(FIRST.sha256)
    os.utime(store.path(digest), (1_000, 1_000))

    kept = await keep(site_of(app), await refs_of(app), "app", lambda _: None)

    assert digest in {pin.sha256 for pin in kept.new}
    assert await disk.run(store.set_aside_now, digest, 1_000.0) is None
    assert await store.find(digest) is not None
