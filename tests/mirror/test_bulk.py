"""Bulk keeps every promise of the chain: it leaves what a client's questions would have left."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from mirror.bulk_bench import NAMES, both, bulk_of, furnish, in_bulk, plainly
from pages.repository import FakeRepository
from support.app import app_on, chain_of
from support.packages import Package, make_sdist, make_wheel
from support.simulator import (
    Simulator,
    empty_page,
    older_serial,
    running_simulator,
    status,
)
from wheelyard.app import App
from wheelyard.clock import FrozenClock
from wheelyard.errors import Absent, Conflict, Unavailable
from wheelyard.model import File
from wheelyard.names import ProjectName
from wheelyard.repository.compose import Chain

pytestmark = pytest.mark.anyio


@pytest.fixture
def index() -> Iterator[Simulator]:
    """Run an upstream with a project of every kind."""
    with running_simulator() as simulator:
        furnish(simulator)
        yield simulator


async def test_bulk_leaves_what_clients_would_have_left(tmp_path: Path, index: Simulator) -> None:
    """The same pages, ledger, held files and blobs, and the same answers to whoever asked."""
    async with both(tmp_path, index) as ways:
        first, second = await ways.fill(NAMES)
        one, other = ways.dumps()

        assert first == second
        assert other["ledger"] == one["ledger"]
        assert other["held"] == one["held"]
        assert other["pages"] == one["pages"]
        assert other["odd_paths"] == one["odd_paths"]
        assert isinstance(one["blobs"], dict)
        assert isinstance(other["blobs"], dict)
        assert one["blobs"].keys() <= other["blobs"].keys()
        assert all(other["blobs"].values())

    assert first["never-heard-of"] is Absent
    assert first["failing"] is Unavailable


async def test_later_runs_leave_the_same_too(tmp_path: Path, index: Simulator) -> None:
    """What is confirmed, changed, lost by accident, and lost for good."""
    async with both(tmp_path, index) as ways:
        await ways.fill(NAMES)
        index.add(make_wheel("usual-0", "3.0"))
        index.remove(make_sdist("usual-1", "1.0").filename)
        index.remove_project("usual-2")
        index.status("usual-3", "quarantined", "malware")
        index.fault("/simple/usual-4/", empty_page(), times=1)
        index.fault("/simple/usual-5/", status(404), times=1)
        index.fault("/simple/usual-6/", older_serial())
        first, _ = await ways.fill([n for n in NAMES if n not in {"usual-4", "usual-5"}])
        lost = {name: await in_bulk(ways.bulk, ProjectName(name)) for name in ("usual-4",)}
        one, other = ways.dumps()

    usual = {name: row for name, row in by_project(one).items() if name not in lost}
    assert {name: row for name, row in by_project(other).items() if name in usual} == usual
    assert first["usual-2"] is Absent
    assert first["usual-6"] is Unavailable


def by_project(dumped: Mapping[str, object]) -> Mapping[str, object]:
    """Return the pages of a dump by project."""
    rows = dumped["pages"]
    assert isinstance(rows, list)
    return {row[1]: row for row in rows}


async def test_loss_is_doubted_in_bulk_as_well(tmp_path: Path, index: Simulator) -> None:
    """One page without files is no news: the copy stays, and whoever asked is told."""
    name = ProjectName("usual-4")
    async with app_on(tmp_path, index) as app:
        chain = chain_of(app)
        bulk = bulk_of(chain)
        before = await bulk.page(name)
        index.fault("/simple/usual-4/", empty_page(), times=1, after=1)
        index.fault("/simple/usual-4/", empty_page(), times=1)

        with pytest.raises(Unavailable):
            await bulk.page(name)

        assert (await chain.pages.project(name)).files == before.files


async def test_nothing_is_fetched_that_is_held(tmp_path: Path, index: Simulator) -> None:
    """Nor under another name: the bytes count."""
    async with app_on(tmp_path, index) as app:
        chain = chain_of(app)
        await plain_page_and_files(chain, "usual-0")
        index.forget()

        outcome = await in_bulk(bulk_of(chain), ProjectName("usual-0"))

    assert isinstance(outcome, tuple)
    assert index.count("file") == 0


async def plain_page_and_files(chain: Chain, name: str) -> None:
    """Fill one project as clients would."""
    assert isinstance(await plainly(chain, ProjectName(name)), tuple)


async def test_name_that_stands_for_other_bytes_is_refused(
    tmp_path: Path, index: Simulator
) -> None:
    """The ledger speaks before the page: a file keeps its bytes for ever."""
    async with app_on(tmp_path, index) as app:
        chain = chain_of(app)
        bulk = bulk_of(chain)
        project = await bulk.page(ProjectName("usual-0"))
        ref = project.ref(project.files[0])
        await bulk.file(ref)
        other = make_wheel("usual-0", "1.0", requires_python=">=3.1")
        index.remove(other.filename)
        index.add(other)

        page = await bulk.page(ProjectName("usual-0"))
        kept = next(file for file in page.files if file.filename == other.filename)
        await bulk.file(page.ref(kept))
        with pytest.raises(Conflict):
            await bulk.file(page.ref(_stating(kept, other)))

    assert kept.sha256 == ref.file.sha256


def _stating(file: File, other: Package) -> File:
    """Return a file as a page would state it that has other bytes under its name."""
    hashes = (("sha256", other.sha256),)
    return msgspec.structs.replace(file, hashes=hashes, size=other.size)


async def test_file_of_a_withdrawn_project_is_refused(tmp_path: Path, index: Simulator) -> None:
    """Policy counts in bulk too, and nobody is asked for the bytes."""
    async with app_on(tmp_path, index) as app:
        bulk = bulk_of(chain_of(app))
        project = await bulk.page(ProjectName("withdrawn"))
        outcome = await in_bulk(bulk, ProjectName("withdrawn"))

    assert project.status.status == "quarantined"
    assert isinstance(outcome, tuple)
    assert index.count("file") == 0


async def test_wrong_guess_that_a_page_is_new_changes_nothing(
    tmp_path: Path, index: Simulator
) -> None:
    """What is held is found when it is to be written; the page stays as it is, unchanged."""
    name = ProjectName("usual-0")
    async with app_on(tmp_path, index) as app:
        bulk = bulk_of(chain_of(app))
        first = await bulk.page(name)
        again = await bulk.page(name, is_new=True)

    assert again.files == first.files
    assert again.known is not None
    assert first.known is not None
    assert again.known.revision == first.known.revision


async def test_page_that_others_renewed_meanwhile_is_asked_again(
    tmp_path: Path, index: Simulator
) -> None:
    """An answer that came late never takes the place of a newer one."""
    name = ProjectName("usual-0")
    async with app_on(tmp_path, index) as app:
        renewing = chain_of(app).pages.renewing
        late = await renewing.ask(name)
        index.add(make_wheel("usual-0", "9.0"))
        newest = await bulk_of(chain_of(app)).page(name)
        assert late is not None

        kept = await renewing.keep(late)
        page = await chain_of(app).pages.project(name)

    assert kept is None
    assert page.files == newest.files


async def test_outage_is_told_and_nothing_is_forgotten(tmp_path: Path, index: Simulator) -> None:
    """No answer is none: neither "it is not there" nor a page."""
    async with app_on(tmp_path, index) as app:
        chain = chain_of(app)
        bulk = bulk_of(chain)
        before = await bulk.page(ProjectName("usual-0"))
        index.down()

        for name in ("usual-0", "usual-1", "usual-2", "usual-3"):
            with pytest.raises(Unavailable):
                await bulk.page(ProjectName(name))

        assert (await chain.pages.project(ProjectName("usual-0"))).files == before.files
        assert app.doors[0].state.circuit.value != "closed"


async def test_everything_absent_is_an_accident(tmp_path: Path, index: Simulator) -> None:
    """A door that knows nothing any more is asked for what it knew: canaries count in bulk."""
    async with app_on(tmp_path, index) as app:
        bulk = bulk_of(chain_of(app))
        await bulk.page(ProjectName("usual-0"))
        index.fault("page", status(404))

        with pytest.raises(Unavailable):
            await bulk.page(ProjectName("usual-1"))


async def test_metadata_are_held_with_the_wheel(tmp_path: Path, index: Simulator) -> None:
    """They are in the bytes that came: nobody is asked for them."""
    async with app_on(tmp_path, index) as app:
        bulk = bulk_of(chain_of(app))
        project = await bulk.page(ProjectName("usual-0"))
        [wheel, *_] = [file for file in project.files if file.metadata_sha256]
        await bulk.file(project.ref(wheel))
        index.forget()

        await bulk.metadata(project.ref(wheel))
        known = await app.catalog.metadata_files.load(wheel.sha256) if wheel.sha256 else None

    assert index.requests == []
    assert known is not None
    assert known.metadata_sha256 == wheel.metadata_sha256


async def test_metadata_that_came_with_the_wheel_are_not_read_again(
    tmp_path: Path, index: Simulator
) -> None:
    """The row that was written with them is enough: the chain is not asked at all."""
    async with app_on(tmp_path, index) as app:
        chain = chain_of(app)
        bulk = bulk_of(chain)
        project = await bulk.page(ProjectName("usual-0"))
        [wheel, other, *_] = [file for file in project.files if file.metadata_sha256]
        await bulk.file(project.ref(wheel))
        empty = FakeRepository(FrozenClock())
        watched = bulk_of(replace(chain, repository=empty))

        await watched.metadata(project.ref(wheel))
        with pytest.raises(Absent):
            await watched.metadata(project.ref(other))

    assert empty.asked == [f"{other.filename}.metadata"]


async def test_disk_that_takes_nothing_is_told(
    tmp_path: Path, index: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever asked knows that it is not held, and no row says that it is."""
    async with app_on(tmp_path, index) as app:
        chain = chain_of(app)
        bulk = bulk_of(chain)
        project = await bulk.page(ProjectName("usual-0"))
        _refuse_all(app, monkeypatch)

        with pytest.raises(Unavailable) as caught:
            await bulk.file(project.ref(project.files[0]))

        assert caught.value.is_ours
        assert await app.catalog.held.of_project(chain.owner, project.name) == ()


def _refuse_all(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the disk take nothing any more."""

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    store = app.fills.parts.store
    monkeypatch.setattr(store, "put_many_now", refuse)
    monkeypatch.setattr(store, "adopt", refuse)
