"""Publishing again and again: when it is due, and within seconds of a change."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest

from support.app import app_on
from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.publishing import Recorded, audit, hold, order_of
from support.simulator import Simulator, running_simulator
from wheelyard.app import MAIN, App
from wheelyard.app.publish_schedule import schedule_publishes, watch_publish
from wheelyard.app.publishing import PublishOrder, run_publish, run_switch, switch_in
from wheelyard.blobs import DiskThreads
from wheelyard.catalog.curation import StatusChange
from wheelyard.errors import BadInput, Unavailable
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.publish.targets.directory import DirectoryTarget
from wheelyard.publish.tree import Account, Report
from wheelyard.settings import PublishSettings
from wheelyard.wire.tree import View

pytestmark = pytest.mark.anyio

DEMO = make_wheel("demo", "1.0")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with one project."""
    with running_simulator() as simulator:
        simulator.add(DEMO)
        yield simulator


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    """Return once it happens."""
    while not await happens():  # noqa: ASYNC110  # another task makes it happen
        await anyio.sleep(0.01)


async def is_there(folder: Path, name: str) -> bool:
    """Say whether clients see the page of a project."""
    return await anyio.Path(folder / f"tree/simple/{name}/index.json").exists()


class Heard:
    """Hears of each publish."""

    def __init__(self) -> None:
        self.reports: list[Report] = []
        self.errors: list[Exception] = []

    def begins(self) -> Account:
        """Return what the next one is counted in."""
        return Account()

    def told(self, report: Report) -> None:
        """Hear of one that was made."""
        self.reports.append(report)

    async def has_failed(self) -> bool:
        """Say whether one was not made."""
        return bool(self.errors)

    def failed(self, error: Exception) -> None:
        """Hear of one that was not."""
        self.errors.append(error)


class Noted(Heard):
    """Hears of each publish, and can say how far the last one is."""

    def __init__(self) -> None:
        super().__init__()
        self.account = Account()

    def begins(self) -> Account:
        """Return what the next one is counted in."""
        self.account = Account()
        return self.account

    async def has_published(self) -> bool:
        """Say whether one was made."""
        return bool(self.reports)

    async def waits(self) -> bool:
        """Say whether the last one waits for its turn."""
        return self.account.phase.startswith("Waiting for another publish")


@dataclass
class Slow(Recorded):
    """A target that says which view counts only after something else has happened."""

    waits_for: Callable[[], Awaitable[bool]] = field(kw_only=True)
    begun: anyio.Event = field(default_factory=anyio.Event)

    async def active(self) -> View | None:
        """Return the view that counts."""
        self.begun.set()
        await until(self.waits_for)
        return await super().active()


async def test_watching_publishes_each_change_and_goes_on_after_an_error(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A-94: by event, whatever changed; at first there is nothing to publish."""
    heard = Heard()
    async with app_on(tmp_path / "data", simulator) as app, anyio.create_task_group() as tasks:
        tasks.start_soon(watch_publish, app, order_of(tmp_path, every_seconds=0.0), heard)
        with anyio.fail_after(300):
            await until(heard.has_failed)
            await publish(app, make_wheel("acme", "1.0"))
            await until(lambda: is_there(tmp_path, "acme"))
            await hold(app, DEMO)
            await until(lambda: is_there(tmp_path, "demo"))
        tasks.cancel_scope.cancel()

    assert "nothing is held of it yet" in str(heard.errors[0])
    async with DirectoryTarget(tmp_path / "tree", DiskThreads()) as target:
        await audit(target)


async def test_watching_a_place_that_cannot_be_published_to_ends_at_once(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Whoever started it is there to put it right."""
    await anyio.Path(tmp_path / "tree").mkdir()
    await anyio.Path(tmp_path / "tree/thesis.txt").write_text("mine", "utf-8")
    heard = Heard()
    async with app_on(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
        with pytest.raises(BadInput, match="is not empty"), anyio.fail_after(300):
            await watch_publish(app, order_of(tmp_path), heard)

    assert heard.errors == []


@pytest.mark.parametrize("told", [{"watch": True}, {"every_seconds": 0.05}])
async def test_server_publishes_by_itself(
    tmp_path: Path, simulator: Simulator, told: dict[str, object]
) -> None:
    """Within seconds of a change if it watches, else when it is time."""
    rules = PublishSettings(name=MAIN, target=str(tmp_path / "tree"), **told)  # type: ignore[arg-type]  # any of its fields
    async with app_on(tmp_path / "data", simulator, publishes=(rules,)) as app:
        await publish(app, make_wheel("acme", "1.0"))
        schedule_publishes(app, {})
        with anyio.fail_after(300):
            await until(lambda: is_there(tmp_path, "acme"))
            await publish(app, make_wheel("beta", "1.0"))
            await until(lambda: is_there(tmp_path, "beta"))


async def test_server_leaves_alone_what_was_taken_back(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Until somebody lets the newer view count, or publishes by hand."""
    rules = PublishSettings(name=MAIN, target=str(tmp_path / "tree"), every_seconds=0.05)
    async with app_on(tmp_path / "data", simulator, publishes=(rules,)) as app:
        for name in ("acme", "beta"):
            await publish(app, make_wheel(name, "1.0"))
            await run_publish(app, order_of(tmp_path), Account())
        await run_switch(app, order_of(tmp_path), "rollback")
        await publish(app, make_wheel("gamma", "1.0"))
        schedule_publishes(app, {})
        with anyio.move_on_after(1.0):
            await until(lambda: is_there(tmp_path, "gamma"))
        before = await is_there(tmp_path, "beta")
        await run_switch(app, order_of(tmp_path), "activate")
        with anyio.fail_after(300):
            await until(lambda: is_there(tmp_path, "gamma"))

    assert not before


async def test_rollback_while_a_publish_waits_for_its_turn_holds(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Whether clients get a publish is decided when nobody can go back any more, and not before.

    So it is for ``publish --watch``, whose first publish alone is by hand, and for a server.
    """
    heard, order = Noted(), order_of(tmp_path, every_seconds=0.0)
    tree = DirectoryTarget(tmp_path / "tree", DiskThreads())
    slow = Slow(tree, waits_for=heard.waits)
    async with app_on(tmp_path / "data", simulator) as app, anyio.create_task_group() as tasks:
        for name in ("acme", "beta"):
            await publish(app, make_wheel(name, "1.0"))
            await run_publish(app, order, Account())
        tasks.start_soon(watch_publish, app, order, heard)
        with anyio.fail_after(300):
            await until(heard.has_published)
            heard.reports.clear()
            async with tree:
                tasks.start_soon(switch_in, app, order, "rollback", slow)
                await slow.begun.wait()
                await publish(app, make_wheel("gamma", "1.0"))
                await until(heard.has_published)
        shown = [await is_there(tmp_path, name) for name in ("acme", "beta", "gamma")]
        tasks.cancel_scope.cancel()

    assert shown == [True, False, False]
    assert not heard.reports[0].is_active


async def test_quarantine_reaches_what_was_taken_back(tmp_path: Path, simulator: Simulator) -> None:
    """Of the view that somebody went back to nothing else changes."""
    rules = PublishSettings(name=MAIN, target=f"file://{tmp_path}/tree", every_seconds=0.05)
    async with app_on(tmp_path / "data", simulator, publishes=(rules,)) as app:
        for name in ("acme", "beta"):
            await publish(app, make_wheel(name, "1.0"))
            await run_publish(app, order_of(tmp_path), Account())
        await run_switch(app, order_of(tmp_path), "rollback")
        status = ProjectStatus("quarantined", "malware")
        change = StatusChange(app.indexes[MAIN].owner, ProjectName("acme"), status)
        await app.catalog.curator.set_status(change, ALICE)
        await app.noticing.notice()

        async def is_taken_down() -> bool:
            page = await anyio.Path(tmp_path / "tree/simple/acme/index.json").read_text("utf-8")
            files = list((tmp_path / "tree").glob("packages/*/*/*/acme-*"))
            return '"quarantined"' in page and not files

        schedule_publishes(app, {})

        with anyio.fail_after(300):
            await until(is_taken_down)
        assert not await is_there(tmp_path, "beta")


async def test_publish_that_failed_is_tried_again_without_another_change(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was heard of once is not forgotten because the target was away."""
    rules = PublishSettings(name=MAIN, target=str(tmp_path / "tree"), watch=True, every_seconds=0.0)
    heard = Heard()

    async def away_at_first(app: App, order: PublishOrder, account: Account) -> Report:
        if not heard.errors:
            raise Unavailable("The target", "it is away.")
        return await run_publish(app, order, account)

    monkeypatch.setattr("wheelyard.app.publish_schedule.run_publish", away_at_first)
    async with app_on(tmp_path / "data", simulator) as app, anyio.create_task_group() as tasks:
        await publish(app, make_wheel("acme", "1.0"))
        tasks.start_soon(watch_publish, app, PublishOrder(rules, {}), heard)
        with anyio.fail_after(300):
            await until(heard.has_failed)
            await until(lambda: is_there(tmp_path, "acme"))
        tasks.cancel_scope.cancel()


async def test_server_that_only_reads_publishes_nothing(
    tmp_path: Path, simulator: Simulator
) -> None:
    """`--read-only`: no task is begun at all."""
    rules = PublishSettings(name=MAIN, target=str(tmp_path / "tree"), every_seconds=0.05)
    async with app_on(tmp_path / "data", simulator, publishes=(rules,)) as app:
        begun: list[object] = []
        app.settings = replace(app.settings, server=replace(app.settings.server, read_only=True))
        app.background = type("Nobody", (), {"start_soon": lambda _, work: begun.append(work)})()

        schedule_publishes(app, {})

    assert begun == []
