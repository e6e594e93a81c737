"""The line that is kept up to date for whoever waits."""

import pytest
from rich.progress import Progress

from wheelyard.cli.waiting import Told, line_console


def test_line_says_what_is_true_at_that_moment() -> None:
    """Whoever says it is told how long the work has gone on; brackets are brackets."""
    heard: list[float] = []
    words = iter(["first [bold]", "then"])

    def say(seconds: float) -> str:
        heard.append(seconds)
        return next(words)

    with Progress(disable=True) as progress:
        progress.add_task("")
        (task,) = progress.tasks
        column = Told(say)
        shown = [column.render(task).plain for _ in range(2)]

    assert shown == ["first [bold]", "then"]
    assert all(seconds >= 0.0 for seconds in heard)


def test_line_stays_out_of_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    """It is on standard error, as it is written."""
    line_console().print("`demo` :smile: [red]1[/red]")

    assert capsys.readouterr() == ("", "`demo` :smile: [red]1[/red]\n")
