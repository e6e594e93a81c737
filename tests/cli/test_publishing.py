"""How a publish looks while it runs."""

import pytest

from wheelyard.cli.publishing import how_far, progress_line
from wheelyard.publish.tree import Account


def test_line_says_how_far_it_is() -> None:
    """Projects and objects, and what failed."""
    account = Account(phase="Publishing", to_look_at=2_000, looked_at=1_000)
    account.note_sent([1024, 1024])
    account.note_problem("demo", "why")

    told = "Publishing: 1,000 of 2,000 projects, 2 objects written (2.0 KiB), 1 failed"
    assert how_far(account) == told
    assert how_far(Account()) == "Looking ..."


def test_line_is_on_standard_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    """What is piped stays clean."""
    with progress_line(Account()):
        pass

    assert capsys.readouterr().out == ""
