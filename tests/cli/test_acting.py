"""What the commands that change something share."""

import os
import pwd

import click
import pytest

from cli.people import Console
from wheelyard.cli.acting import make_group, os_actor, write_json


def test_actor_is_who_the_machine_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not who the environment says."""
    monkeypatch.setenv("LOGNAME", "somebody-else")
    monkeypatch.setenv("USER", "somebody-else")

    actor = os_actor()

    assert actor.name == pwd.getpwuid(os.getuid()).pw_name
    assert actor.origin == "command line"


def test_actor_without_a_name_is_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in containers."""

    def fail(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", fail)

    assert os_actor().name == f"uid {os.getuid()}"


def test_command_that_changes_nothing_makes_no_directory(console: Console) -> None:
    """A mistyped `--data` is told, not made."""
    code, _, errors = console.call("token list --data elsewhere")

    assert code == 2
    assert "`--data`" in errors
    assert not console.data.with_name("elsewhere").exists()


def test_group_of_commands_has_their_help() -> None:
    """`wheelyard user` lists what there is to do with users."""
    group = make_group("user", "Do it.", click.Command("add", help="Add one."))

    text = group.get_help(click.Context(group))

    assert "Do it." in text
    assert "add  Add one." in text


def test_json_is_for_people_too(capsys: pytest.CaptureFixture[str]) -> None:
    """On several lines, and in the order given."""
    write_json([{"b": 1, "a": None}])

    assert capsys.readouterr().out == '[\n  {\n    "b": 1,\n    "a": null\n  }\n]\n'
