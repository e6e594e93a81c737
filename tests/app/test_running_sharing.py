"""Several programs on one data directory: what one of them changes, all of them show."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import anyio
import pytest

from support.app import DEMO, NO_PIP, app_on, chain_of, main_index, page, settings, upstream_of
from support.packages import make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import App, running
from wheelyard.catalog import Change
from wheelyard.errors import Absent
from wheelyard.names import ProjectName, parse_filename
from wheelyard.repository import PAGE_CHANGED, file_path
from wheelyard.settings import DoorSettings, UpstreamSettings

pytestmark = pytest.mark.anyio

OLD, KEPT, NEW = (make_wheel("demo", version) for version in ("1.0", "1.1", "1.2"))


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream with one project."""
    with running_simulator() as simulator:
        simulator.add(OLD, KEPT)
        yield simulator


async def test_page_changed_by_one_program_is_changed_in_the_other(
    tmp_path: Path, index: Simulator
) -> None:
    """A worker or a command renews a page; every other shows it, and asks nobody for it."""
    async with app_on(tmp_path, index) as one:
        await page(one)
        async with app_on(tmp_path, index) as other:
            before = await page(other)
            expired = expiry_of(other)
            index.add(NEW)
            asked = index.count("page")
            await chain_of(one).pages.renew(DEMO)

            with anyio.fail_after(180):
                await expired.wait()
            after = await page(other)

    assert NEW.filename.encode() not in before
    assert NEW.filename.encode() in after
    assert index.count("page") == asked + 1


async def test_file_taken_off_its_page_by_one_program_is_gone_in_the_other(
    tmp_path: Path, index: Simulator
) -> None:
    """What the other remembers of paths goes with the page."""
    async with app_on(tmp_path, index) as one, app_on(tmp_path, index) as other:
        chain = main_index(other).chain
        project = await chain.repository.project(DEMO)
        path = file_path(DEMO, next(f for f in project.files if f.filename == OLD.filename))
        found = await chain.locator.find(path, other.clock.now())
        await settled(other)
        expired = expiry_of(other)
        index.remove(OLD.filename)
        await chain_of(one).pages.renew(DEMO)

        with anyio.fail_after(180):
            await expired.wait()
        with pytest.raises(Absent):
            await chain.locator.find(path, other.clock.now())

    assert found.file.filename == parse_filename(OLD.filename)


async def test_change_right_after_the_start_is_seen(tmp_path: Path, index: Simulator) -> None:
    """There is no moment between opening and watching in which a change goes unnoticed."""
    async with app_on(tmp_path, index) as app:
        expired = expiry_of(app)
        append_at_once(tmp_path / "catalog.sqlite", upstream_of(app))

        with anyio.fail_after(180):
            await expired.wait()


def append_at_once(catalog: Path, owner: str) -> None:
    """Write a change as another process does, before any task of ours runs again."""
    row = (0.0, PAGE_CHANGED, owner, DEMO, "{}")
    with closing(sqlite3.connect(catalog)) as connection, connection:
        connection.execute(
            "INSERT INTO journal (at, kind, owner, project, detail_json) VALUES (?, ?, ?, ?, ?)",
            row,
        )


async def test_change_of_another_owner_expires_nothing(tmp_path: Path, index: Simulator) -> None:
    """A project of that name under another upstream is another project."""
    stranger = UpstreamSettings(name="stranger", doors=(DoorSettings(url=index.url),))
    async with app_on(tmp_path, index) as app:
        await page(app)
        await settled(app)
        await page(app)
        async with running(settings(tmp_path, stranger), NO_PIP) as other:
            await page(other)

        await settled(app)

        assert main_index(app).shelf.find(DEMO) is not None


def expiry_of(app: App, awaited: ProjectName = DEMO) -> anyio.Event:
    """Return an event that is set as soon as the page of ``awaited`` is expired."""
    shelf, happened = main_index(app).shelf, anyio.Event()
    expire = shelf.expire

    def expire_and_tell(name: ProjectName) -> None:
        expire(name)
        if name == awaited:
            happened.set()

    shelf.expire = expire_and_tell  # type: ignore[method-assign]  # to be told, not to change it
    return happened


async def settled(app: App) -> None:
    """Return when ``app`` has seen everything that is in the journal by now."""
    marker = ProjectName("marker")
    seen = expiry_of(app, marker)
    await app.catalog.journal.append(Change(PAGE_CHANGED, upstream_of(app), marker))
    with anyio.fail_after(180):
        await seen.wait()
