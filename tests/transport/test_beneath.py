"""Opening beneath a directory: what is inside, and never what is outside."""

import os
from pathlib import Path

import pytest

from wheelyard.errors import Refused
from wheelyard.transport.beneath import Beneath


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a directory with a file, beside a secret that is none of its business."""
    (tmp_path / "secret").write_text("secret")
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (root / "folder" / "file").write_text("content")
    return root


def content(root: Path, relative: str) -> bytes:
    """Return the content of what is opened."""
    with os.fdopen(Beneath(root).open(relative), "rb") as file:
        return file.read()


def test_file_inside_is_opened(root: Path) -> None:
    """By its relative path."""
    assert content(root, "folder/file") == b"content"


def test_link_that_stays_inside_is_followed(root: Path) -> None:
    """Trees of links into a folder of files are usual."""
    (root / "link").symlink_to("folder")

    assert content(root, "link/file") == b"content"


def test_root_may_be_a_link(root: Path, tmp_path: Path) -> None:
    """`/srv/wheels` may lead to another disk: that is what was named."""
    (tmp_path / "named").symlink_to(root)

    assert content(tmp_path / "named", "folder/file") == b"content"


@pytest.mark.parametrize("relative", ["../secret", "folder/../../secret", "/etc/passwd"])
def test_path_that_leads_out_is_refused(root: Path, relative: str) -> None:
    """Whatever lies there."""
    with pytest.raises(Refused, match="leads out of the directory"):
        Beneath(root).open(relative)


@pytest.mark.parametrize("target", ["../secret", "/etc"])
def test_link_that_leads_out_is_refused(root: Path, target: str) -> None:
    """Whoever may write into the directory must not read the machine through us."""
    (root / "link").symlink_to(target)

    with pytest.raises(Refused, match="leads out of the directory"):
        Beneath(root).open("link")


def test_folder_whose_name_begins_like_the_root_is_outside(root: Path) -> None:
    """`/srv/wheels-private` is not in `/srv/wheels`."""
    root.with_name("root-private").mkdir()

    with pytest.raises(Refused):
        Beneath(root).open("../root-private")


def test_link_that_is_put_in_place_meanwhile_is_not_followed(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check and the opening nobody can turn a folder into a way out."""
    resolve = os.path.realpath

    def resolve_and_swap(path: str, **words: bool) -> str:
        resolved = resolve(path, **words)
        if resolved.endswith("/folder/file"):
            (root / "folder").rename(root / "old")
            (root / "folder").symlink_to("/etc")
        return resolved

    monkeypatch.setattr(os.path, "realpath", resolve_and_swap)

    with pytest.raises(OSError, match=r"Not a directory|Too many levels"):
        Beneath(root).open("folder/file")


def test_what_is_no_file_is_not_there(root: Path) -> None:
    """A pipe would keep its reader waiting for ever."""
    os.mkfifo(root / "pipe")

    with pytest.raises(FileNotFoundError):
        Beneath(root).open("pipe")


def open_files() -> int:
    """Return how many descriptors this process has."""
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="the system does not tell")
def test_no_descriptor_stays_open(root: Path) -> None:
    """Neither after a success nor after a failure."""
    before = open_files()

    content(root, "folder/file")
    for missing in ("folder/none", "folder/file/none", "../secret"):
        with pytest.raises((OSError, Refused)):
            Beneath(root).open(missing)

    assert open_files() == before
