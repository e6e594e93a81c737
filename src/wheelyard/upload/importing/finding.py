"""Which kind of source something is: by its address, or by what lies in a directory."""

from pathlib import Path
from typing import Final

from wheelyard.blobs import DiskThreads
from wheelyard.errors import BadInput
from wheelyard.upload.importing.devpi import DATA_INDEX, DevpiSource
from wheelyard.upload.importing.directories import DirectorySource
from wheelyard.upload.importing.offers import Source

__all__ = ["find_source", "is_address", "tree_address"]

_SCHEMES: Final = ("http://", "https://", "file://")
_TREES: Final = ("web/simple", "simple")
_PAGES: Final = ("index.html", "index.v1_json")


def is_address(source: str) -> bool:
    """Say whether ``source`` is the address of an index."""
    return source.lower().startswith(_SCHEMES)


def tree_address(directory: Path) -> str | None:
    """Return the address of the tree of pages in ``directory``, as bandersnatch writes them.

    None if there is none.
    """
    trees = [directory / name for name in _TREES]
    for tree in [*trees, directory] if directory.name == "simple" else trees:
        if any(tree.joinpath(page).is_file() for page in _PAGES):
            return f"{tree.resolve().as_uri()}/"
    return None


def find_source(directory: Path, stage: str, ignored: Path, disk: DiskThreads) -> Source:
    """Return what files ``directory`` has: of a devpi export, or just lying there.

    Raises:
        BadInput: there is no such directory.
    """
    if not directory.is_dir():
        raise BadInput(
            f"There is no directory `{directory}`: name a directory, or the address of an index."
        )
    if directory.joinpath(DATA_INDEX).is_file():
        return DevpiSource(directory, stage, disk)
    return DirectorySource(directory, ignored, disk)
