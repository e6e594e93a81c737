"""Switching between views: one step, both ways, and nothing else is written."""

import hashlib
from pathlib import Path

import pytest

from support.own_files import ALICE, publish
from support.packages import make_wheel
from support.publishing import Yard, audit, memory_target, publishing
from support.simulator import Simulator
from wheelyard.app import MAIN
from wheelyard.catalog.curation import Removal
from wheelyard.errors import ConfigError
from wheelyard.names import ProjectName

pytestmark = pytest.mark.anyio


async def seen(yard: Yard) -> dict[str, str]:
    """Return the digest of everything that a client can get."""
    active = await yard.target.active()
    found = {}
    async for each in yard.target.listing():
        if each.path.startswith(f"views/{active}/") or not each.path.startswith("views/"):
            content = b"".join([chunk async for chunk in yard.target.read(each.path)])
            path = each.path.removeprefix(f"views/{active}/")
            found[path] = hashlib.sha256(content).hexdigest()
    return found


async def test_taken_back_and_forth_is_byte_for_byte_the_same(
    tmp_path: Path, simulator: Simulator
) -> None:
    """A-93: A, B, A, B, in one step each, without a single object written."""
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        first = await seen(yard)
        await publish(yard.app, make_wheel("acme", "2.0"))
        await yard.publish()
        second = await seen(yard)
        yard.target.forget()

        back = await yard.switch("rollback")
        first_again = await seen(yard)
        forth = await yard.switch("activate")
        second_again = await seen(yard)

    shared = {path: first_again[path] for path in first}
    assert shared == first
    assert second_again == second
    assert (yard.target.puts, yard.target.copies, yard.target.removed) == ([], [], [])
    assert (back.view, forth.view, yard.target.switches) == ("a", "b", ["a", "b"])
    assert back.serial < forth.serial


async def test_files_of_the_view_before_stay_for_the_way_back(
    tmp_path: Path, simulator: Simulator
) -> None:
    """However long nobody lists them: a view that can be gone back to is whole."""
    async with publishing(tmp_path, simulator, removal_delay_seconds=0.0) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await publish(yard.app, make_wheel("acme", "2.0"))
        await yard.publish()
        owner = yard.app.indexes[MAIN].owner
        await yard.app.catalog.curator.delete(Removal(owner, ProjectName("acme"), "1.0"), ALICE)
        await yard.app.noticing.notice()
        report = await yard.publish()
        await yard.publish()
        await yard.switch("rollback")

        found = await audit(yard.target)

        await yard.switch("activate")
        await publish(yard.app, make_wheel("acme", "3.0"))
        later = await yard.publish()
        rest = await audit(yard.target, may_wait=False)
    assert len(found.files["acme"]) == 2
    assert (report.removed, report.waiting) == (0, 2)
    assert later.removed == 2
    assert len(rest.files["acme"]) == 2


async def test_published_without_being_activated_waits(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Clients get what they got before, until somebody says so; the server leaves it alone."""
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        await publish(yard.app, make_wheel("acme", "2.0"))

        report = await yard.publish(activates=False)

        before = await audit(yard.target)
        row = await yard.app.catalog.published.target(yard.target.url)
        await yard.switch("activate")
        after = await audit(yard.target)
    assert row is not None
    assert (report.is_active, row.is_held) == (False, True)
    assert [len(each.files["acme"]) for each in (before, after)] == [1, 2]


async def test_publish_after_a_rollback_shows_the_newest(
    tmp_path: Path, simulator: Simulator
) -> None:
    """What was taken back is not lost, and not kept either."""
    async with publishing(tmp_path, simulator) as yard:
        for version in ("1.0", "2.0"):
            await publish(yard.app, make_wheel("acme", version))
            await yard.publish()
        await yard.switch("rollback")
        unchanged = await yard.publish()
        same = await audit(yard.target)
        await yard.switch("rollback")
        await publish(yard.app, make_wheel("acme", "3.0"))
        await yard.publish()

        found = await audit(yard.target)

    assert (unchanged.outcome, unchanged.is_switched, unchanged.view) == ("unchanged", True, "b")
    assert [len(each.files["acme"]) for each in (same, found)] == [2, 3]


async def test_what_cannot_be_switched_says_why(tmp_path: Path, simulator: Simulator) -> None:
    """No views, no older view, never published."""
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        with pytest.raises(ConfigError, match="was not published from here"):
            await yard.switch("rollback")
        await yard.publish()
        with pytest.raises(ConfigError, match="published once only"):
            await yard.switch("rollback")
        assert not (await yard.switch("activate")).is_new
        yard.target.inner = memory_target()
        await yard.publish()
        with pytest.raises(ConfigError, match="published without views"):
            await yard.switch("rollback")
