"""Publishing as the program does it: who may, one at a time, when it is due, and on each change."""

import hashlib
import hmac
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import anyio
import pytest

from support.app import app_on
from support.own_files import publish
from support.packages import make_wheel
from support.publishing import audit, hold, memory_target, order_of
from support.simulator import Simulator, running_simulator
from support.told import Told
from wheelyard.app import MAIN
from wheelyard.app.publishing import (
    PublishOrder,
    publish_to,
    run_publish,
    run_switch,
)
from wheelyard.errors import BadInput, Refused
from wheelyard.publish.targets import Target
from wheelyard.publish.tree import Account, Report
from wheelyard.publish.tree.nesting import refuse_nested
from wheelyard.settings import (
    HookUrl,
    IndexSettings,
    NamesSettings,
    PublishSettings,
    Secret,
    TellingSettings,
    parse_pattern,
)

pytestmark = pytest.mark.anyio

DEMO = make_wheel("demo", "1.0")


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    """Run an upstream with one project."""
    with running_simulator() as simulator:
        simulator.add(DEMO)
        yield simulator


async def test_index_for_members_is_refused_unless_that_is_meant(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Whoever can read the target can read all of it. Nothing is written before."""
    rules = (IndexSettings(name=MAIN, read="members"),)
    async with app_on(tmp_path / "data", simulator, indexes=rules) as app:
        await publish(app, make_wheel("acme", "1.0"))
        with pytest.raises(Refused, match=r"only members may read it.*`--members`"):
            await run_publish(app, order_of(tmp_path), Account())
        with pytest.raises(Refused, match="only members may read it"):
            await run_switch(app, order_of(tmp_path), "rollback")
        assert not (tmp_path / "tree").exists()

        report = await run_publish(app, order_of(tmp_path, members=True), Account())

    assert report.outcome == "done"


async def test_index_that_is_not_there_is_refused(tmp_path: Path, simulator: Simulator) -> None:
    """With those that there are, and with the command that adds one. Nothing is opened for it."""
    order = PublishOrder(PublishSettings(name="nothing", target=str(tmp_path / "tree")), {})
    async with app_on(tmp_path / "data", simulator) as app:
        with pytest.raises(BadInput, match=r"only `hosted`, `main`.*`wheelyard index add nothing`"):
            await run_publish(app, order, Account())


@pytest.mark.parametrize("place", ["data", "data/public", "."])
async def test_data_directory_is_no_place_for_a_tree(
    tmp_path: Path, simulator: Simulator, place: str
) -> None:
    """Neither in it nor around it: what a web server gives out must not have the keys in it."""
    order = PublishOrder(PublishSettings(name=MAIN, target=str(tmp_path / place)), {})
    async with app_on(tmp_path / "data", simulator) as app:
        with pytest.raises(BadInput, match="because of the data directory"):
            await run_publish(app, order, Account())

    assert [each.name async for each in anyio.Path(tmp_path).iterdir()] == ["data"]
    assert not await anyio.Path(tmp_path, "data", "public").exists()


async def test_tree_in_a_tree_is_refused_before_anything_is_written(
    tmp_path: Path, simulator: Simulator
) -> None:
    """In both directions, planned or taken over or not; the tree that is there is as it was."""
    outer, inner = order_of(tmp_path), order_of(tmp_path / "tree/of")
    async with app_on(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))
        await run_publish(app, outer, Account())
        before = [each async for each in anyio.Path(tmp_path / "tree").rglob("*")]
        for order in (inner, replace(inner, is_dry=True), replace(inner, adopts=True)):
            with pytest.raises(BadInput, match=r"is in .* is a published tree.* Nothing was writ"):
                await run_publish(app, order, Account())
        after = [each async for each in anyio.Path(tmp_path / "tree").rglob("*")]
        again = await run_publish(app, outer, Account())
        await run_publish(app, order_of(tmp_path / "trees/main"), Account())
        with pytest.raises(BadInput, match=r"has in it .*trees/main/tree`, which is a published"):
            await run_publish(app, replace(outer, target=str(tmp_path / "trees")), Account())

    assert sorted(after) == sorted(before)
    assert again.outcome == "unchanged"


async def test_places_around_a_tree_are_looked_at_once(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before its first publish, and not with each change: in a bucket each look is paid for."""
    looked: list[str] = []

    async def note(target: Target, environment: Mapping[str, str], known: Sequence[str]) -> None:
        looked.append(target.url)
        await refuse_nested(target, environment, known)

    monkeypatch.setattr("wheelyard.app.publishing.refuse_nested", note)
    async with app_on(tmp_path / "data", simulator) as app:
        for version in ("1.0", "2.0"):
            await publish(app, make_wheel("acme", version))
            await run_publish(app, order_of(tmp_path), Account())

    assert looked == [str(tmp_path / "tree")]


async def test_second_publish_of_one_target_waits_for_the_first(
    tmp_path: Path, simulator: Simulator
) -> None:
    """And says so; then it has nothing left to do."""
    reports: list[Report] = []
    phases: set[object] = set()

    class Noting(Account):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if name == "phase":
                phases.add(value)

    async with app_on(tmp_path / "data", simulator) as app:
        await publish(app, make_wheel("acme", "1.0"))

        async def run() -> None:
            reports.append(await run_publish(app, order_of(tmp_path), Noting()))

        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(run)

    assert sorted(report.outcome for report in reports) == ["done", "unchanged"]
    assert "Waiting for another publish of this target" in phases


async def test_settings_that_pages_depend_on_have_all_of_them_made_again(
    tmp_path: Path, simulator: Simulator
) -> None:
    """No journal tells of a setting. A-43: then that root appears alone."""
    target = memory_target()
    async with app_on(tmp_path / "data", simulator) as app:
        await hold(app, DEMO)
        await publish(app, make_wheel("acme", "1.0"))
        await publish_to(app, order_of(tmp_path), Account(), target)
        moved = order_of(tmp_path, files_url="https://files.example/at")
        report = await publish_to(app, moved, Account(), target)
        page = await target.get("simple/acme/index.html", 10**6) or b""
    names = NamesSettings(blocked=(parse_pattern("acme"),))
    async with app_on(tmp_path / "data", simulator, names=names) as app:
        blocked = await publish_to(app, moved, Account(), target)
        found = await audit(target, is_half_done=True)

    assert report.pages == 2
    assert b'href="https://files.example/at/packages/' in page
    assert page.count(b"href=") == page.count(b'href="https://files.example/at/')
    assert (blocked.pages_gone, found.projects) == (1, ["demo"])


async def test_hooks_are_told_what_changed_and_can_tell_who_says_so(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Signed as news of uploads are, so that one receiver can take both."""
    telling = TellingSettings(publish_webhook_secret=Secret("hush"))
    with Told() as told:
        rules = PublishSettings(
            name=MAIN, target=str(tmp_path / "tree"), purge_hooks=(HookUrl(told.url),)
        )
        async with app_on(tmp_path / "data", simulator, telling=telling) as app:
            for version in ("1.0", "2.0"):
                await publish(app, make_wheel("acme", version))
                await run_publish(app, PublishOrder(rules, {}), Account())
    post = told.heard[-1]

    assert "project/acme" in post.json()["keys"]
    digest = hmac.new(b"hush", post.body, hashlib.sha256).hexdigest()
    assert post.headers["x-hub-signature-256"] == f"sha256={digest}"
