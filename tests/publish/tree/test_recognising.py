"""What a target is, before anything is written there."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from support.own_files import publish
from support.packages import make_wheel
from support.publishing import audit, memory_target, publishing
from support.simulator import Simulator
from wheelyard.errors import BadInput, ConfigError
from wheelyard.publish.targets.target import ObjectHeaders

pytestmark = pytest.mark.anyio

HEADERS = ObjectHeaders("text/plain", "no-cache")


async def test_place_with_other_files_is_refused(tmp_path: Path, simulator: Simulator) -> None:
    """Somebody's home directory is not made a tree, whatever is missing in it."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.target.inner.put("holiday.jpg", b"sun", HEADERS)

        with pytest.raises(BadInput, match="is not empty, and what is there is no published tree"):
            await yard.publish()

    assert yard.target.puts == []


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"{}", "cannot be published to"), (b'{"format": 99}', "has format 99")],
)
async def test_tree_that_cannot_be_read_is_refused(
    tmp_path: Path, simulator: Simulator, content: bytes, sentence: str
) -> None:
    """One of a later version, or something that only has the name."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.target.inner.put("wheelyard.json", content, HEADERS)

        with pytest.raises(BadInput, match=sentence):
            await yard.publish()


async def test_tree_of_another_data_directory_is_taken_over_on_request(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Nothing is sent that is there already, and what nobody knows goes."""
    target = memory_target()
    acme, old = make_wheel("acme", "1.0"), make_wheel("old", "1.0")
    async with publishing(tmp_path / "first", simulator, target) as yard:
        await publish(yard.app, acme)
        await publish(yard.app, old)
        await yard.publish()
    async with publishing(tmp_path / "second", simulator, target) as yard:
        await publish(yard.app, acme)
        with pytest.raises(BadInput, match=r"published from another data directory.*--adopt"):
            await yard.publish()
        assert yard.target.puts == []

        await yard.publish(adopts=True)

        found = await audit(yard.target, may_wait=False)
        again = await yard.publish()
    assert found.projects == ["acme"]
    assert [path for path in yard.target.puts if path.endswith(".whl")] == []
    assert again.outcome == "unchanged"


async def test_tree_that_the_catalog_has_forgotten_is_gone_on_with(
    tmp_path: Path, simulator: Simulator
) -> None:
    """After a restore of the data directory the rows may be older than the tree."""
    async with publishing(tmp_path, simulator) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        row = await yard.app.catalog.published.target(yard.target.url)
        assert row is not None
        await yard.app.catalog.published.begin(replace(row, tree="0" * 32))
        yard.target.forget()

        await yard.publish()

        await audit(yard.target, may_wait=False)
    assert [path for path in yard.target.puts if path.endswith(".whl")] == []


async def test_target_that_was_emptied_gets_everything_anew(
    tmp_path: Path, simulator: Simulator
) -> None:
    """The rows say that all is there; what counts is what is there."""
    async with publishing(tmp_path, simulator, memory_target()) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        yard.target.inner = memory_target()

        await yard.publish()

        await audit(yard.target, may_wait=False)


async def test_other_kind_of_tree_than_wanted_is_refused(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Half of a tree without views would stay beside one with them."""
    async with publishing(tmp_path, simulator, views="never") as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        await yard.publish()
        yard.set(views="always")

        with pytest.raises(ConfigError, match="published without views, and `views` is `always`"):
            await yard.publish()
        yard.set(views="auto")
        assert (await yard.publish()).outcome == "unchanged"


@pytest.mark.parametrize("views", ["always", "never"])
async def test_tree_that_is_newer_than_the_catalog_is_made_what_the_index_is_now(
    tmp_path: Path, simulator: Simulator, views: str
) -> None:
    """After a restore from an older backup the rows are of a tree that is not there any more."""
    target, acme = memory_target(), make_wheel("acme", "1.0")
    async with publishing(tmp_path, simulator, target, views=views) as yard:
        await publish(yard.app, acme)
        await yard.publish()
    shutil.copytree(tmp_path / "data", tmp_path / "kept")
    async with publishing(tmp_path, simulator, target, views=views) as yard:
        await publish(yard.app, make_wheel("acme", "2.0"))
        await publish(yard.app, make_wheel("later", "1.0"))
        await yard.publish()
    shutil.rmtree(tmp_path / "data")
    shutil.copytree(tmp_path / "kept", tmp_path / "data")

    async with publishing(tmp_path, simulator, target, views=views) as yard:
        await yard.publish()
        found = await audit(target, may_wait=False)

    assert found.files == {"acme": [acme.filename]}


async def test_tree_that_is_taken_over_stays_as_it_is_until_the_new_view_counts(
    tmp_path: Path, simulator: Simulator
) -> None:
    """With `--no-activate` clients keep every page and file that they had."""
    target = memory_target()
    async with publishing(tmp_path / "first", simulator, target, views="always") as yard:
        await publish(yard.app, make_wheel("old", "1.0"))
        await yard.publish()
    before = await audit(target)
    async with publishing(
        tmp_path / "second", simulator, target, views="always", removal_delay_seconds=0.0
    ) as yard:
        await publish(yard.app, make_wheel("acme", "1.0"))
        first = await yard.publish(adopts=True, activates=False)
        await yard.publish(activates=False, reconcile="listing")
        after = await audit(target)
        switched = await yard.switch("activate")
        last = await yard.publish(reconcile="listing")
        found = await audit(target, may_wait=False)

    assert (first.is_active, first.strays) == (False, 0)
    assert before.files == after.files == {"old": ["old-1.0-py3-none-any.whl"]}
    assert switched.is_new
    assert last.strays
    assert list(found.files) == ["acme"]
