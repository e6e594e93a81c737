"""`wheelyard publisher`: whom to trust, told from the command line."""

import json
from pathlib import Path

import pytest

from wheelyard.catalog import open_catalog, open_directory
from wheelyard.cli.main import run
from wheelyard.clock import SystemClock


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty data directory, and a configuration beside it."""
    monkeypatch.chdir(tmp_path)
    config = '[oidc.github]\nissuer = "https://issuer.example"\n'
    (tmp_path / "wheelyard.toml").write_text(config)
    clock = SystemClock()
    with (
        open_directory(tmp_path / "data", clock) as directory,
        open_catalog(directory.path, clock),
    ):
        return tmp_path / "data"


def add(data: Path, *words: str, issuer: str = "github") -> int:
    """Run `wheelyard publisher add` for the project `Acme.App`."""
    fixed = ["--project", "Acme.App", "--issuer", issuer, "--data", str(data)]
    return run(["publisher", "add", *fixed, *words])


def test_publisher_is_added_listed_and_removed(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The id alone goes to standard output, so that a script can keep it."""
    added = add(data, "--claim", "repository=acme/app", "--claim", "ref=refs/tags/*")
    said = capsys.readouterr()
    run(["publisher", "list", "--json", "--data", str(data)])
    (listed,) = json.loads(capsys.readouterr().out)
    removed = run(["publisher", "remove", said.out.strip(), "--data", str(data)])
    run(["publisher", "list", "--data", str(data)])

    assert (added, removed) == (0, 0)
    assert said.err == ""
    assert listed["id"] == said.out.strip()
    assert (listed["index"], listed["project"]) == ("main", "acme-app")
    assert listed["claims"] == {"repository": "acme/app", "ref": "refs/tags/*"}
    assert "Nobody is trusted yet" in capsys.readouterr().out


def test_list_shows_every_claim(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever reads it sees what is trusted."""
    monkeypatch.setenv("COLUMNS", "200")
    add(data, "--claim", "repository=acme/app", "--claim", "environment=release")
    capsys.readouterr()

    run(["publisher", "list", "--data", str(data)])

    shown = capsys.readouterr().out
    assert "repository=acme/app" in shown
    assert "environment=release" in shown


def test_claims_that_fit_anybody_are_refused(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mistake in use, with the sentence that says what is missing."""
    code = add(data, "--claim", "event_name=push")

    assert code == 2
    assert "fit strangers" in capsys.readouterr().err


def test_same_publisher_twice_is_told(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is written the second time."""
    add(data, "--claim", "sub=x")
    number = capsys.readouterr().out.strip()

    code = add(data, "--claim", "sub=x")

    assert code == 1
    assert f"trusted already, as `{number}`" in capsys.readouterr().err


def test_unknown_publisher_cannot_be_removed(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence says where the ids are."""
    code = run(["publisher", "remove", "nobody", "--data", str(data)])

    assert code == 1
    assert "publisher list" in capsys.readouterr().err


def test_issuer_and_index_that_are_not_configured_here_are_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may be in the server's configuration; a slip of the pen is more likely."""
    code = add(data, "--claim", "sub=x", "--index", "prod", issuer="gitlab")

    said = capsys.readouterr().err
    assert code == 0
    assert "No issuer `[oidc.gitlab]`" in said
    assert "No index `prod`" in said
