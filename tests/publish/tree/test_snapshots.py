"""The database to query, told of each page as it is published."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import hold, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN
from wheelyard.app.snapshots import TreeSnapshot, open_tree_snapshot, write_snapshot
from wheelyard.errors import Unavailable
from wheelyard.model import Project
from wheelyard.names import ProjectName, Sha256
from wheelyard.repository import Repository

pytestmark = pytest.mark.anyio


async def test_snapshot_of_a_tree_is_that_of_the_index_after_each_publish(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Byte for byte: the first time, after some changes, and where all is looked at again."""
    async with publishing(tmp_path, simulator) as yard:

        async def same() -> bool:
            await yard.publish()
            fresh = await write_snapshot(yard.app, MAIN, tmp_path / "fresh.sqlite")
            return await yard.target.sha256("snapshot.sqlite") == fresh.sha256

        await publish(yard.app, make_wheel("acme", "1.0"))
        await hold(yard.app, make_wheel("demo", "1.0"))
        first = await same()
        await publish(yard.app, make_wheel("acme", "2.0", requires=["demo"]))
        await publish(yard.app, make_wheel("beta", "1.0"))
        changed = await same()
        await yard.publish(reconcile="deep")
        await publish(yard.app, make_wheel("beta", "2.0"))
        later = await same()

    assert (first, changed, later) == (True, True, True)


async def test_page_is_read_once_for_the_tree_and_its_snapshot(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And none of a project that has not changed."""
    asked: list[str] = []
    async with publishing(tmp_path, simulator) as yard:
        index = yard.app.indexes[MAIN]
        kind = type((index.held or index).chain.repository)
        original = kind.project

        async def project(self: Repository, name: ProjectName) -> Project:
            asked.append(name)
            return await original(self, name)

        monkeypatch.setattr(kind, "project", project)
        for name in ("acme", "beta"):
            await publish(yard.app, make_wheel(name, "1.0"))
        await yard.publish()
        first = sorted(asked)
        asked.clear()
        await publish(yard.app, make_wheel("beta", "2.0"))
        await yard.publish()

    assert first == ["acme", "beta"]
    assert asked == ["beta"]


@pytest.mark.parametrize("step", ["tell", "finish"])
async def test_snapshot_that_cannot_be_made_holds_up_no_page(
    step: str, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The report names it, the one before stays, and a later publish makes one."""

    class Failing(TreeSnapshot):
        """A snapshot for which there is no room."""

        async def tell(self, name: ProjectName, project: Project | None) -> None:
            """Take up a page."""
            if step == "tell":
                raise Unavailable("the snapshot", "the disk is full")
            await super().tell(name, project)

        async def finish(self, path: Path, names: frozenset[ProjectName] | None) -> Sha256:
            """Write the database."""
            raise Unavailable("the snapshot", "the disk is full")

    @asynccontextmanager
    async def opened(app, index, since, serial) -> AsyncIterator[TreeSnapshot]:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as the one that it stands for
        async with open_tree_snapshot(app, index, since, serial) as snapshot:
            yield Failing(app, index, since, serial, snapshot.stack)

    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        before = await yard.target.sha256("snapshot.sqlite")
        await publish(yard.app, make_wheel("acme", "2.0"))
        with monkeypatch.context() as patch:
            patch.setattr("wheelyard.app.publishing.open_tree_snapshot", opened)
            report = await yard.publish()
        kept = await yard.target.sha256("snapshot.sqlite")
        await publish(yard.app, make_wheel("acme", "3.0"))
        healed = await yard.publish()
        fresh = await write_snapshot(yard.app, MAIN, tmp_path / "fresh.sqlite")
        after = await yard.target.sha256("snapshot.sqlite")

    assert [each.project for each in report.problems] == ["snapshot.sqlite"]
    assert (report.outcome, report.is_switched, kept) == ("partial", True, before)
    assert (healed.outcome, after) == ("done", fresh.sha256)


async def test_tree_without_a_new_snapshot_opens_none(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trial, and one whose snapshot is young, cost nothing."""
    told: list[ProjectName] = []
    original = TreeSnapshot.tell

    async def tell(self: TreeSnapshot, name: ProjectName, project: Project | None) -> None:
        told.append(name)
        await original(self, name, project)

    monkeypatch.setattr(TreeSnapshot, "tell", tell)
    async with publishing(tmp_path, simulator, snapshot_seconds=3_600.0) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish(is_dry=True)
        of_trial = list(told)
        await yard.publish()
        of_first = list(told)
        await publish(yard.app, make_wheel("acme", "2.0"))
        await yard.publish()

    assert (of_trial, of_first, told) == ([], ["acme"], ["acme"])


@pytest.mark.parametrize("views", ["always", "never"])
async def test_snapshot_that_could_not_be_made_is_made_by_the_next_publish(
    views: str, tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although nothing has changed since: `publish again` is what the report says."""
    async with publishing(tmp_path, simulator, views=views) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        await publish(yard.app, make_wheel("acme", "2.0"))
        with monkeypatch.context() as patch:
            patch.setattr(TreeSnapshot, "finish", _fail)
            failed = await yard.publish()
        again = await yard.publish()
        fresh = await write_snapshot(yard.app, MAIN, tmp_path / "fresh.sqlite")
        after = await yard.target.sha256("snapshot.sqlite")
        last = await yard.publish()

    assert (failed.outcome, again.outcome, last.outcome) == ("partial", "done", "unchanged")
    assert after == fresh.sha256


async def test_snapshot_that_was_too_young_is_made_when_it_is_due(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Although no page has changed since."""
    async with publishing(tmp_path, simulator, snapshot_seconds=3_600.0) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        await publish(yard.app, make_wheel("acme", "2.0"))
        await yard.publish()
        young = await yard.publish()
        yard.set(snapshot_seconds=1e-9)
        due = await yard.publish()
        fresh = await write_snapshot(yard.app, MAIN, tmp_path / "fresh.sqlite")
        after = await yard.target.sha256("snapshot.sqlite")

    assert (young.outcome, due.outcome) == ("unchanged", "done")
    assert after == fresh.sha256


async def _fail(*_: object) -> Sha256:
    """Find no room."""
    raise Unavailable("the snapshot", "the disk is full")
