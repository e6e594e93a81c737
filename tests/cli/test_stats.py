"""``wheelyard stats``: what there is of it."""

from cli.people import Console
from wheelyard.cli.stats import command


def test_group_has_its_commands() -> None:
    """Each in a module of its own."""
    assert sorted(command.commands) == ["convert", "estimate", "export", "ingest", "merge", "show"]


def test_help_says_what_each_does(console: Console) -> None:
    """In a line."""
    text = console.read("stats --help")

    assert "Show how often files were taken." in text
    assert "Sum the counts of several nodes" in text
