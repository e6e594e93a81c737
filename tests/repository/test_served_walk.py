"""What lies in a directory of archives, by names and dates alone."""

import os
from pathlib import Path

import pytest

from wheelyard.names import ProjectName
from wheelyard.repository.served_walk import Walk, walk

WHEEL = "foo_bar-1.0-py3-none-any.whl"


def put(path: Path) -> Path:
    """Have a file with something in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"content")
    return path


def look(directory: Path) -> Walk:
    """Return what lies in ``directory`` but for its ``data``."""
    return walk(directory, directory / "data")


def test_walk_finds_archives_at_any_depth_by_project(tmp_path: Path) -> None:
    """Spellings of one name are one project; what is no archive is nobody's."""
    put(tmp_path / WHEEL)
    put(tmp_path / "web/packages/ab/cd/Foo.Bar-0.9.tar.gz")
    put(tmp_path / "README.txt")

    found = look(tmp_path)

    files = found.projects[ProjectName("foo-bar")]
    assert {each.path for each in files} == {WHEEL, "web/packages/ab/cd/Foo.Bar-0.9.tar.gz"}
    assert (sorted(found.names), found.skipped, found.is_empty) == (["foo-bar"], {}, False)


def test_walk_leaves_hidden_and_own_files_alone(tmp_path: Path) -> None:
    """Programs put there what is not finished; the data directory may lie in what is served."""
    put(tmp_path / f".{WHEEL}.Xy12")
    put(tmp_path / ".venv" / WHEEL)
    put(tmp_path / "data" / WHEEL)

    found = look(tmp_path)

    assert (found.projects, found.names, found.skipped) == ({}, frozenset(), {})
    assert not found.is_empty


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("nothing.whl", "does not tell a project"),
        ("a\u0301-1.0.zip", "normal form C"),
        ("a\n-1.0.zip", "control characters"),
        ("a\\b-1.0.zip", "path separator"),
    ],
)
def test_walk_tells_why_a_name_is_none(tmp_path: Path, name: str, reason: str) -> None:
    """What cannot be in a URL or means nothing is left out, and said."""
    put(tmp_path / name)

    found = look(tmp_path)

    assert found.projects == {}
    assert reason in found.skipped[name]


def test_walk_follows_links_that_stay_inside(tmp_path: Path) -> None:
    """A link to a file beside it is that file; one that leads out keeps only its name."""
    directory, outside = tmp_path / "wheels", put(tmp_path / "secret-1.0.tar.gz")
    put(directory / "store" / WHEEL)
    directory.joinpath("linked-1.0-py3-none-any.whl").symlink_to(directory / "store" / WHEEL)
    directory.joinpath("stolen-1.0.tar.gz").symlink_to(outside)
    directory.joinpath("broken-1.0.tar.gz").symlink_to("nowhere")

    found = look(directory)

    assert set(found.projects) == {"foo-bar", "linked"}
    assert found.names == {"foo-bar", "linked", "stolen", "broken"}
    assert "leads out" in found.skipped["stolen-1.0.tar.gz"]
    assert "no such file" in found.skipped["broken-1.0.tar.gz"]


def test_walk_skips_what_is_no_file(tmp_path: Path) -> None:
    """A pipe would be waited for; a directory with the name of an archive is a directory."""
    os.mkfifo(tmp_path / "pipe-1.0.zip")
    tmp_path.joinpath("dir-1.0.zip").mkdir()

    found = look(tmp_path)

    assert found.projects == {}
    assert found.skipped == {"pipe-1.0.zip": "it is no file"}


def test_walk_tells_where_it_cannot_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory inside that may not be read does not hide the others."""
    put(tmp_path / "open" / WHEEL)
    put(tmp_path / "shut" / WHEEL)
    scan = os.scandir

    def refuse(path: str) -> object:
        if str(path).endswith("shut"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)

    found = look(tmp_path)

    assert found.skipped == {"shut": "the disk says: permission denied"}
    assert set(found.projects) == {"foo-bar"}


def test_walk_has_an_end(tmp_path: Path) -> None:
    """Directories in directories are followed so far and no further."""
    put(tmp_path.joinpath(*["d"] * 40) / WHEEL)

    found = look(tmp_path)

    assert found.projects == {}
    assert list(found.skipped.values()) == ["it is more than 32 directories deep"]


def test_walk_of_nothing_is_empty(tmp_path: Path) -> None:
    """Which an unmounted directory is too, but under another identity."""
    found = look(tmp_path)

    assert found.is_empty
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "missing")
