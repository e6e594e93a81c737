"""The line that says how far a backup or a restore is."""

import pytest

from wheelyard.cli.backup import progress
from wheelyard.cli.restored import progress_line


def test_line_says_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files and bytes, as people read them."""
    shown: list[str] = []
    monkeypatch.setattr("rich.status.Status.update", lambda _, text: shown.append(text))

    with progress_line("Restoring") as show:
        show(2, 2_048)

    assert shown == ["Restoring: 2 files, 2.0 KiB ..."]


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """A log is no terminal."""
    with progress("Restoring") as show:
        show(1, 1)

    assert capsys.readouterr().err == ""


def test_a_terminal_gets_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody waits."""
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)

    with progress("Restoring") as show:
        show(1, 1)
