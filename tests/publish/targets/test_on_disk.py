"""A tree on a disk: second names, folders that come and go, and flushing."""

import errno
import os
import shutil
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from wheelyard.publish.targets import on_disk
from wheelyard.publish.targets.on_disk import TreeOnDisk


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[TreeOnDisk]:
    """Return a tree that is not there yet."""
    opened = TreeOnDisk(tmp_path / "some" / "tree")
    yield opened
    opened.close()


def test_copy_takes_no_room(tree: TreeOnDisk) -> None:
    """It is the same file under a second name."""
    tree.put("a", b"page")

    copied = tree.copy("a", "deep/b")

    assert copied
    assert tree.root.joinpath("a").stat().st_ino == tree.root.joinpath("deep/b").stat().st_ino


def test_copy_without_links_is_a_file_of_its_own(
    tree: TreeOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some file systems know no second names."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    tree.put("a", b"page")
    tree.copy("a", "b")

    assert tree.root.joinpath("b").read_bytes() == b"page"
    assert tree.root.joinpath("a").stat().st_ino != tree.root.joinpath("b").stat().st_ino


def test_copy_onto_another_name_of_itself_leaves_no_draft(tree: TreeOnDisk) -> None:
    """``rename(2)`` does nothing between two names of one file."""
    tree.put("a", b"page")
    tree.copy("a", "b")
    tree.copy("a", "b")

    hidden = tree.root / ".wheelyard"
    assert [path.name for folder in hidden.iterdir() for path in folder.iterdir()] == ["lock"]


def test_empty_folders_are_removed_up_to_the_root(tree: TreeOnDisk) -> None:
    """A project that is gone leaves no trace; the tree itself stays."""
    tree.put("simple/flask/index.html", b"page")
    tree.put("simple/flask/index.json", b"page")

    tree.remove(["simple/flask/index.html"])
    first = tree.root.joinpath("simple/flask").exists()
    tree.remove(["simple/flask/index.json"])

    assert first
    assert not tree.root.joinpath("simple").exists()
    assert tree.root.exists()


def test_removal_follows_no_link(tree: TreeOnDisk, tmp_path: Path) -> None:
    """Neither out of the tree nor into the view that counts."""
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.joinpath("index.html").touch()
    tree.put("views/a/simple/index.html", b"page")
    tree.switch("a")
    tree.root.joinpath("linked").symlink_to(outside)

    tree.remove(["linked/index.html", "simple/index.html", "simple", "views"])

    assert outside.joinpath("index.html").exists()
    assert tree.root.joinpath("simple/index.html").read_bytes() == b"page"


def test_link_in_place_of_an_object_is_replaced(tree: TreeOnDisk, tmp_path: Path) -> None:
    """What it led to is left alone."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    tree.put("page", b"1")
    tree.remove(["page"])
    tree.root.joinpath("page").symlink_to(outside)

    tree.put("page", b"2")

    assert outside.read_bytes() == b"mine"
    assert tree.root.joinpath("page").read_bytes() == b"2"
    assert not tree.root.joinpath("page").is_symlink()


def test_copy_follows_no_link(tree: TreeOnDisk, tmp_path: Path) -> None:
    """A link that somebody left is no object that could be copied."""
    tmp_path.joinpath("secret").write_bytes(b"mine")
    tree.put("page", b"1")
    tree.root.joinpath("link").symlink_to(tmp_path / "secret")
    tree.root.joinpath("folder").symlink_to(tmp_path)

    assert tree.copy("folder/secret", "b") is False
    assert tree.copy("page/x", "b") is False
    assert tree.copy("none", "b") is False


def test_pipe_is_not_waited_for(tree: TreeOnDisk) -> None:
    """What is no plain file is no object."""
    tree.put("page", b"1")
    os.mkfifo(tree.root / "pipe")

    assert tree.open("pipe") is None


def test_folders_may_go_while_others_write_into_them(tree: TreeOnDisk) -> None:
    """A removal next door never makes a write fail."""
    failures: list[BaseException] = []

    def come_and_go(name: str) -> None:
        try:
            for _ in range(150):
                tree.put(f"simple/flask/{name}", b"x")
                tree.remove([f"simple/flask/{name}"])
        except BaseException as error:  # noqa: BLE001 - a thread has nobody to raise to
            failures.append(error)

    threads = [threading.Thread(target=come_and_go, args=(str(n),)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []


@pytest.mark.parametrize("gone", ["simple/flask", "simple"])
def test_folder_that_another_process_removed_is_made_again(tree: TreeOnDisk, gone: str) -> None:
    """That it was there once is no promise; neither for what is written nor for what is copied."""
    tree.put("page", b"x")
    for path in ("simple/flask/1", "simple/flask/deep/1"):
        tree.put(path, b"x")
    shutil.rmtree(tree.root / gone)
    tree.put("simple/flask/deep/2", b"y")
    first = tree.root.joinpath("simple/flask/deep/2").read_bytes()
    shutil.rmtree(tree.root / gone)

    copied = tree.copy("page", "simple/flask/deep/3")

    assert first == b"y"
    assert copied
    assert tree.root.joinpath("simple/flask/deep/3").read_bytes() == b"x"


def test_copy_from_a_folder_that_another_process_removed_is_none(tree: TreeOnDisk) -> None:
    """It is not there, as if it had never been."""
    tree.put("views/a/1", b"x")
    tree.copy("views/a/1", "views/b/1")
    shutil.rmtree(tree.root / "views/a")

    assert tree.copy("views/a/1", "views/b/2") is False
    assert tree.copy("views/b/1", "views/a/1")


def test_many_folders_are_not_all_remembered(
    tree: TreeOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is remembered is bounded, and what is not is looked at again."""
    monkeypatch.setattr(on_disk, "_MOST_KNOWN", 2)
    for number in range(5):
        tree.put(f"packages/{number}/file", b"x")

    assert all(tree.copy(f"packages/{number}/file", f"copies/{number}") for number in range(5))


def test_settling_flushes_the_file_system_once(
    tree: TreeOnDisk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Many files cost one flush, and nothing new costs none."""
    flushed: list[Path] = []

    def note(directory: Path) -> bool:
        flushed.append(directory)
        return True

    monkeypatch.setattr(on_disk, "sync_file_system", note)
    tree.settle()
    for number in range(10):
        tree.put(f"packages/{number}", b"x")
    tree.settle()
    tree.settle()
    tree.remove(["packages/1"])
    tree.settle()

    assert flushed == [tree.root, tree.root]


def test_settling_flushes_each_file_where_all_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file before it has its name, and then each folder that has got a name."""
    flushed: list[str] = []

    def note(descriptor: int) -> None:
        flushed.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    monkeypatch.setattr(on_disk, "can_sync_file_system", lambda: False)
    monkeypatch.setattr(on_disk, "sync_file_system", lambda _: False)
    monkeypatch.setattr(os, "fsync", note)
    tree = TreeOnDisk(tmp_path / "tree")
    tree.put("packages/a/b", b"x")
    first, flushed[:] = list(flushed), []
    tree.settle()
    tree.close()

    root = str(tmp_path / "tree")
    assert len(first) == 1
    assert first[0].startswith(f"{root}/.wheelyard/")
    assert sorted(flushed) == [root, f"{root}/packages", f"{root}/packages/a"]


def test_what_is_written_while_others_settle_is_flushed_in_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The files of one piece are on their way while what came before is flushed."""
    flushed: set[str] = set()
    monkeypatch.setattr(on_disk, "can_sync_file_system", lambda: False)
    monkeypatch.setattr(on_disk, "sync_file_system", lambda _: False)
    monkeypatch.setattr(on_disk, "sync_directory", flushed.add)
    tree = TreeOnDisk(tmp_path / "tree")
    paths = [f"packages/{number}/file" for number in range(300)]

    def write() -> None:
        for path in paths:
            tree.put(path, b"x")

    writer = threading.Thread(target=write)
    writer.start()
    while writer.is_alive():
        tree.settle()
    writer.join()
    tree.settle()
    tree.close()

    assert flushed >= {str(tmp_path / "tree" / path.rpartition("/")[0]) for path in paths}


def test_tree_that_is_made_can_be_looked_into_by_everybody(tmp_path: Path) -> None:
    """Whatever the umask: a web server runs as another user. One that was there keeps its mode."""
    there = tmp_path / "there"
    there.mkdir(mode=0o700)
    before = os.umask(0o077)
    try:
        for root in (there, tmp_path / "new"):
            tree = TreeOnDisk(root)
            tree.put("simple/index.html", b"x")
            tree.close()
    finally:
        os.umask(before)

    assert stat.S_IMODE(there.stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o755
