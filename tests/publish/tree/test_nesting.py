"""A tree in another one is refused, whatever is said of either."""

from pathlib import Path
from uuid import uuid4

import pytest

from support.radosgw import RadosGw
from wheelyard.blobs.object_store import ObjectStore, StoreRules
from wheelyard.blobs.store_urls import parse_store_url
from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.targets import ObjectHeaders, open_target
from wheelyard.publish.targets.object_store import ObjectStoreTarget
from wheelyard.publish.tree.nesting import refuse_nested

pytestmark = pytest.mark.anyio

HEADERS = ObjectHeaders("application/json", "no-cache")
INFO = b'{"format": 1}'


async def make_tree(url: str, environment: dict[str, str], *, has_views: bool = False) -> None:
    """Have a tree at ``url``; one with views has none that counts yet."""
    async with open_target(url, environment) as tree:
        await tree.put("views/a/wheelyard.json" if has_views else "wheelyard.json", INFO, HEADERS)


async def sentence_about(url: str, environment: dict[str, str], *known: str) -> str:
    """Return why nothing is published to ``url``; empty if nothing is against it."""
    async with open_target(url, environment) as target:
        try:
            await refuse_nested(target, environment, known)
        except BadInput as error:
            return str(error)
    return ""


@pytest.mark.parametrize("has_views", [False, True])
@pytest.mark.parametrize("place", ["tree/sub", "tree/views/a", "tree/simple/x/y", "link/sub"])
async def test_place_in_a_tree_is_refused(tmp_path: Path, place: str, *, has_views: bool) -> None:
    """Also by way of a link, and in a tree whose first publish has not ended."""
    (tmp_path / "link").symlink_to(tmp_path / "tree")
    await make_tree(str(tmp_path / "tree"), {}, has_views=has_views)

    said = await sentence_about(str(tmp_path / place), {})

    outer = tmp_path / place.partition("/")[0]
    assert said.startswith(f"`{tmp_path / place}` is in `{outer}`, which is a published tree")
    assert said.endswith(
        "Name a place beside it, such as `TREES/main` and `TREES/team` for two "
        "indexes. Nothing was written."
    )


async def test_place_with_a_tree_in_it_is_refused_while_that_is_there(tmp_path: Path) -> None:
    """What the catalog alone remembers is in nobody's way."""
    outer, inner = str(tmp_path / "tree"), str(tmp_path / "tree/for/team")
    before = await sentence_about(outer, {}, inner)
    await make_tree(inner, {})

    said = await sentence_about(outer, {}, inner)

    assert before == ""
    assert said.startswith(f"`{outer}` has in it `{inner}`, which is a published tree")


async def test_places_beside_each_other_are_fine(tmp_path: Path) -> None:
    """As is the tree itself, and one in a folder with somebody's own `wheelyard.json`."""
    for name in ("tree", "tree-team"):
        await make_tree(str(tmp_path / name), {})
    (tmp_path / "wheelyard.json").write_text('{"colour": "blue"}', "utf-8")
    known = [str(tmp_path / "tree"), str(tmp_path / "tree-team")]

    assert [await sentence_about(url, {}, *known) for url in known] == ["", ""]


async def test_folder_that_may_not_be_read_is_in_nobodys_way(tmp_path: Path) -> None:
    """Rights often end at the target."""
    async with open_target(str(tmp_path / "tree"), {}) as target:
        await target.put("packages/x", b"", HEADERS)
    (tmp_path / "wheelyard.json").symlink_to(
        "wheelyard.json"
    )  # it cannot be opened, by root either

    assert await sentence_about(str(tmp_path / "tree"), {}) == ""


async def test_prefix_in_a_prefix_is_refused(radosgw: RadosGw) -> None:
    """In a bucket as on a disk, in both directions."""
    bucket = radosgw.make_bucket(f"nesting-{uuid4().hex}")
    environment = dict(radosgw.environment)
    await make_tree(f"{bucket}/python/main", environment)

    inner = await sentence_about(f"{bucket}/python/main/x", environment)
    outer = await sentence_about(f"{bucket}/python", environment, f"{bucket}/python/main")
    beside = await sentence_about(f"{bucket}/python/team", environment, f"{bucket}/python/main")

    assert inner.startswith(f"`{bucket}/python/main/x` is in `{bucket}/python/main`, which")
    assert outer.startswith(f"`{bucket}/python` has in it `{bucket}/python/main`, which")
    assert beside == ""


async def test_store_that_is_away_is_told_of_as_ever() -> None:
    """The places around it would fail in the same way, one after the other."""
    environment = {
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "hush",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    rules = StoreRules(retry_seconds=0.0)
    store = ObjectStore(parse_store_url("s3://bucket/a/b"), environment, rules)

    with pytest.raises(Unavailable, match="nobody listens at its endpoint"):
        await refuse_nested(ObjectStoreTarget(store), environment, ())
