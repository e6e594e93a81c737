"""A directory as a target; what every target does is in ``test_target_conformance.py``."""

import stat
from pathlib import Path

import pytest

from publish.targets.places import HEADERS
from wheelyard.blobs import DiskThreads
from wheelyard.errors import BadInput, Unavailable
from wheelyard.publish.targets.directory import DirectoryTarget

pytestmark = pytest.mark.anyio


async def test_directory_is_made_by_the_first_write(
    directory: DirectoryTarget, tmp_path: Path
) -> None:
    """Looking at a target, as a dry run does, changes nothing."""
    found = [each async for each in directory.listing()]
    await directory.get("wheelyard.json", 100)
    await directory.remove(["a"])
    await directory.settle()
    before = tmp_path.joinpath("tree").exists()
    await directory.put("a", b"x", HEADERS)

    assert found == []
    assert not before
    assert tmp_path.joinpath("tree/a").exists()


async def test_drafts_are_gone_when_the_target_is_closed(tmp_path: Path) -> None:
    """A tree has in it what was published, and nothing else."""
    async with DirectoryTarget(tmp_path / "tree", DiskThreads()) as target:
        await target.put("a/b", b"x", HEADERS)

    assert sorted(path.name for path in tmp_path.joinpath("tree").rglob("*")) == ["a", "b"]


async def test_everybody_may_read_what_was_published(
    directory: DirectoryTarget, tmp_path: Path
) -> None:
    """The store keeps its files to itself, and a web server runs as somebody else."""
    blob = tmp_path / "blob"
    blob.write_bytes(b"wheel")
    blob.chmod(0o600)
    await directory.put("packages/ab/wheel", blob, HEADERS)

    root = tmp_path / "tree"
    modes = [
        stat.S_IMODE(root.joinpath(path).stat().st_mode)
        for path in ("packages", "packages/ab", "packages/ab/wheel")
    ]
    assert modes == [0o755, 0o755, 0o644]


async def test_file_in_place_of_a_folder_is_said(directory: DirectoryTarget) -> None:
    """The sentence has the place and what to do."""
    await directory.put("simple", b"x", HEADERS)

    with pytest.raises(Unavailable, match="at `simple/a`, a file or a link stands") as caught:
        await directory.put("simple/a", b"x", HEADERS)

    assert caught.value.failing == "disk"


async def test_folder_in_place_of_a_file_is_said(
    directory: DirectoryTarget, tmp_path: Path
) -> None:
    """The folder stays, and no draft is left."""
    await directory.put("simple/a/b", b"x", HEADERS)

    with pytest.raises(Unavailable, match="at `simple/a`, a folder stands"):
        await directory.put("simple/a", b"x", HEADERS)

    hidden = tmp_path / "tree" / ".wheelyard"
    assert [path.name for path in hidden.rglob("*") if path.is_file()] == ["lock"]
    assert await directory.get("simple/a/b", 10) == b"x"


async def test_writing_follows_no_link(directory: DirectoryTarget, tmp_path: Path) -> None:
    """A link to elsewhere is never written through."""
    outside = tmp_path / "outside"
    outside.mkdir()
    await directory.put("a", b"x", HEADERS)
    tmp_path.joinpath("tree/packages").symlink_to(outside)

    with pytest.raises(Unavailable, match="a file or a link stands"):
        await directory.put("packages/b", b"x", HEADERS)
    with pytest.raises(Unavailable, match="a file or a link stands"):
        await directory.copy("a", "packages/b")

    assert list(outside.iterdir()) == []


async def test_name_that_is_too_long_is_said(directory: DirectoryTarget) -> None:
    """A file system takes 255 bytes, an object store a kilobyte."""
    with pytest.raises(Unavailable, match="takes no name that long"):
        await directory.put("a" * 300, b"x", HEADERS)


async def test_missing_body_is_said(directory: DirectoryTarget, tmp_path: Path) -> None:
    """A file that has gone from the store leaves nothing under its name."""
    with pytest.raises(Unavailable, match="No such file"):
        await directory.put("packages/a", tmp_path / "gone", HEADERS)

    assert await directory.get("packages/a", 10) is None


async def test_view_is_read_through_its_names(directory: DirectoryTarget) -> None:
    """The names at the top lead to the view that counts."""
    await directory.put("views/a/simple/index.html", b"a", HEADERS)
    await directory.put("views/b/simple/index.html", b"b", HEADERS)
    await directory.switch("a")
    first = await directory.get("simple/index.html", 10)
    await directory.switch("b")

    assert first == b"a"
    assert await directory.get("simple/index.html", 10) == b"b"
    with pytest.raises(Unavailable, match="a file or a link stands"):
        await directory.put("simple/index.html", b"c", HEADERS)
    assert await directory.get("views/b/simple/index.html", 10) == b"b"


async def test_many_copies_have_the_same_bytes_as_what_they_are_of(
    directory: DirectoryTarget,
) -> None:
    """What has the name already is replaced, and what is not there is told."""
    await directory.put("views/a/1", b"one", HEADERS)
    await directory.put("views/a/2", b"two", HEADERS)
    await directory.put("views/b/2", b"before", HEADERS)
    pairs = [(f"views/a/{name}", f"views/b/{name}") for name in ("1", "2", "3", "none/4")]

    missing = await directory.copy_many(pairs)

    found = {each.path: await directory.get(each.path, 10) async for each in directory.listing()}
    assert missing == {"views/a/3", "views/a/none/4"}
    assert found == {
        "views/a/1": b"one",
        "views/a/2": b"two",
        "views/b/1": b"one",
        "views/b/2": b"two",
    }


async def test_write_to_one_of_two_copies_leaves_the_other_one(directory: DirectoryTarget) -> None:
    """They share their bytes until then."""
    await directory.put("views/a/1", b"one", HEADERS)
    await directory.copy_many([("views/a/1", "views/b/1")])

    await directory.put("views/b/1", b"new", HEADERS)

    assert await directory.get("views/a/1", 10) == b"one"


async def test_many_copies_follow_no_link(directory: DirectoryTarget, tmp_path: Path) -> None:
    """Neither to what is copied nor to where it goes, nor at the name itself."""
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.joinpath("secret").write_bytes(b"mine")
    await directory.put("a", b"x", HEADERS)
    tmp_path.joinpath("tree/linked").symlink_to(outside)
    tmp_path.joinpath("tree/taken").symlink_to(outside / "secret")

    missing = await directory.copy_many([("linked/secret", "b"), ("taken", "c"), ("a", "taken")])
    with pytest.raises(Unavailable, match="a file or a link stands"):
        await directory.copy_many([("a", "linked/b")])

    assert missing == {"linked/secret", "taken"}
    assert [path.read_bytes() for path in outside.iterdir()] == [b"mine"]
    assert await directory.get("taken", 10) == b"x"
    assert await directory.get("b", 10) is None


async def test_many_copies_out_of_the_tree_are_refused(directory: DirectoryTarget) -> None:
    """Before anything is copied."""
    await directory.put("a", b"x", HEADERS)

    with pytest.raises(BadInput):
        await directory.copy_many([("a", "b"), ("a", "../c")])

    assert await directory.get("b", 10) is None


async def test_broken_pointer_is_said(directory: DirectoryTarget, tmp_path: Path) -> None:
    """Nobody guesses which view counts."""
    tmp_path.joinpath("tree/current").mkdir(parents=True)

    with pytest.raises(Unavailable, match="not a link to a view of ours"):
        await directory.active()
