"""Removing: last, late, and never what somebody still may be given."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from support.app import NO_PIP, settings, upstream
from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.publishing import Recorded, Yard, audit, memory_target, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN, running
from wheelyard.catalog.curation import Removal, StatusChange
from wheelyard.model import ProjectStatus
from wheelyard.names import ProjectName
from wheelyard.publish.tree.parts import ChangedObject, Hooks
from wheelyard.settings import NamesSettings, PublishSettings, parse_pattern

pytestmark = pytest.mark.anyio

ACME = ProjectName("acme")


async def begun(yard: Yard) -> None:
    """Publish two releases of one project, and another project."""
    for version in ("1.0", "2.0"):
        await publish(yard.app, make_wheel("acme", version))
    await publish(yard.app, make_wheel("other", "1.0"))
    await yard.publish()


async def delete(yard: Yard, version: str | None) -> None:
    """Delete a release, or the whole project."""
    removal = Removal(yard.app.indexes[MAIN].owner, ACME, version)
    await yard.app.catalog.curator.delete(removal, ALICE)
    await yard.app.noticing.notice()


async def quarantine(yard: Yard) -> None:
    """Put the project into quarantine."""
    status = ProjectStatus("quarantined", "malware")
    change = StatusChange(yard.app.indexes[MAIN].owner, ACME, status)
    await yard.app.catalog.curator.set_status(change, ALICE)
    await yard.app.noticing.notice()


async def wheels(yard: Yard) -> int:
    """Return how many wheels of the project are in the target."""
    paths = [each.path async for each in yard.target.listing("packages/")]
    return sum("acme" in path and path.endswith(".whl") for path in paths)


async def test_file_waits_until_no_cache_has_a_page_that_lists_it(
    tmp_path: Path, simulator: Simulator
) -> None:
    """`removal_delay_seconds`; the page has lost it before."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await delete(yard, "1.0")

        first = await yard.publish()
        kept = await wheels(yard)
        yard.set(removal_delay_seconds=0.0)
        later = await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert (first.removed, first.waiting, kept) == (0, 2, 2)
    assert (later.removed, later.waiting) == (2, 0)
    assert len(found.files["acme"]) == 1


async def test_file_that_is_listed_again_stays(tmp_path: Path, simulator: Simulator) -> None:
    """A release that was quarantined and released has its files at once."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await quarantine(yard)
        await yard.publish()
        status = StatusChange(yard.app.indexes[MAIN].owner, ACME, ProjectStatus())
        await yard.app.catalog.curator.set_status(status, ALICE)
        await yard.app.noticing.notice()

        await yard.publish()

        found = await audit(yard.target, may_wait=False)
    assert len(found.files["acme"]) == 2


async def test_project_that_is_gone_has_no_page(tmp_path: Path, simulator: Simulator) -> None:
    """The list first, then its page, in which order a client cannot fall between."""
    steps: list[str] = []
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await delete(yard, None)
        yard.target.before = lambda word, path: steps.append(f"{word} {path}")

        report = await yard.publish()

        found = await audit(yard.target)
    assert found.projects == ["other"]
    assert report.pages_gone == 1
    assert steps.index("put simple/index.json") < steps.index("remove simple/acme/index.html")


@pytest.mark.parametrize("views", ["always", "never"])
async def test_files_in_quarantine_go_at_once(
    tmp_path: Path, simulator: Simulator, views: str
) -> None:
    """Whatever the delay, and from the view that could be gone back to as well."""
    async with publishing(tmp_path, simulator, memory_target(), views=views) as yard:
        await begun(yard)
        await publish(yard.app, make_wheel("other", "2.0"))
        await yard.publish()
        await quarantine(yard)

        report = await yard.publish()

        left = await wheels(yard)
        await audit(yard.target, may_wait=False)
        if views == "always":
            await yard.switch("rollback")
            found = await audit(yard.target, is_half_done=True)
            assert found.files["acme"] == []
    assert (report.removed, left) == (4, 0)


async def test_files_of_a_blocked_name_go_at_once(tmp_path: Path, simulator: Simulator) -> None:
    """As in quarantine, and they do not come back with a rollback either."""
    target = memory_target()
    async with publishing(tmp_path, simulator, target, views="always") as yard:
        await begun(yard)
        await publish(yard.app, make_wheel("other", "2.0"))
        await yard.publish()
    names = NamesSettings(blocked=(parse_pattern("acme"),))
    blocking = replace(settings(tmp_path / "data", upstream(simulator)), names=names)
    made = PublishSettings(name=MAIN, views="always")
    async with running(blocking, NO_PIP) as app:
        yard = Yard(app, Recorded(target), made)

        report = await yard.publish()

        left = [each.path async for each in target.listing() if "acme" in each.path]
        switched = await yard.switch("rollback")
    assert report.removed == 4
    assert left == []
    assert switched.is_new


async def test_quarantine_reaches_the_view_that_counts_although_it_was_to_wait(
    tmp_path: Path, simulator: Simulator
) -> None:
    """With `--no-activate` too: no page of either view lists a file that is not there any more."""
    async with publishing(tmp_path, simulator, memory_target(), views="always") as yard:
        await begun(yard)
        await publish(yard.app, make_wheel("other", "2.0"))
        await yard.publish()
        await yard.switch("rollback")
        await quarantine(yard)

        report = await yard.publish(activates=False)

        counts = await audit(yard.target, is_half_done=True)
        await yard.switch("activate")
        waits = await audit(yard.target, may_wait=False)
    assert (report.is_active, report.removed) == (False, 4)
    assert counts.files["acme"] == waits.files["acme"] == []


async def test_caches_are_told_what_was_removed(
    tmp_path: Path, simulator: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the publish that removed it: nobody may publish again for days."""
    told: list[str] = []
    owed: list[str] = []

    async def note(_: int, changed: Sequence[ChangedObject]) -> None:
        owed.extend(each.path for each in changed)

    async def purge(_: int, __: int) -> None:
        told.extend(owed)
        owed.clear()

    @asynccontextmanager
    async def hooks(*_: object) -> AsyncIterator[Hooks]:
        yield Hooks(None, note, purge)

    monkeypatch.setattr("wheelyard.app.publishing._hooks", hooks)
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await quarantine(yard)

        await yard.publish()

    assert sum("acme-" in path and path.startswith("packages/") for path in told) == 4
    assert owed == []


async def test_file_that_another_project_lists_stays(tmp_path: Path, simulator: Simulator) -> None:
    """Paths are made of digests, so two projects may have one; it is removed with the last."""
    from wheelyard.catalog.published import ObjectsChange
    from wheelyard.decide.publishing import ObjectState

    async with publishing(tmp_path, simulator, memory_target(), removal_delay_seconds=0.0) as yard:
        await begun(yard)
        published = yard.app.catalog.published
        row = await published.target(yard.target.url)
        assert row is not None
        known = await published.known(row.id, ["acme"])
        (shared,) = [
            each
            for each in known.objects["acme"]
            if each.path.endswith("1.0-py3-none-any.whl") and "1.0" in each.path
        ]
        twin = ObjectState("twin", shared.path, "file", shared.sha256, shared.size)
        await published.save_objects(row.id, ObjectsChange(saved=[twin]))
        await delete(yard, "1.0")

        report = await yard.publish()

        there = await yard.target.get(shared.path, 10**6)
    assert report.removed == 1  # the metadata alone
    assert there is not None
