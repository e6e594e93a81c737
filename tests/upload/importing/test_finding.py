"""Which kind of source something is."""

from pathlib import Path

import pytest

from wheelyard.blobs import DiskThreads
from wheelyard.errors import BadInput
from wheelyard.upload.importing import find_source, is_address, tree_address


def shown(folder: Path) -> str:
    """Return what the source in ``folder`` is called."""
    return find_source(folder, "", folder / "data", DiskThreads()).shown


def test_directory_is_known_by_what_lies_in_it(tmp_path: Path) -> None:
    """An export has its index; everything else is a directory of files."""
    before = shown(tmp_path)
    tmp_path.joinpath("dataindex.json").touch()

    assert before.startswith("the directory")
    assert shown(tmp_path).startswith("the devpi export")
    with pytest.raises(BadInput, match="no directory"):
        shown(tmp_path / "missing")


@pytest.mark.parametrize("tree", ["web/simple", "simple"])
@pytest.mark.parametrize("page", ["index.html", "index.v1_json"])
def test_tree_of_pages_is_read_as_an_index(tmp_path: Path, tree: str, page: str) -> None:
    """Its pages say more than its files: digests, yanks, upload times."""
    folder = tmp_path / tree
    folder.mkdir(parents=True)
    before = tree_address(tmp_path)
    folder.joinpath(page).touch()

    assert before is None
    assert tree_address(tmp_path) == f"{folder.as_uri()}/"
    assert tree_address(folder) == f"{folder.as_uri()}/", "the tree itself"


@pytest.mark.parametrize(
    ("source", "expected"),
    [("https://index.example/simple/", True), ("HTTP://index.example", True), ("wheels", False)],
)
def test_address_is_told_from_a_path(source: str, *, expected: bool) -> None:
    """By its scheme."""
    assert is_address(source) is expected
