"""``wheelyard manifest``: what is wrong usage; what it makes is in `tests/faults`."""

from pathlib import Path

import pytest

from wheelyard.catalog import open_catalog, open_directory
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the data directory of the command, in which nothing is held."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    clock = SystemClock()
    with open_directory(tmp_path / "data", clock) as directory:
        open_catalog(directory.path, clock).close()
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["create", "a", "b", "c"], "takes an index, which may be left out, and a file"),
        (["create", "out", "--expires", "soon"], "`--expires`: expected a duration"),
        (["create", "out", "--data", "elsewhere"], "elsewhere` holds no data"),
        (["key", "--data", "elsewhere"], "elsewhere` holds no data"),
    ],
)
@pytest.mark.usefixtures("data")
def test_wrong_usage_is_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no file is made."""
    assert run(["manifest", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("data")
def test_index_that_is_not_there_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    """Exit code 2, and the indexes that there are."""
    assert run(["manifest", "create", "nothing", "out"]) == 2
    assert "There is no index `nothing`, only `hosted`, `main`." in capsys.readouterr().err


def test_key_is_made_once_and_written_as_a_line(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same each time, until it is rotated; only standard output has the line."""
    said = []
    for words in (["key"], ["key"], ["key", "--rotate"]):
        assert run(["manifest", *words]) == 0
        said.append(capsys.readouterr())

    lines = [each.out for each in said]
    assert lines[0] == lines[1]
    assert lines[2] != lines[0]
    assert lines[0].startswith("ed25519 ")
    assert "Make them anew" in said[2].err
    assert (data / "manifest.key").stat().st_mode & 0o777 == 0o600
