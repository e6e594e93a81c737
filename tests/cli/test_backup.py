"""``wheelyard backup``: what people and programs see."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from support.house import ROOT
from wheelyard.backup import Taken
from wheelyard.cli.main import run
from wheelyard.names import Sha256


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a data directory that holds a user and no file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert run(["index", "add", "staging", "--data", str(tmp_path / "data")]) == 0
    return tmp_path / "data"


def test_backup_says_what_is_in_it_and_that_it_is_secret(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people on standard error: the output may be the backup itself."""
    file = tmp_path / "backup.tar.gz"
    capsys.readouterr()

    code = run(["backup", str(file), "--data", str(data)])

    told = capsys.readouterr()
    assert code == 0
    assert file.stat().st_mode & 0o777 == 0o600
    assert told.out == ""
    assert told.err.startswith("0 files, ")
    assert "It holds keys" in told.err


def test_backup_tells_programs_in_json(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every number has a name."""
    file = str(tmp_path / "backup.tar")
    capsys.readouterr()

    code = run(["backup", file, "--no-files", "--json", "--data", str(data)])

    written = json.loads(capsys.readouterr().out)
    assert code == 0
    assert {**written, "bytes": 0} == {
        "file": file, "whole": True, "has_files": False, "files": 0, "bytes": 0,
        "missing": [], "damaged": [], "left_out": [],
    }  # fmt: skip


def test_check_reads_a_backup(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Sound ones are said to be, in words and in JSON."""
    file = str(tmp_path / "backup.tar.zst")
    run(["backup", file, "--data", str(data)])
    capsys.readouterr()

    codes = [run(["backup", file, "--check"]), run(["backup", file, "--check", "--json"])]

    words, _, document = capsys.readouterr().out.partition("\n")
    assert codes == [0, 0]
    assert words.endswith("all as they were taken.")
    assert json.loads(document)["backup"]["format"] == 1


def test_damaged_backup_is_found_wrong(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1, and a sentence."""
    file = tmp_path / "backup.tar"
    run(["backup", str(file), "--data", str(data)])
    file.write_bytes(file.read_bytes()[:-20_000])
    capsys.readouterr()

    code = run(["backup", str(file), "--check"])

    assert code == 1
    assert "is corrupt" in capsys.readouterr().err


def test_what_is_no_backup_is_wrong_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """So is a file that is not there."""
    (tmp_path / "text").write_bytes(b"text " * 1_000)

    codes = [run(["backup", str(tmp_path / name), "--check"]) for name in ("text", "missing")]

    assert codes == [2, 2]
    assert "is no backup of Wheelyard" in capsys.readouterr().err


def test_directory_without_data_has_no_backup(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is made there."""
    code = run(["backup", str(tmp_path / "b.tar"), "--data", str(tmp_path / "none")])

    assert code == 2
    assert "holds no data" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_json_and_the_standard_output_do_not_go_together(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both would be the output."""
    code = run(["backup", "-", "--json", "--data", str(data)])

    assert code == 2
    assert "do not go together" in capsys.readouterr().err


def test_incomplete_backup_names_what_is_wrong(
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Exit code 1, and what to do."""
    digests = [Sha256(f"{number:064x}") for number in range(25)]
    taken = Taken(missing=digests, damaged=digests[:1], left_out=["large.iso"])
    monkeypatch.setattr("wheelyard.app.backups.back_up", lambda *_, **__: taken)

    code = run(["backup", str(tmp_path / "b.tar"), "--data", str(data)])

    told = capsys.readouterr().err
    assert code == 1
    assert told.count("missing in the store") == 20
    assert "And 5 more" in told
    assert "damaged in the store" in told
    assert "`large.iso` in the data directory is left out" in told
    assert "verify --repair" in told


def test_backup_goes_through_a_pipe(data: Path, tmp_path: Path) -> None:
    """From one process to the next, without a file in between."""
    program = [sys.executable, "-m", "wheelyard"]
    environ = {"PYTHONPATH": str(ROOT / "src"), "HOME": str(tmp_path)}
    taking = [*program, "backup", "-", "--data", str(data)]
    taken = subprocess.run(taking, env=environ, capture_output=True, check=True).stdout

    answer = subprocess.run(
        [*program, "restore", "--backup", "-", "--data", str(tmp_path / "again")],
        env=environ, input=taken, capture_output=True, check=False,
    )  # fmt: skip

    assert answer.returncode == 0, answer
    assert (tmp_path / "again/catalog.sqlite").exists()
