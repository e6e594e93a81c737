"""The list of commands, and what they answer.

``--help`` is made of this list alone, so it costs no import of a command.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["COMMANDS", "CommandRow", "Verdict"]


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command: its name, one sentence about it, and the module that holds ``command``."""

    name: str
    summary: str
    module: str


class Verdict(Enum):
    """The outcome of a command that did what it was asked to."""

    FINE = "fine"
    FOUND_WRONG = "found wrong"


COMMANDS = (
    CommandRow("serve", "Run the server in the foreground.", "wheelyard.cli.serve"),
    CommandRow(
        "status", "Show the state of the server, its doors and its store.", "wheelyard.cli.status"
    ),
    CommandRow(
        "verify",
        "Read everything that is held, and say what is damaged or missing.",
        "wheelyard.cli.verify",
    ),
)
