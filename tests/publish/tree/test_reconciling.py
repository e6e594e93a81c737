"""Drift: what somebody did to a target is found and put right, and files of others are left."""

from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import Yard, audit, memory_target, publishing
from support.simulator import Simulator
from wheelyard.publish.targets.target import ObjectHeaders

pytestmark = pytest.mark.anyio

HEADERS = ObjectHeaders("text/plain", "no-cache")


async def begun(yard: Yard) -> None:
    """Publish two projects."""
    for name in ("acme", "other"):
        await publish(yard.app, make_wheel(name, "1.0"))
    await yard.publish()


async def path_of(yard: Yard, ending: str) -> str:
    """Return where the object of `acme` with that ending is."""
    paths = [each.path async for each in yard.target.listing()]
    (found,) = [path for path in paths if path.endswith(ending) and "acme" in path]
    return found


@pytest.mark.parametrize("views", ["always", "never"])
@pytest.mark.parametrize("ending", [".whl", ".metadata", "index.html", "index.json.zst"])
async def test_object_that_was_deleted_is_put_back(
    tmp_path: Path, simulator: Simulator, views: str, ending: str
) -> None:
    """A-90: a publish that compares finds it, and a second one has nothing left to do."""
    async with publishing(tmp_path, simulator, memory_target(), views=views) as yard:
        await begun(yard)
        await yard.target.inner.remove([await path_of(yard, ending)])
        overlooked = await yard.publish()

        report = await yard.publish(reconcile="listing")

        await audit(yard.target, may_wait=False)
        again = await yard.publish(reconcile="listing")
    assert (overlooked.outcome, report.healed, report.strays) == ("unchanged", 1, 0)
    assert (again.outcome, again.healed, again.strays) == ("unchanged", 0, 0)


async def test_page_in_the_folder_that_was_deleted_is_put_back(
    tmp_path: Path, simulator: Simulator
) -> None:
    """In a directory with views as well, through whose links nothing is taken for a stray."""
    async with publishing(tmp_path, simulator) as yard:
        await begun(yard)
        (tmp_path / "tree/views/a/simple/acme/index.html").unlink()

        report = await yard.publish(reconcile="listing")

        await audit(yard.target, may_wait=False)
    assert (report.healed, report.strays, report.view) == (1, 0, "b")


@pytest.mark.parametrize("ending", [".whl", "index.html"])
async def test_object_with_other_bytes_of_the_same_length_is_found_by_reading(
    tmp_path: Path, simulator: Simulator, ending: str
) -> None:
    """A listing does not show it; reading everything does."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        path = await path_of(yard, ending)
        content = await yard.target.get(path, 10**6) or b""
        await yard.target.inner.put(path, b"x" * len(content), HEADERS)
        overlooked = await yard.publish(reconcile="listing")

        report = await yard.publish(reconcile="deep")

        await audit(yard.target, may_wait=False)
    assert (overlooked.healed, report.healed) == (0, 1)


async def test_what_tells_of_the_tree_is_made_again(tmp_path: Path, simulator: Simulator) -> None:
    """A manifest that is gone, or `wheelyard.json` itself: the tree is still known as ours."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await yard.target.inner.remove(["-/manifest"])
        await yard.publish(reconcile="listing")
        await audit(yard.target, may_wait=False)
        await yard.target.inner.remove(["wheelyard.json"])

        await yard.publish()

        await audit(yard.target, may_wait=False)


async def test_strays_go_and_files_of_others_stay(tmp_path: Path, simulator: Simulator) -> None:
    """Only what a publisher could have written is taken away."""
    strays = [
        f"packages/aa/bb/{'c' * 60}/gone-1.0-py3-none-any.whl",
        "simple/gone/index.html",
        "simple/acme/index.txt.gz",
        "simple/acme/index.html.zst.old",
        "robots.txt",
        "packages/README",
    ]
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        for path in strays:
            await yard.target.inner.put(path, b"?", HEADERS)

        report = await yard.publish(reconcile="listing")

        there = {each.path async for each in yard.target.listing()}
    assert report.strays == 2
    assert set(strays) & there == set(strays[2:])


async def test_dry_run_says_what_is_wrong_and_changes_nothing(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Neither in the target nor in the catalog."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await begun(yard)
        await yard.target.inner.remove([await path_of(yard, ".whl")])
        yard.target.forget()

        planned = await yard.publish(reconcile="listing", is_dry=True)
        report = await yard.publish(reconcile="listing")

    assert (planned.outcome, planned.healed, report.healed) == ("planned", 1, 1)
    assert len(yard.target.puts) == 1


async def test_comparison_comes_by_itself_once_in_a_while(
    tmp_path: Path, simulator: Simulator
) -> None:
    """`reconcile_seconds`, without being asked."""
    async with publishing(tmp_path, simulator, memory_target(), reconcile_seconds=0.001) as yard:
        await begun(yard)
        await yard.target.inner.remove([await path_of(yard, ".whl")])

        report = await yard.publish()

    assert report.healed == 1
