"""``wheelyard publish``: what is wrong usage, and what a person is told."""

import json
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
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    clock = SystemClock()
    with open_directory(tmp_path / "data", clock) as directory:
        open_catalog(directory.path, clock).close()
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "`publish` needs a target"),
        (["t", "--activate", "--rollback"], "`--activate`, `--rollback`: give one of them"),
        (["t", "--rollback", "--dry-run"], "`--rollback`, `--dry-run`: give one of them"),
        (["t", "--watch", "--dry-run"], "`--watch` and `--dry-run`: give one of them"),
        (["t", "--data", "elsewhere"], "elsewhere` holds no data"),
        (["ftp://host/x"], "nothing that can be published to"),
    ],
)
@pytest.mark.usefixtures("data")
def test_wrong_usage_is_a_sentence(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, and no target is made."""
    assert run(["publish", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["t"], "nothing is held of it yet"),
        (["t", "--index", "nothing"], "The index `nothing`"),
    ],
)
@pytest.mark.usefixtures("data")
def test_what_cannot_be_published_is_said(
    words: list[str], sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and no target is made."""
    assert run(["publish", *words]) == 1
    assert sentence in capsys.readouterr().err
    assert not (tmp_path / "t").exists()


@pytest.mark.usefixtures("data")
def test_publish_says_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Planned, done, unchanged, taken back and forth; for people and for programs."""
    from support.packages import make_wheel

    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for version in ("1.0", "2.0"):
        package = make_wheel("acme", version)
        (wheels / package.filename).write_bytes(package.content)
        assert run(["project", "import", str(wheels), "--index", "main"]) == 0
        capsys.readouterr()
        said = []
        for words in (["--dry-run"], [], [], ["--json"]):
            assert run(["publish", "tree", *words]) == 0
            said.append(capsys.readouterr())
        planned, done, same, document = said

        assert f"`{tmp_path}/tree` would show " in planned.err
        assert "First of all: `acme`" in planned.err
        assert f"`{tmp_path}/tree` shows `main` at serial " in done.err
        assert "1 page changed" in done.err or "2 pages changed" in done.err
        assert "nothing was written" in same.err
        assert json.loads(document.out)["outcome"] == "unchanged"
        assert [each.out for each in (planned, done, same)] == ["", "", ""]
    for word, view in (("--rollback", "a"), ("--activate", "b"), ("--activate", "b")):
        assert run(["publish", "tree", word]) == 0
        assert f"(view `{view}`)" in capsys.readouterr().err
    assert run(["publish", "tree", "--rollback", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["view"] == "a"
    assert run(["publish", "tree", "--rollback"]) == 2
    assert "taken back already" in capsys.readouterr().err
