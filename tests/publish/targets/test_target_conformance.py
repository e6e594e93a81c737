"""What every place to publish to has to do, on a disk, in memory and in a real object store."""

import hashlib
from pathlib import Path

import anyio
import pytest

from publish.targets.places import HEADERS, PLACES, Places
from wheelyard.errors import Absent, BadInput
from wheelyard.names import Sha256
from wheelyard.publish.targets import Outgoing, Target
from wheelyard.publish.targets.held import SMALL_BYTES
from wheelyard.publish.targets.target import HeldObject

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("kind", PLACES)]

PAGE = "simple/flask/index.html"
WHEEL = "packages/ab/cd/Flask-1!3.0+local.1-py3-none-any.whl"


async def names(target: Target, prefix: str = "") -> list[str]:
    """Return the paths of a listing, in order."""
    return sorted([each.path async for each in target.listing(prefix)])


async def test_object_that_was_put_is_read_back(places: Places, kind: str) -> None:
    """What was written is there, whichever way it is read."""
    async with places.opened(kind) as target:
        await target.put(WHEEL, b"a wheel", HEADERS)
        await target.settle()

        assert await target.get(WHEEL, 100) == b"a wheel"
        assert b"".join([chunk async for chunk in target.read(WHEEL)]) == b"a wheel"
        assert await target.sha256(WHEEL) == hashlib.sha256(b"a wheel").hexdigest()


async def test_object_with_no_bytes_is_an_object(places: Places, kind: str) -> None:
    """An empty file is something else than no file."""
    async with places.opened(kind) as target:
        await target.put(PAGE, b"", HEADERS)

        assert await target.get(PAGE, 100) == b""
        assert [chunk async for chunk in target.read(PAGE) if chunk] == []
        assert await target.sha256(PAGE) == hashlib.sha256(b"").hexdigest()


async def test_absent_object_is_said_to_be_absent(places: Places, kind: str) -> None:
    """An authority answers: it is not here."""
    async with places.opened(kind) as target:
        await target.put("simple/flask-extra/index.html", b"page", HEADERS)

        assert await target.get(PAGE, 100) is None
        assert await target.get("simple/flask-extra", 100) is None
        assert await target.sha256(PAGE) is None
        with pytest.raises(Absent, match=PAGE):
            _ = [chunk async for chunk in target.read(PAGE)]


async def test_empty_place_has_nothing(places: Places, kind: str) -> None:
    """A place that nobody published to is empty, and not an error."""
    async with places.opened(kind) as target:
        assert await names(target) == []
        assert await target.get(PAGE, 100) is None
        assert await target.active() is None
        await target.remove([PAGE])
        await target.settle()


async def test_object_replaces_the_one_before(places: Places, kind: str) -> None:
    """A second write of the same path counts."""
    async with places.opened(kind) as target:
        await target.put(PAGE, b"old and long", HEADERS)
        await target.put(PAGE, b"new", HEADERS)

        assert await target.get(PAGE, 100) == b"new"


async def test_file_is_put_from_the_disk(places: Places, kind: str, tmp_path: Path) -> None:
    """A body may be a file, of any length."""
    content = b"0123456789abcdef" * 65_537
    file = tmp_path / "blob"
    file.write_bytes(content)
    async with places.opened(kind) as target:
        await target.put(WHEEL, file, HEADERS)

        assert await target.sha256(WHEEL) == hashlib.sha256(content).hexdigest()
    assert file.read_bytes() == content


async def test_objects_are_put_together(places: Places, kind: str) -> None:
    """Many objects with one call are all there."""
    objects = [
        Outgoing(f"simple/p{number}/index.html", str(number).encode(), HEADERS)
        for number in range(70)
    ]
    async with places.opened(kind) as target:
        await target.put_many(objects)

        assert await names(target) == sorted(each.path for each in objects)
        assert await target.get("simple/p69/index.html", 100) == b"69"


async def test_held_objects_are_put_as_far_as_they_are_sound(
    places: Places, kind: str, tmp_path: Path
) -> None:
    """Bytes are proven as they are read; what is lost, damaged or large is not written."""
    store = tmp_path / "store"
    store.mkdir()
    contents = {"sound": b"a wheel", "empty": b"", "large": b"x" * (SMALL_BYTES + 1)}
    contents |= {"most": b"y" * SMALL_BYTES, "damaged": b"a whale"}
    for name, content in contents.items():
        (store / name).write_bytes(content)
    objects = [
        HeldObject(f"packages/{name}", str(store / name), digest_of(contents, name), HEADERS)
        for name in ("sound", "lost", "empty", "damaged", "large", "most")
    ]
    async with places.opened(kind) as target:
        await target.put("packages/damaged", b"before", HEADERS)

        sizes = await target.put_held(objects)
        await target.settle()

        assert sizes == [7, None, 0, None, None, SMALL_BYTES]
        assert await names(target) == [
            f"packages/{n}" for n in ("damaged", "empty", "most", "sound")
        ]
        assert await target.get("packages/sound", 100) == b"a wheel"
        assert await target.get("packages/damaged", 100) == b"before"


def digest_of(contents: dict[str, bytes], name: str) -> Sha256:
    """Return the digest that a file was kept under."""
    content = b"a whole" if name == "damaged" else contents.get(name, b"lost")
    return Sha256(hashlib.sha256(content).hexdigest())


async def test_object_longer_than_allowed_is_refused(places: Places, kind: str) -> None:
    """Who reads says how much it can take."""
    async with places.opened(kind) as target:
        await target.put(PAGE, b"12345", HEADERS)

        assert await target.get(PAGE, 5) == b"12345"
        with pytest.raises(BadInput, match="longer than 4 bytes"):
            await target.get(PAGE, 4)


async def test_copy_has_the_bytes_of_its_source(places: Places, kind: str) -> None:
    """A copy goes its own way afterwards, and may be made again."""
    async with places.opened(kind) as target:
        await target.put("views/a/simple/index.html", b"list", HEADERS)
        await target.copy("views/a/simple/index.html", "views/b/simple/index.html")
        await target.copy("views/a/simple/index.html", "views/b/simple/index.html")
        await target.put("views/a/simple/index.html", b"changed", HEADERS)

        assert await target.get("views/b/simple/index.html", 100) == b"list"
        assert await names(target) == ["views/a/simple/index.html", "views/b/simple/index.html"]


async def test_copy_of_nothing_is_refused(places: Places, kind: str) -> None:
    """A missing source is said so, and nothing is written."""
    async with places.opened(kind) as target:
        with pytest.raises(Absent, match=PAGE):
            await target.copy(PAGE, WHEEL)

        assert await names(target) == []


async def test_removed_objects_are_gone(places: Places, kind: str) -> None:
    """Those that are not there are no error, and their neighbours stay."""
    async with places.opened(kind) as target:
        await target.put(PAGE, b"page", HEADERS)
        await target.put(WHEEL, b"wheel", HEADERS)
        await target.put("simple/flask/index.json", b"{}", HEADERS)
        await target.remove([WHEEL, "packages/none.whl", PAGE])

        assert await names(target) == ["simple/flask/index.json"]


async def test_listing_has_paths_and_lengths(places: Places, kind: str) -> None:
    """A prefix is one of characters, and not of folders."""
    async with places.opened(kind) as target:
        await target.put(PAGE, b"page", HEADERS)
        await target.put("simple/flask-extra/index.html", b"", HEADERS)
        await target.put("wheelyard.json", b"{}", HEADERS)
        found = [(each.path, each.size) async for each in target.listing()]

        assert sorted(found) == [
            ("simple/flask-extra/index.html", 0),
            (PAGE, 4),
            ("wheelyard.json", 2),
        ]
        assert await names(target, "simple/flask") == ["simple/flask-extra/index.html", PAGE]
        assert await names(target, "simple/flask/") == [PAGE]
        assert await names(target, "wheel") == ["wheelyard.json"]
        assert await names(target, "packages/") == []


async def test_listing_has_what_is_beyond_one_answer(places: Places, kind: str) -> None:
    """Stores answer with so many at a time; the real one here with a hundred."""
    objects = [Outgoing(f"packages/{number:04}", b"x", HEADERS) for number in range(230)]
    async with places.opened(kind) as target:
        await target.put_many(objects)

        assert await names(target, "packages/") == [each.path for each in objects]
        await target.remove([each.path for each in objects])
        assert await names(target) == []


async def test_switch_makes_a_view_count(places: Places, kind: str) -> None:
    """The last switch counts, and is no object of the tree."""
    async with places.opened(kind) as target:
        await target.put("views/a/wheelyard.json", b"a", HEADERS)
        await target.put("views/b/wheelyard.json", b"b", HEADERS)
        before = await target.active()
        seen = []
        for view in ("a", "b", "b", "a"):
            await target.switch(view)
            seen.append(await target.active())

        assert before is None
        assert seen == ["a", "b", "b", "a"]
        assert await names(target) == ["views/a/wheelyard.json", "views/b/wheelyard.json"]


@pytest.mark.parametrize(
    "path",
    [
        *("", "/etc/passwd", "a//b", "a/", "../a", "a/../b", "a/./b"),
        *("a\0b", "a\\b", "a\nb", "x" * 1025, ".wheelyard/a"),
    ],
)
async def test_path_that_leaves_the_tree_is_refused(places: Places, kind: str, path: str) -> None:
    """Nothing is written, read or removed outside, however it is asked for."""
    async with places.opened(kind) as target:
        for call in (
            target.put(path, b"x", HEADERS),
            target.put_many([Outgoing(path, b"x", HEADERS)]),
            target.get(path, 100),
            target.sha256(path),
            target.copy(path, "a"),
            target.copy("a", path),
            target.remove([path]),
        ):
            with pytest.raises(BadInput):
                await call
        with pytest.raises(BadInput):
            _ = [chunk async for chunk in target.read(path)]


async def test_reader_sees_the_old_or_the_new_object(places: Places, kind: str) -> None:
    """While an object is replaced again and again, every reading has one of its editions."""
    editions = [bytes([letter]) * 300_000 for letter in b"abcdefgh"]
    seen: set[bytes] = set()
    async with places.opened(kind) as target:
        await target.put(PAGE, editions[0], HEADERS)

        async def read_on() -> None:
            while True:
                content = await target.get(PAGE, 1_000_000)
                assert content is not None
                seen.add(content)
                await anyio.lowlevel.checkpoint()

        async with anyio.create_task_group() as group:
            group.start_soon(read_on)
            for edition in editions * 3:
                await target.put(PAGE, edition, HEADERS)
            group.cancel_scope.cancel()

    assert seen <= set(editions)
