"""``wheelyard verify --manifest``: what is wrong usage; the checks are in `tests/faults`."""

import json
from pathlib import Path

import pytest

from publish.made import KEY, make_manifest
from wheelyard.cli.main import run


@pytest.fixture(autouse=True)
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Have a manifest, long expired, and its key, and no data directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("WHEELYARD_DATA", str(tmp_path / "data"))
    make_manifest(tmp_path / "manifest", age=10**9)
    (tmp_path / "key").write_text(KEY.public.line, "utf-8")
    (tmp_path / "nokey").write_text("not a key", "utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--manifest", "manifest"], "`--manifest` needs `--key`"),
        (["--key", "key"], "`--key` and `--state` belong to a manifest"),
        (["--state", "seen"], "`--key` and `--state` belong to a manifest"),
        (["--manifest", "missing", "--key", "key"], "`missing` cannot be read"),
        (["--manifest", "manifest", "--key", "missing"], "`missing` cannot be read"),
        (["--manifest", "manifest", "--key", "nokey"], "`nokey`: Line 1 is no public key"),
        (["--manifest", "key", "--key", "key"], "It is no manifest"),
        (
            [
                *("--manifest", "manifest", "--key", "key"),
                *("--upstream", "http://a.example", "--upstream", "http://b.example"),
            ],
            "A manifest is of one index",
        ),
    ],
)
def test_wrong_usage_is_a_sentence(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 2, before anybody is asked."""
    assert run(["verify", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_expired_manifest_is_exit_code_1(files: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With the reason; nobody is asked, and nothing is remembered of it."""
    words = ["verify", "--manifest", "manifest", "--key", "key", "--upstream", "http://a.example"]

    assert run(words) == 1
    assert "does not count: it has expired" in capsys.readouterr().err
    assert run([*words, "--json"]) == 1
    report = json.loads(capsys.readouterr().out)
    assert report["problem"].startswith("it has expired")
    assert (report["sound"], report["wrong"]) == (False, 0)
    assert not (files / "data").exists()
