"""Views of a directory: links that are replaced in one step."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from wheelyard.errors import Unavailable
from wheelyard.publish.targets.drafts import Drafts
from wheelyard.publish.targets.views_on_disk import LEADS, active_now, switch_now


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a tree with two views."""
    for view in ("a", "b"):
        folder = tmp_path / "tree" / "views" / view
        folder.joinpath("simple").mkdir(parents=True)
        folder.joinpath("simple/index.html").write_text(view)
        folder.joinpath("wheelyard.json").write_text(view)
    return tmp_path / "tree"


@pytest.fixture
def drafts(root: Path) -> Iterator[Drafts]:
    """Begin drafts in the tree."""
    begun = Drafts(root)
    yield begun
    begun.close()


def test_names_lead_to_the_view_that_counts(root: Path, drafts: Drafts) -> None:
    """A web server needs to know nothing of views."""
    seen = []
    for view in ("a", "b", "a"):
        switch_now(root, drafts, view)
        seen += [active_now(root), root.joinpath("simple/index.html").read_text()]
        seen += [root.joinpath("wheelyard.json").read_text()]

    assert seen == ["a", "a", "a", "b", "b", "b", "a", "a", "a"]


def test_links_are_relative_and_survive_a_copy(root: Path, drafts: Drafts, tmp_path: Path) -> None:
    """A tree can be moved and copied."""
    switch_now(root, drafts, "b")

    copy = tmp_path / "elsewhere" / "copy"
    shutil.copytree(root, copy, symlinks=True, ignore=shutil.ignore_patterns(".wheelyard"))
    shutil.rmtree(root / "views")

    links = {name: str((root / name).readlink()) for name in ("current", *LEADS)}
    assert links == {"current": "views/b", **{name: f"current/{name}" for name in LEADS}}
    assert copy.joinpath("simple/index.html").read_text() == "b"
    assert active_now(copy) == "b"


def test_folder_of_a_tree_without_views_makes_room(root: Path, drafts: Drafts) -> None:
    """A tree that had no views gets some; what stood there is not served any more."""
    root.joinpath("simple/flask").mkdir(parents=True)
    root.joinpath("simple/index.html").write_text("old")
    root.joinpath("-").mkdir()
    root.joinpath("wheelyard.json").write_text("old")

    switch_now(root, drafts, "a")

    assert root.joinpath("simple/index.html").read_text() == "a"
    assert root.joinpath("wheelyard.json").read_text() == "a"
    assert root.joinpath("-").is_symlink()
    assert root.joinpath("views/a/simple/index.html").read_text() == "a"


def test_other_link_in_place_of_a_lead_is_replaced(root: Path, drafts: Drafts) -> None:
    """Whoever bent one has it straightened by the next switch."""
    root.joinpath("simple").symlink_to("views/b/simple")

    switch_now(root, drafts, "a")

    assert root.joinpath("simple/index.html").read_text() == "a"


@pytest.mark.parametrize("kind", ["folder", "file", "stranger"])
def test_something_else_in_place_of_the_pointer_is_said(root: Path, kind: str) -> None:
    """Nobody guesses which view counts."""
    if kind == "folder":
        root.joinpath("current").mkdir()
    elif kind == "file":
        root.joinpath("current").write_text("a")
    else:
        root.joinpath("current").symlink_to("/etc")

    with pytest.raises(Unavailable, match="not a link to a view of ours"):
        active_now(root)


def test_tree_without_a_switch_has_no_view(root: Path) -> None:
    """There is a state before the first publish."""
    assert active_now(root) is None
