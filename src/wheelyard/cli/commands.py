"""The list of commands, and what they answer.

``--help`` is made of this list alone, so it costs no import of a command.
"""

from dataclasses import dataclass
from enum import Enum

__all__ = ["COMMANDS", "CommandRow", "Verdict"]


@dataclass(frozen=True, slots=True)
class CommandRow:
    """One command: its name, one sentence about it, and the module that holds ``command``.

    A command of two words is a group of Click's, which its module makes with ``make_group``.
    """

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
        "sync",
        "Fill an index ahead of need.",
        "wheelyard.cli.sync",
    ),
    CommandRow(
        "status", "Show the state of the server, its doors and its store.", "wheelyard.cli.status"
    ),
    CommandRow(
        "verify",
        "Read everything that is held, and say what is damaged or missing.",
        "wheelyard.cli.verify",
    ),
    CommandRow(
        "ready",
        "Say whether requirements would install if every upstream vanished now.",
        "wheelyard.cli.ready",
    ),
    CommandRow(
        "drill", "Prove that requirements install with upstreams cut.", "wheelyard.cli.drill"
    ),
    CommandRow("pin", "Keep files whatever upstream does.", "wheelyard.cli.pin"),
    CommandRow(
        "gc",
        "Free the room of what nobody can be missing, and keep the quotas.",
        "wheelyard.cli.gc",
    ),
    CommandRow("manifest", "List and sign what an index gives out.", "wheelyard.cli.manifest"),
    CommandRow(
        "publish",
        "Publish an index as a tree of files that any web server can give out.",
        "wheelyard.cli.publish",
    ),
    CommandRow(
        "redirect",
        "Send clients on to a published tree and to servers.",
        "wheelyard.cli.redirect",
    ),
    CommandRow(
        "snapshot",
        "Write what an index shows into one SQLite file.",
        "wheelyard.cli.snapshot",
    ),
    CommandRow("query", "Ask a snapshot what an index has.", "wheelyard.cli.query"),
    CommandRow(
        "backup",
        "Write everything that the data directory holds into one file.",
        "wheelyard.cli.backup",
    ),
    CommandRow(
        "restore",
        "Rebuild an index from a published tree, or everything from a backup.",
        "wheelyard.cli.restore",
    ),
    CommandRow("user", "Add, list and remove users.", "wheelyard.cli.user"),
    CommandRow("group", "Put users into groups, which have roles too.", "wheelyard.cli.group"),
    CommandRow(
        "token",
        "Make, list and revoke the tokens that programs sign in with.",
        "wheelyard.cli.token",
    ),
    CommandRow("role", "Give roles to users and groups, and take them back.", "wheelyard.cli.role"),
    CommandRow(
        "publisher",
        "Trust pipelines elsewhere to upload, without a password or a token of ours.",
        "wheelyard.cli.publisher",
    ),
    CommandRow("index", "Add, remove and list indexes.", "wheelyard.cli.index"),
    CommandRow(
        "project",
        "Yank, delete and promote releases of projects of your own, and more.",
        "wheelyard.cli.project",
    ),
    CommandRow(
        "stats",
        "Count downloads, and show, export and merge the counts.",
        "wheelyard.cli.stats",
    ),
    CommandRow("audit", "Show who changed what, when and from where.", "wheelyard.cli.audit"),
)
