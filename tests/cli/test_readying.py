"""What the commands about readiness share."""

from pathlib import Path

import pytest

from wheelyard.cli.readying import fetching_line, question_of
from wheelyard.errors import BadInput
from wheelyard.mirror.ready import Progress


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    """Return a requirements file."""
    path = tmp_path / "app.txt"
    path.write_text("app\n", "utf-8")
    return path


def test_question_is_called_like_its_files(listed: Path) -> None:
    """Unless it is given another name."""
    files = [str(listed), str(listed)]

    assert question_of(files, ["3.12"], ["win32"]).name == "app.txt, app.txt"
    assert question_of(files, ["3.12"], ["win32"], "site").name == "site"


def test_question_has_each_python_on_each_platform(listed: Path) -> None:
    """Each once."""
    question = question_of([str(listed)], ["3.12", "3.13", "3.12"], ["win32", "win_amd64"])

    assert len(question.targets) == 4


def test_file_that_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    """Before anything else."""
    with pytest.raises(BadInput):
        question_of([str(tmp_path / "missing.txt")], [], [])


def test_progress_is_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    """A log of a build server has no use for it."""
    with fetching_line() as tell:
        tell(Progress("app.whl", 1, 2))

    assert capsys.readouterr() == ("", "")


def test_progress_is_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says what is done, and of how many."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("TERM", "dumb")

    with fetching_line() as tell:
        tell(Progress("app.whl", 1, 2))

    assert capsys.readouterr().out == ""
