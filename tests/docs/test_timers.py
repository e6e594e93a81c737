"""The examples for timers of other programs: what they start is a command of ours."""

import re
from pathlib import Path

import pytest

from support.house import ROOT
from support.house.command_line import problems_with_line

pytestmark = pytest.mark.house

STARTS = re.compile(r"^(?!#).*bin/(wheelyard [^>\n]*)", re.MULTILINE)
EXAMPLES = [
    *sorted((ROOT / "deploy" / "cron").iterdir()),
    *sorted((ROOT / "deploy" / "systemd").glob("*.service")),
]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_timer_starts_a_command_that_exists(path: Path) -> None:
    """With options that exist: nobody is there when a timer fails."""
    lines = STARTS.findall(path.read_text("utf-8"))

    assert lines
    assert [problem for line in lines for problem in problems_with_line(line)] == []


def test_every_timer_of_systemd_has_its_service() -> None:
    """It starts the unit of its own name."""
    folder = ROOT / "deploy" / "systemd"
    timers = {path.stem for path in folder.glob("*.timer")}

    assert timers
    assert timers <= {path.stem for path in folder.glob("*.service")}
