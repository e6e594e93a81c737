"""A tree is read through the view that counted when its reader came."""

import pytest

from publish.targets.places import HEADERS, bucket_in_memory
from wheelyard.errors import Absent, Unavailable
from wheelyard.publish.targets.object_store import ObjectStoreTarget
from wheelyard.publish.targets.views import ThroughViews, parse_pointer
from wheelyard.wire.tree import View

pytestmark = pytest.mark.anyio

PATHS = ("simple/index.json", "wheelyard.json")


async def bucket_with_views() -> ObjectStoreTarget:
    """Return a bucket with two views and a file."""
    target = bucket_in_memory()
    for view in ("a", "b"):
        for path in PATHS:
            await target.put(f"views/{view}/{path}", f"{view} {path}".encode(), HEADERS)
    await target.put("packages/ab/wheel", b"wheel", HEADERS)
    return target


async def joined(tree: ThroughViews, path: str) -> bytes:
    """Return all bytes of an object, as they are streamed."""
    return b"".join([chunk async for chunk in tree.read(path)])


@pytest.mark.parametrize("content", [b"a", b"a\n", b" a \r\n"])
def test_pointer_names_a_view(content: bytes) -> None:
    """A line break at the end does no harm."""
    assert parse_pointer(content) == "a"


@pytest.mark.parametrize("content", [b"", b"c", b"ab", b"<html>a</html>", b"views/a"])
def test_anything_else_is_no_pointer(content: bytes) -> None:
    """What a web server says of a folder is no view."""
    assert parse_pointer(content) is None


async def test_paths_lead_to_the_view_that_counts() -> None:
    """A reader asks as if there were no views; what views share is where it always is."""
    target = await bucket_with_views()
    await target.switch("b")
    tree = ThroughViews(target, target.active)

    assert await tree.get("simple/index.json", 100) == b"b simple/index.json"
    assert await joined(tree, "wheelyard.json") == b"b wheelyard.json"
    assert await tree.get("packages/ab/wheel", 100) == b"wheel"
    assert await joined(tree, "packages/ab/wheel") == b"wheel"
    assert await tree.get("views/a/wheelyard.json", 100) == b"a wheelyard.json"
    assert tree.url == target.url


async def test_reader_keeps_to_its_view_during_a_switch() -> None:
    """What it has read and what it reads next belong together."""
    target = await bucket_with_views()
    await target.switch("a")
    tree = ThroughViews(target, target.active)
    first = await tree.get("simple/index.json", 100)
    await target.switch("b")

    assert first == b"a simple/index.json"
    assert await tree.get("wheelyard.json", 100) == b"a wheelyard.json"
    assert await ThroughViews(target, target.active).get("wheelyard.json", 100) == (
        b"b wheelyard.json"
    )


async def test_tree_without_views_is_read_as_it_is() -> None:
    """Most buckets have no views."""
    target = bucket_in_memory()
    await target.put("wheelyard.json", b"{}", HEADERS)
    tree = ThroughViews(target, target.active)

    assert await tree.get("wheelyard.json", 100) == b"{}"
    assert await joined(tree, "wheelyard.json") == b"{}"


async def test_what_the_view_has_not_may_stand_beside_it() -> None:
    """An edge may lead a path to the view by itself, and have nothing below `views/`."""
    target = bucket_in_memory()
    await target.switch("a")
    await target.put("wheelyard.json", b"{}", HEADERS)
    tree = ThroughViews(target, target.active)

    assert await tree.get("wheelyard.json", 100) == b"{}"
    assert await joined(tree, "wheelyard.json") == b"{}"
    assert await tree.get("simple/index.json", 100) is None
    with pytest.raises(Absent, match=r"simple/index\.json"):
        await joined(tree, "simple/index.json")


async def test_pointer_that_cannot_be_read_is_asked_for_again() -> None:
    """A failure is not an answer, and is not remembered."""
    target = await bucket_with_views()
    await target.switch("b")
    asked: list[None] = []

    async def find() -> View | None:
        asked.append(None)
        if len(asked) == 1:
            raise Unavailable("The pointer", "of a cut line")
        return await target.active()

    tree = ThroughViews(target, find)
    with pytest.raises(Unavailable):
        await tree.get("wheelyard.json", 100)

    assert await tree.get("wheelyard.json", 100) == b"b wheelyard.json"
    assert await tree.get("simple/index.json", 100) == b"b simple/index.json"
    assert len(asked) == 2
