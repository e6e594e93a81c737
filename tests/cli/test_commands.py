"""The list of commands agrees with the commands."""

from importlib import import_module

import click
import pytest

from wheelyard.cli import COMMANDS, CommandRow


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_row_says_what_its_command_says(row: CommandRow) -> None:
    """The list is written beside the commands, so that it can be shown without them."""
    command = import_module(row.module).command

    assert isinstance(command, click.Command)
    assert command.name == row.name
    assert (command.help or "").partition("\n")[0] == row.summary


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.name)
def test_command_takes_the_flags_of_all_commands(row: CommandRow) -> None:
    """`--data` and `--config` mean the same everywhere, in commands of two words too."""
    command = import_module(row.module).command
    leaves = command.commands.values() if isinstance(command, click.Group) else [command]

    for leaf in leaves:
        flags = {option for param in leaf.params for option in param.opts}
        assert {"--data", "--config"} <= flags, leaf.name
