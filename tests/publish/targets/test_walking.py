"""A walk finds plain files, and follows nothing."""

import os
from pathlib import Path

from wheelyard.publish.targets.walking import Walk


def walked(root: Path, prefix: str = "") -> list[list[tuple[str, int]]]:
    """Return what a walk yields, batch by batch."""
    walk = Walk(str(root), prefix)
    batches = []
    while batch := walk.next_objects():
        batches.append([(each.path, each.size) for each in batch])
    walk.close()
    return batches


def test_walk_yields_a_bounded_number_at_a_time(tmp_path: Path) -> None:
    """A folder of any size never is in memory at once."""
    for number in range(2_100):
        tmp_path.joinpath(str(number)).touch()

    batches = walked(tmp_path)

    assert [len(batch) for batch in batches] == [1000, 1000, 100]


def test_walk_passes_over_links_drafts_and_what_is_no_file(tmp_path: Path) -> None:
    """A page in whose place somebody put a link is missing, and so is a pipe."""
    outside = tmp_path / "outside"
    outside.mkdir()
    outside.joinpath("file").touch()
    root = tmp_path / "root"
    for folder in (".wheelyard/0123", "simple/.wheelyard"):
        root.joinpath(folder).mkdir(parents=True)
        root.joinpath(folder, "file").touch()
    root.joinpath("folder").symlink_to(outside)
    root.joinpath("link").symlink_to(outside / "file")
    root.joinpath("broken").symlink_to("nowhere")
    os.mkfifo(root / "pipe")

    assert walked(root) == [[("simple/.wheelyard/file", 0)]]


def test_walk_of_a_prefix_looks_only_there(tmp_path: Path) -> None:
    """Folders that cannot have what is asked for are not opened."""
    for path in ("a/b/c", "a/bb", "a/b/d/e", "ab"):
        tmp_path.joinpath(path).parent.mkdir(parents=True, exist_ok=True)
        tmp_path.joinpath(path).touch()

    found = {
        prefix: sorted(path for batch in walked(tmp_path, prefix) for path, _ in batch)
        for prefix in ("", "a", "a/", "a/b", "a/b/", "a/b/d/e", "c", "c/d")
    }

    assert found == {
        "": ["a/b/c", "a/b/d/e", "a/bb", "ab"],
        "a": ["a/b/c", "a/b/d/e", "a/bb", "ab"],
        "a/": ["a/b/c", "a/b/d/e", "a/bb"],
        "a/b": ["a/b/c", "a/b/d/e", "a/bb"],
        "a/b/": ["a/b/c", "a/b/d/e"],
        "a/b/d/e": ["a/b/d/e"],
        "c": [],
        "c/d": [],
    }


def test_walk_may_be_left_in_the_middle(tmp_path: Path) -> None:
    """What is open is closed, or a warning would say so."""
    tmp_path.joinpath("a/b").mkdir(parents=True)
    for number in range(1_500):
        tmp_path.joinpath("a/b", str(number)).touch()
    walk = Walk(str(tmp_path), "")

    walk.next_objects()
    walk.close()

    assert walk.next_objects() == []
