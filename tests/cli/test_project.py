"""``wheelyard project``: the commands that there are."""

import pytest

from cli.people import Console
from wheelyard.cli.project import command


@pytest.mark.parametrize("name", sorted(command.commands))
def test_each_command_has_its_help(console: Console, name: str) -> None:
    """Without any data."""
    shown = console.read(f"project {name} --help")

    assert shown.startswith(f"Usage: wheelyard project {name} ")
    assert "--data" in shown
