"""Lists on a terminal."""

import pytest

from wheelyard.cli.columns import show_columns


def test_rows_stand_below_their_headings(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As they are: nothing in them is markup."""
    monkeypatch.setenv("COLUMNS", "80")

    show_columns(("Name", "What"), [("a", "[bold]"), ("longer", ":smile:")], empty="None.")

    lines = capsys.readouterr().out.splitlines()
    assert lines == ["Name    What", "a       [bold]", "longer  :smile:"]


def test_row_is_one_line_for_a_program(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However narrow a terminal may be, `grep` and `cut` find the whole of it."""
    monkeypatch.setenv("COLUMNS", "20")

    show_columns(("Name", "What"), [("a" * 30, "b " * 30)], empty="None.")

    assert len(capsys.readouterr().out.splitlines()) == 2


def test_nothing_is_cut_off_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is copied into the next command, and a moment is read at a glance."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("rich.console.Console.is_terminal", property(lambda _: True))
    name, moment = "a" * 78, "2026-01-31T12:00:00Z"

    show_columns(("Name", "Since", "Why"), [(name, moment, "b " * 40)], empty="None.")

    out = capsys.readouterr().out
    assert name in out
    assert moment in out


def test_list_without_rows_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    """Instead of lonely headings."""
    show_columns(("Name",), [], empty="There is none.")

    assert capsys.readouterr().out == "There is none.\n"
