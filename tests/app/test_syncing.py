"""Syncs of the running program: plan, apply, remember; and the schedule of a server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import NO_PIP, app_on, main_index, page, settings, upstream
from support.packages import make_wheel
from support.patience import until
from support.simulator import PYPI, Simulator, older_serial, silent, status
from support.syncing import fill, order, rules, synced
from wheelyard.app import App, plan_sync, run_sync, running
from wheelyard.errors import BadInput, ConfigError, Unavailable
from wheelyard.mirror.sync import Account
from wheelyard.names import ProjectName
from wheelyard.settings import IndexSettings, NamesSettings, SyncSettings
from wheelyard.settings.patterns import NamePattern

pytestmark = pytest.mark.anyio

COUNT = 13


@pytest.fixture
def index() -> Iterator[Simulator]:
    """An upstream with some projects of two files each."""
    with Simulator() as simulator:
        fill(simulator, COUNT)
        yield simulator


async def held_files(app: App, name: str) -> set[str]:
    """Return the names of the files of a project that are held."""
    owner = app.indexes.filling(main_index(app).name)
    assert owner is not None
    rows = await app.catalog.held.of_project(owner.parts.upstream, ProjectName(name))
    return {row.filename for row in rows}


async def test_everything_is_here_and_an_unchanged_index_costs_two_requests(
    tmp_path: Path, index: Simulator
) -> None:
    """A-31: each file with its page, once; then the list alone, and no page."""
    async with app_on(tmp_path, index) as app:
        first = await synced(app)
    index.forget()
    async with app_on(tmp_path, index) as app:
        second = await synced(app)

    assert (first.outcome, first.looked_at, first.files) == ("done", COUNT, 2 * COUNT)
    assert (second.outcome, second.looked_at, second.files) == ("done", 0, 0)
    assert index.count() <= 2
    assert index.count("page") == 0


async def test_held_files_of_a_cache_are_not_fetched_again(
    tmp_path: Path, index: Simulator
) -> None:
    """One store: whatever filled it before, a sync fetches the rest (A-14)."""
    async with app_on(tmp_path, index) as app:
        await synced(app, order(SyncSettings(name="main", projects=rules("demo-1")), scope="given"))
        index.forget()
        report = await synced(app)

    assert report.files == 2 * (COUNT - 1)
    assert not [each for each in index.asked("file") if "demo_1-" in each.path]


async def test_change_is_the_only_thing_that_is_looked_at(tmp_path: Path, index: Simulator) -> None:
    """Work is proportional to the change."""
    async with app_on(tmp_path, index) as app:
        await synced(app)
        index.add(make_wheel("demo-3", "2.0"), make_wheel("newcomer", "1.0"))
        report = await synced(app)

        assert (report.looked_at, report.files, report.outcome) == (2, 2, "done")
        assert "demo_3-2.0-py3-none-any.whl" in await held_files(app, "demo-3")


async def test_other_filter_fetches_only_the_difference(tmp_path: Path, index: Simulator) -> None:
    """A-34: what is wanted of a project is part of its state."""
    async with app_on(tmp_path, index) as app:
        await synced(app, order(SyncSettings(name="main", all=True, sdists="never")))
        index.forget()
        report = await synced(app)

    assert (report.looked_at, report.files) == (COUNT, COUNT)
    assert all(each.path.endswith(".tar.gz") for each in index.asked("file"))


async def test_metadata_only_has_pages_and_no_files(tmp_path: Path, index: Simulator) -> None:
    """Pages alone, and no `.metadata` either."""
    async with app_on(tmp_path, index) as app:
        only = order(SyncSettings(name="main", all=True, metadata_only=True))
        report = await synced(app, only)

    assert (report.outcome, report.looked_at, report.files) == ("done", COUNT, 0)
    assert index.count("file") == index.count("metadata") == 0


async def test_withdrawn_project_goes_at_once_and_its_files_wait(
    tmp_path: Path, index: Simulator
) -> None:
    """A-32: the page is gone, the bytes stay for the grace period."""
    async with app_on(tmp_path, index) as app:
        await synced(app)
        index.remove_project("demo-4")
        index.remove("demo_5-1.0-py3-none-any.whl")
        report = await synced(app)
        owner = app.indexes.filling(main_index(app).name)
        assert owner is not None
        gone = await app.catalog.held.of_project(owner.parts.upstream, ProjectName("demo-4"))
        lost = await app.catalog.held.of_project(owner.parts.upstream, ProjectName("demo-5"))
        rest = await app.catalog.pages.names(owner.parts.upstream)

    assert (report.outcome, report.removals) == ("done", ("demo-4",))
    assert ProjectName("demo-4") not in rest
    assert len(gone) == 2
    assert all(row.unlisted_at is not None for row in gone)
    assert [row.unlisted_at is not None for row in sorted(lost, key=lambda row: row.filename)] == [
        True,
        False,
    ]


async def test_mass_removal_removes_nothing_until_it_is_allowed(
    tmp_path: Path, index: Simulator
) -> None:
    """A-32: a list that lost its names looks like this, too. The rest is synced meanwhile."""
    async with app_on(tmp_path, index) as app:
        await synced(app)
        for number in range(COUNT - 11, COUNT):
            index.remove_project(f"demo-{number}")
        index.add(make_wheel("demo-0", "2.0"))
        index.forget()
        braked = await synced(app)
        asked = index.count("page")
        allowed = await synced(app, order(allows_removals=True))

    assert (braked.outcome, braked.held_back, braked.removed, braked.files) == ("partial", 11, 0, 1)
    assert asked == 1
    assert (allowed.outcome, allowed.removed) == ("done", 11)


async def test_quarantine_takes_effect_at_once(tmp_path: Path, index: Simulator) -> None:
    """Nothing of the project is given out any more, and nobody has to allow it."""
    index.add(make_wheel("demo", "1.0"))
    async with app_on(tmp_path, index) as app:
        await synced(app)
        index.status("demo", "quarantined", "malware")
        report = await synced(app)
        shown = await page(app)

    assert report.outcome == "done"
    assert b"demo-1.0" not in shown


async def test_stuck_project_is_tried_again_and_delays_nobody(
    tmp_path: Path, index: Simulator
) -> None:
    """A-33: the others are here, exit 1, and its serial is not taken for done."""
    async with app_on(tmp_path, index) as app:
        broken = index.fault(lambda request: "/simple/demo-7/" in request.path, status(500))
        failing = await synced(app)
        again = await synced(app)
        broken.clear()
        healed = await synced(app)

    assert (failing.outcome, failing.failed, failing.files) == ("partial", 1, 2 * (COUNT - 1))
    assert [problem.project for problem in failing.problems] == ["demo-7"]
    assert (again.outcome, again.looked_at, again.failed) == ("partial", 1, 1)
    assert (healed.outcome, healed.looked_at, healed.files) == ("done", 1, 2)


async def test_patient_run_leaves_alone_what_failed_a_moment_ago(
    tmp_path: Path, index: Simulator
) -> None:
    """A schedule does not hammer; and it does not call a mirror complete that is not."""
    async with app_on(tmp_path, index) as app:
        index.fault(lambda request: "/simple/demo-7/" in request.path, status(500))
        await synced(app)
        index.forget()
        report = await synced(app, order(is_patient=True))

    assert (report.outcome, report.waiting, report.looked_at) == ("partial", 1, 0)
    assert index.count("page") == 0


async def test_page_older_than_announced_is_not_done(tmp_path: Path, index: Simulator) -> None:
    """P-08: the change comes before the content, so the page is asked for again."""
    async with app_on(tmp_path, index) as app:
        await synced(app)
        index.add(make_wheel("demo-2", "2.0"))
        stale = index.fault(lambda request: "/simple/demo-2/" in request.path, older_serial())
        report = await synced(app)
        stale.clear()
        later = await synced(app)

    assert (report.outcome, [each.project for each in report.problems]) == ("partial", ["demo-2"])
    assert (later.outcome, later.files) == ("done", 1)


async def test_index_without_serials_is_asked_page_by_page_on_condition(
    tmp_path: Path, index: Simulator
) -> None:
    """Nobody counts, so each page may have changed; none that has not is sent."""
    index.style = replace(PYPI, serials=False)
    async with app_on(tmp_path, index) as app:
        await synced(app)
        index.add(make_wheel("demo-2", "2.0"))
        index.forget()
        report = await synced(app)

    assert (report.outcome, report.looked_at, report.files) == ("done", COUNT, 1)
    assert sum(each.status == 304 for each in index.asked("page")) >= COUNT - 1


async def test_list_that_cannot_be_had_stops_nobody_who_names_projects(
    tmp_path: Path, index: Simulator
) -> None:
    """What is named is asked for; but what the list would tell is not known, so exit 1."""
    index.fault("root", status(500))
    async with app_on(tmp_path, index) as app:
        named = SyncSettings(name="main", projects=rules("demo-1", "demo-2"))
        some = await synced(app, order(named))
        everything = await synced(app)

    assert (some.outcome, some.files) == ("partial", 4)
    assert (everything.outcome, everything.looked_at) == ("failed", 0)


async def test_name_that_upstream_has_not_is_told(tmp_path: Path, index: Simulator) -> None:
    """Who wrote it down wants to know; the others are here."""
    async with app_on(tmp_path, index) as app:
        named = SyncSettings(name="main", projects=rules("demo-1", "no-such"))
        report = await synced(app, order(named, scope="given"))

    assert (report.outcome, report.files) == ("partial", 2)
    assert [problem.project for problem in report.problems] == ["no-such"]


async def test_names_of_ours_are_asked_for_nowhere(tmp_path: Path, index: Simulator) -> None:
    """Neither what is reserved nor what is blocked, though upstream lists it."""
    given = replace(
        settings(tmp_path, upstream(index)),
        names=NamesSettings(reserved=(NamePattern("demo-1*"),), blocked=(NamePattern("demo-2"),)),
    )
    async with running(given, NO_PIP) as app:
        report = await synced(app)

    reserved = {"demo-1", "demo-10", "demo-11", "demo-12"}
    assert (report.outcome, report.looked_at) == ("done", COUNT - len(reserved) - 1)
    assert not [each for each in index.asked("page") if "/demo-1" in each.path]


async def test_project_that_is_not_wanted_any_more_stays_held_and_fails_nobody(
    tmp_path: Path, index: Simulator
) -> None:
    """It is a cache's from then on: neither looked at nor removed."""
    async with app_on(tmp_path, index) as app:
        index.fault(lambda request: "/simple/demo-7/" in request.path, status(500))
        await synced(app)
        report = await synced(app, order(SyncSettings(name="main", projects=rules("demo-1"))))

        assert (report.outcome, report.mirrored, report.looked_at) == ("done", 1, 0)
        assert len(await held_files(app, "demo-2")) == 2
        assert await app.catalog.mirrored.failing(10) == ()


async def test_file_that_is_not_held_any_more_is_fetched_again(
    tmp_path: Path, index: Simulator
) -> None:
    """Whoever takes a file out of the store makes its project incomplete."""
    async with app_on(tmp_path, index) as app:
        await synced(app)
        row = (await app.catalog.held.of_project("corp", ProjectName("demo-2")))[0]
        await app.catalog.held.remove(row.sha256)
        app.fills.parts.store.path(row.sha256).unlink()
        report = await synced(app)

        assert (report.outcome, report.looked_at, report.files) == ("done", 1, 1)
        assert len(await held_files(app, "demo-2")) == 2


async def test_plan_tells_names_files_and_bytes_and_changes_nothing(
    tmp_path: Path, index: Simulator
) -> None:
    """What `--dry-run` prints; afterwards everything is as it was."""
    async with app_on(tmp_path, index) as app:
        plan = await plan_sync(app, order(), Account("main", app.clock.now()))
        pages = await app.catalog.pages.names("corp")
        runs = await app.catalog.sync_runs.last("main")

    assert (plan.projects, plan.files, plan.unread) == (COUNT, 2 * COUNT, 0)
    assert plan.bytes > 0
    assert "demo-1" in plan.names
    assert (pages, runs, index.count("file")) == ((), (), 0)


async def test_second_sync_of_an_index_says_that_another_is_at_work(
    tmp_path: Path, index: Simulator
) -> None:
    """In a sentence; nothing is done twice."""
    async with app_on(tmp_path, index) as app:
        disk = app.fills.parts.disk
        lock = await disk.run(app.fills.locks.try_lock, "sync:main")
        assert lock is not None
        with pytest.raises(Unavailable, match="another one is at work"):
            await synced(app)
        await disk.run(lock.release)

    assert index.count("page") == 0


async def test_index_that_asks_nobody_cannot_be_filled(tmp_path: Path, index: Simulator) -> None:
    """`fallback = "none"`: the sentence names it. `mirror` is filled, though clients ask nobody."""
    given = replace(
        settings(tmp_path, upstream(index)),
        indexes=(
            IndexSettings(name="main", fallback="mirror"),
            IndexSettings(name="private", fallback="none"),
        ),
    )
    async with running(given, NO_PIP) as app:
        with pytest.raises(ConfigError, match="nothing but its own projects"):
            await synced(app, order(SyncSettings(name="private", all=True)))
        with pytest.raises(BadInput, match="no index `nowhere`, only `hosted`, `main`, `private`"):
            await synced(app, order(SyncSettings(name="nowhere", all=True)))
        report = await synced(app)

    assert report.outcome == "done"


async def test_offline_nothing_can_be_filled(tmp_path: Path, index: Simulator) -> None:
    """Nobody is asked, and a list of failures would say less than one sentence."""
    given = settings(tmp_path, upstream(index))
    offline = replace(given, server=replace(given.server, offline=True))
    async with running(offline, NO_PIP) as app:
        with pytest.raises(ConfigError, match="in offline mode nobody is asked"):
            await synced(app)


async def test_contradiction_is_told_before_anybody_is_asked(
    tmp_path: Path, index: Simulator
) -> None:
    """Bad input costs no request."""
    async with app_on(tmp_path, index) as app:
        index.forget()
        with pytest.raises(BadInput):
            await synced(app, order(SyncSettings(name="main")))

    assert index.count("page") == 0


async def test_stopped_run_keeps_what_is_done(tmp_path: Path, index: Simulator) -> None:
    """Ctrl-C: the next run goes on from there, and each file was fetched once."""
    async with app_on(tmp_path, index) as app:
        stuck = index.fault(lambda request: "/simple/demo-7/" in request.path, silent())
        account = Account("main", app.clock.now())
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run_sync, app, order(), account)
            await until(lambda: account.looked_at == COUNT - 1)
            tasks.cancel_scope.cancel()
        [run] = await app.catalog.sync_runs.last("main")
        stuck.clear()
        report = await synced(app)

    assert run.outcome == "stopped"
    assert (report.outcome, report.looked_at, report.files) == ("done", 1, 2)
    assert index.count("file") == 2 * COUNT


async def test_run_is_written_down_with_its_start(tmp_path: Path, index: Simulator) -> None:
    """Who mirrors from us reads when the last complete run began."""
    async with app_on(tmp_path, index) as app:
        report = await synced(app)
        index.fault("root", status(500))
        await synced(app)
        runs = await app.catalog.sync_runs.last("main", 5)

        assert [run.outcome for run in runs] == ["failed", "done"]
        assert await app.catalog.sync_runs.last_complete("main") == report.started_at
