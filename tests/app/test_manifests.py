"""Manifests of what the program gives out."""

import hashlib
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, settings, upstream
from support.own_files import publish
from support.packages import make_sdist, make_wheel
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, App, running
from wheelyard.app.manifests import (
    is_due,
    make_manifest,
    manifest_path,
    schedule_manifests,
)
from wheelyard.blobs import reading
from wheelyard.clock import Instant
from wheelyard.errors import BadInput, Unavailable
from wheelyard.model import Project
from wheelyard.names import IndexName, ProjectName
from wheelyard.repository import Repository
from wheelyard.settings import IndexSettings
from wheelyard.wire.manifest import Entry, parse_entry, parse_start
from wheelyard.wire.negotiate import Form

pytestmark = pytest.mark.anyio

DEMO, WEEK = ProjectName("demo"), 7 * 86_400.0
HELD = make_wheel("demo", "1.0")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with two files of one project."""
    with running_simulator() as simulator:
        simulator.add(HELD, make_sdist("demo", "2.0"))
        yield simulator


@asynccontextmanager
async def program(
    data: Path, simulator: Simulator, rules: Mapping[str, object], **server: object
) -> AsyncIterator[App]:
    """Run the program, whose main index has these rules."""
    told = settings(data, upstream(simulator))
    told = replace(
        told,
        indexes=(IndexSettings(name=MAIN, **rules),),  # type: ignore[arg-type]  # any rule
        server=replace(told.server, **server),  # type: ignore[arg-type]  # any setting
    )
    async with running(told, NO_PIP) as app:
        yield app


async def hold(app: App) -> None:
    """Have one of the two files here."""
    repository = app.indexes[MAIN].chain.repository
    page = await repository.project(DEMO)
    (file,) = (each for each in page.files if each.filename == HELD.filename)
    async with reading(await repository.file(page.ref(file))) as chunks:
        async for _ in chunks:
            pass


async def listed(app: App, index: str = MAIN) -> list[Entry]:
    """Return what the manifest of an index lists."""
    made = await make_manifest(app, IndexName(index), WEEK)
    content = made.path.read_bytes()
    assert parse_start(content).head == made.head
    lines = content[parse_start(content).size :].splitlines(keepends=True)
    return [parse_entry(line) for line in lines]


async def page_digests(app: App) -> dict[tuple[str, str], str]:
    """Return the digests of the pages as a client gets them."""
    shelf = app.indexes[MAIN].shelf
    pages = {"simple/": await shelf.root(), "simple/demo/": await shelf.page(DEMO)}
    forms = {"html": Form.HTML, "json": Form.JSON}
    return {
        (kind, path): hashlib.sha256(page.rendered.variant(form, "identity").body).hexdigest()
        for path, page in pages.items()
        for kind, form in forms.items()
    }


async def test_manifest_lists_what_is_held_and_what_is_ours(
    tmp_path: Path, simulator: Simulator
) -> None:
    """With its index, its serial, and until when it counts; the head counts the lines."""
    async with program(tmp_path, simulator, {}) as app:
        await hold(app)
        await publish(app, make_wheel("acme", "1.0"))

        entries = await listed(app)
        head = (await make_manifest(app, MAIN, WEEK)).head

    files = [entry.path.rpartition("/")[2] for entry in entries if entry.kind == "file"]
    assert files == ["acme-1.0-py3-none-any.whl", HELD.filename]
    assert (head.index, head.entries, head.serial > 0) == ("main", len(entries), True)
    assert head.expires_at - head.created_at == WEEK


@pytest.mark.parametrize(
    ("rules", "server"), [({"fallback": "mirror"}, {}), ({}, {"offline": True})]
)
async def test_manifest_is_what_a_mirror_and_an_offline_server_give(
    tmp_path: Path, simulator: Simulator, rules: dict[str, str], server: dict[str, object]
) -> None:
    """The very bytes of the pages; made by a server that asks others or by itself."""
    async with program(tmp_path, simulator, {}) as app:
        await hold(app)
        made = {(each.kind, each.path): each.sha256 for each in await listed(app)}
    async with program(tmp_path, simulator, rules, **server) as app:
        again = {(each.kind, each.path): each.sha256 for each in await listed(app)}

        assert made == again
        assert (await page_digests(app)).items() <= made.items()


async def test_file_with_an_address_of_its_own_is_listed_by_it(
    tmp_path: Path, simulator: Simulator
) -> None:
    """With `files_url`, files are somewhere else than pages."""
    url = "https://files.example/at"
    async with program(tmp_path, simulator, {}, files_url=url) as app:
        await hold(app)

        paths = [entry.path for entry in await listed(app) if entry.kind == "file"]

    assert [path.startswith(f"{url}/packages/") for path in paths] == [True]


async def test_index_that_is_not_there_has_no_manifest(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Nor has one that has nothing to list."""
    async with program(tmp_path, simulator, {}) as app:
        with pytest.raises(BadInput, match="There is no index `nothing`, only `hosted`, `main`"):
            await make_manifest(app, IndexName("nothing"), WEEK)
        with pytest.raises(Unavailable, match="The manifest of `main`"):
            await make_manifest(app, MAIN, WEEK)

        assert not manifest_path(tmp_path, MAIN).exists()


class Restless:
    """A repository of which something is published each time that it is read."""

    def __init__(self, repository: Repository, app: App) -> None:
        """Publish in `app`."""
        self._repository = repository
        self._app = app
        self._number = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._repository, name)

    async def project(self, name: ProjectName) -> Project:
        """Publish something, and return a page."""
        self._number += 1
        await publish(self._app, make_wheel("acme", f"1.{self._number}"))
        return await self._repository.project(name)


async def test_manifest_of_what_changes_all_the_time_is_not_made(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Half of it would be of before and half of after; the last one that was made stays."""
    async with program(tmp_path, simulator, {}) as app:
        await hold(app)
        made = await make_manifest(app, MAIN, WEEK)
        before = made.path.read_bytes()
        held = app.indexes[MAIN].held or app.indexes[MAIN]
        object.__setattr__(held.chain, "repository", Restless(held.chain.repository, app))

        with pytest.raises(Unavailable, match="has changed each of 3 times"):
            await make_manifest(app, MAIN, WEEK)

        assert made.path.read_bytes() == before
        assert [each.name for each in made.path.parent.iterdir()] == ["main.manifest"]


async def test_server_makes_one_each_day(tmp_path: Path, simulator: Simulator) -> None:
    """At its start if it is time, and never before a day is over."""
    path = anyio.Path(manifest_path(tmp_path, MAIN))
    async with program(tmp_path, simulator, {"manifest_days": 2.0}) as app:
        await hold(app)
        schedule_manifests(app)
        with anyio.fail_after(180):
            while not await path.exists():  # noqa: ASYNC110  # another task makes it
                await anyio.sleep(0.01)

    head = parse_start(await path.read_bytes()).head
    assert head.expires_at - head.created_at == 2 * 86_400
    assert not is_due(head, Instant(head.created_at + 86_399))
    assert is_due(head, Instant(head.created_at + 86_400))
    assert is_due(head, Instant(head.created_at - 1))
    assert is_due(None, Instant(0.0))


async def test_server_that_cannot_make_one_says_so_and_goes_on(
    tmp_path: Path, simulator: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is held yet; it is tried again later."""
    async with program(tmp_path, simulator, {"manifest_days": 2.0}) as app:
        schedule_manifests(app)
        with anyio.fail_after(180):
            while "No manifest of `main` was made" not in caplog.text:  # noqa: ASYNC110  # as above
                await anyio.sleep(0.01)

        await hold(app)
    assert not await anyio.Path(manifest_path(tmp_path, MAIN)).exists()
