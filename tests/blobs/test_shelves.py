"""What is in a store, whether anybody knows of it or not."""

from pathlib import Path

from wheelyard.blobs import SHELVES, Shelf, list_shelf, list_strays, list_written
from wheelyard.names import Sha256

DIGEST = Sha256("ab" + "c" * 62)


def lay(store: Path, place: str) -> Path:
    """Make a file in the store."""
    path = store / place
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")
    return path


def test_every_digest_is_on_one_shelf() -> None:
    """Two hex digits: all of them, in order."""
    assert (SHELVES[0], SHELVES[0xAB], SHELVES[-1], len(SHELVES)) == ("00", "ab", "ff", 256)


def test_shelf_lists_its_blobs(tmp_path: Path) -> None:
    """And those of no other shelf."""
    lay(tmp_path, f"ab/cc/{DIGEST}")
    lay(tmp_path, f"ac/cc/{'ac' + DIGEST[2:]}")

    shelf = list_shelf(tmp_path, "ab")

    assert shelf == Shelf(frozenset({DIGEST}), ())


def test_file_that_is_not_where_its_name_belongs_is_a_stray(tmp_path: Path) -> None:
    """Nobody would look for it there."""
    strays = {
        lay(tmp_path, "ab/notes.txt"),
        lay(tmp_path, f"ab/cd/{DIGEST}"),
        lay(tmp_path, f"ab/cc/{DIGEST.upper()}"),
        lay(tmp_path, f"ab/cc/deeper/{DIGEST}"),
    }

    shelf = list_shelf(tmp_path, "ab")

    assert not shelf.digests
    assert set(shelf.strays) == strays


def test_shelf_that_was_never_made_is_empty(tmp_path: Path) -> None:
    """A store begins with none."""
    assert list_shelf(tmp_path, "ab") == Shelf(frozenset(), ())


def test_file_on_no_shelf_is_a_stray(tmp_path: Path) -> None:
    """Beside the shelves, or in a directory that is none."""
    strays = (lay(tmp_path, "lost+found/x"), lay(tmp_path, "notes.txt"))
    lay(tmp_path, f"ab/cc/{DIGEST}")

    assert list_strays(tmp_path) == strays


def test_blobs_are_listed_with_what_they_look_like(tmp_path: Path) -> None:
    """When each was written, and how long it is; strays are none."""
    path = lay(tmp_path, f"ab/cc/{DIGEST}")
    lay(tmp_path, "ab/notes.txt")

    assert list_written(tmp_path, "ab") == {DIGEST: path.stat()}
    assert list_written(tmp_path, "00") == {}
