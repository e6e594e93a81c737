"""A directory read as an index: layouts, spellings, and what it cannot say."""

import os
from pathlib import Path

import pytest

from wheelyard.clock import FrozenClock, SystemClock
from wheelyard.errors import Refused, Unavailable
from wheelyard.names import ProjectName
from wheelyard.transport import Fault, fault_of
from wheelyard.transport.tree import FoundDocument, FoundList, FoundPage, Tree

WHEEL = "spare_parts-1.0-py3-none-any.whl"
SDIST = "Spare.Parts-1.0.tar.gz"
OTHER = "spare-2.0.tar.gz"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a directory with something in it that is no package."""
    (tmp_path / "README.txt").touch()
    return tmp_path


def put(root: Path, *paths: str) -> None:
    """Put empty files into a directory."""
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def page(name: str, *paths: str) -> FoundPage:
    """Return the page of a project that has archives at these paths."""
    return FoundPage(ProjectName(name), paths)


def tree(root: Path) -> Tree:
    """Return a tree that has read nothing yet."""
    return Tree(root, SystemClock())


def test_flat_directory_has_a_page_for_each_project(root: Path) -> None:
    """The archives of this name, and of no other."""
    put(root, WHEEL, SDIST, OTHER, "index.txt", ".hidden-1.0.tar.gz")

    found = tree(root).find("spare-parts")

    assert found == page("spare-parts", SDIST, WHEEL)
    assert tree(root).find("hidden") is None


def test_flat_directory_lists_its_projects(root: Path) -> None:
    """By what the names of archives say."""
    put(root, WHEEL, OTHER, "Else/else-1.0.tar.gz")

    assert tree(root).find("") == FoundList(("Else", "spare", "spare-parts"))


@pytest.mark.parametrize("asked", ["spare-parts", "Spare.Parts"])
def test_folder_is_found_in_any_spelling(root: Path, asked: str) -> None:
    """`Spare.Parts/` is the page of `spare-parts`."""
    put(root, f"Spare.Parts/{WHEEL}", f"Spare.Parts/{OTHER}")

    assert tree(root).find(asked) == page("spare-parts", f"Spare.Parts/{WHEEL}")


def test_page_that_was_written_comes_first(root: Path) -> None:
    """JSON before HTML, and both before what lies beside them."""
    put(root, "simple/index.html", "simple/a/index.html", "simple/a/a-1.0.tar.gz")
    put(root, "simple/b/index.html", "simple/b/index.v1_json")

    assert tree(root).find("simple") == FoundDocument("simple/index.html", "text/html")
    assert tree(root).find("simple/a") == FoundDocument("simple/a/index.html", "text/html")
    assert tree(root).find("simple/b") == FoundDocument(
        "simple/b/index.v1_json", "application/vnd.pypi.simple.v1+json"
    )


def test_published_tree_is_a_tree(root: Path) -> None:
    """Its pages are called otherwise, and lie behind the link to the view that counts."""
    put(root, "views/a/simple/b/index.html", "views/a/simple/b/index.json")
    root.joinpath("current").symlink_to("views/a")
    root.joinpath("simple").symlink_to("current/simple")

    assert tree(root).find("simple/b") == FoundDocument(
        "simple/b/index.json", "application/vnd.pypi.simple.v1+json"
    )


@pytest.mark.parametrize("path", ["none", "none/deeper", "a/b", "-", "README.txt", "empty"])
def test_what_is_not_there_is_none(root: Path, path: str) -> None:
    """A directory that can be read can say so; a folder without archives is no project."""
    put(root, "a-1.0.tar.gz", "empty/notes.txt")

    assert tree(root).find(path) is None


def test_archives_beside_a_folder_of_other_things_are_found(root: Path) -> None:
    """`docs/` may be what it says, and `docs-1.0.tar.gz` lie beside it."""
    put(root, "docs/intro.txt", "docs-1.0.tar.gz")

    assert tree(root).find("docs") == page("docs", "docs-1.0.tar.gz")


def test_directory_that_is_not_there_says_nothing(root: Path) -> None:
    """A disk that is not mounted does not make its packages absent."""
    with pytest.raises(Unavailable, match="the directory is not there") as caught:
        tree(root / "mount").find("demo")

    assert fault_of(caught.value) is Fault.UNREACHABLE


def test_directory_with_nothing_in_it_says_nothing(root: Path) -> None:
    """An empty mount point looks like an index that lost everything."""
    (root / "mount").mkdir()

    with pytest.raises(Unavailable, match="is what belongs there mounted"):
        tree(root / "mount").find("demo")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_directory_that_may_not_be_read_says_nothing(root: Path) -> None:
    """Permission is no news about packages."""
    root.chmod(0)
    try:
        with pytest.raises(Unavailable, match="cannot be read: permission denied"):
            tree(root).find("demo")
    finally:
        root.chmod(0o700)


def test_disk_that_fails_says_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is an error of input and output."""

    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "scandir", fail)

    with pytest.raises(Unavailable, match=r"unreachable: .* input/output error") as caught:
        tree(root).find("demo")

    assert fault_of(caught.value) is Fault.UNREACHABLE


def test_folder_that_leads_out_is_refused(
    root: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A link to another directory is not followed."""
    (root / "demo").symlink_to(tmp_path_factory.mktemp("elsewhere"))

    with pytest.raises(Refused):
        tree(root).find("demo")


def test_directory_is_read_again_only_after_a_change(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time tells; a time of just now does not, because more may come within it."""
    put(root, "a-1.0.tar.gz")
    read: list[object] = []
    scan = os.scandir

    def scan_and_count(descriptor: int) -> "os._ScandirIterator[str]":
        read.append(descriptor)
        return scan(descriptor)

    monkeypatch.setattr(os, "scandir", scan_and_count)
    clock = FrozenClock(root.stat().st_mtime + 1)
    subject = Tree(root, clock)

    subject.find("a")
    subject.find("a")
    recent = len(read)
    clock.forward(10)
    subject.find("a")
    settled = len(read)
    subject.find("a")
    unchanged = len(read)
    put(root, "b-1.0.tar.gz")

    assert recent > 1
    assert unchanged == settled > recent
    assert subject.find("b") == page("b", "b-1.0.tar.gz")
