"""``wheelyard``: find the command, run it, and turn what went wrong into a sentence and a code.

The exit codes are known here alone: 0 done, 1 found something wrong, 2 wrong usage or settings,
130 interrupted.  A command returns nothing (0) or a ``Verdict``; errors it lets pass.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module

import click

from wheelyard import __version__
from wheelyard.cli.commands import COMMANDS, Verdict
from wheelyard.errors import BadInput, ConfigError, WheelyardError

__all__ = ["main", "make_program", "run"]

EXIT_DONE = 0
EXIT_FOUND_WRONG = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 128 + signal.SIGINT


class LazyGroup(click.Group):
    """The commands of ``COMMANDS``. Only the one that is used is imported."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - Click's interface
        """Return the names in the order of the list."""
        return [row.name for row in COMMANDS]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - Click's interface
        """Return the command of that name, or None if there is none."""
        for row in COMMANDS:
            if row.name == cmd_name:
                command = import_module(row.module).command
                assert isinstance(command, click.Command)  # noqa: S101 - a module of ours
                return command
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - Click's interface
        """Write the list without importing a single command."""
        with formatter.section("Commands"):
            formatter.write_dl([(row.name, row.summary) for row in COMMANDS])


def make_program() -> click.Group:
    """Return the whole command line as one object of Click's."""
    program = LazyGroup(
        "wheelyard",
        help="The Python package index that stays up.",
        epilog="Exit codes: 0 done, 1 found something wrong, 2 wrong usage or settings.",
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    return click.version_option(__version__, message="wheelyard %(version)s")(program)


def main() -> None:
    """Run the command that the arguments of this process ask for, and exit."""
    code = run(sys.argv[1:])
    gc.freeze()  # what is left goes with the process: nobody need search it for cycles first
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code. What went wrong is told on standard error."""
    try:
        code = _run(arguments)
        sys.stdout.flush()  # a reader that has gone must not be noticed at exit, with a traceback
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FOUND_WRONG
    return code


def _run(arguments: Sequence[str]) -> int:
    """Run one command; only a lost reader of the output is not handled."""
    try:
        result = make_program().main(list(arguments), "wheelyard", standalone_mode=False)
    except (KeyboardInterrupt, click.Abort):
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        return EXIT_USAGE
    except (ConfigError, BadInput, PermissionError) as error:
        return _tell(_told(error), EXIT_USAGE)
    except WheelyardError as error:
        return _tell(error, EXIT_FOUND_WRONG)
    if result is Verdict.FOUND_WRONG:
        return EXIT_FOUND_WRONG
    return result if isinstance(result, int) else EXIT_DONE  # Click's own, for `--help`


def _told(error: WheelyardError | PermissionError) -> WheelyardError:
    """Return an error of ours; a place that is another user's is for whoever runs this to mend."""
    if isinstance(error, WheelyardError):
        return error
    if not isinstance(error.filename, str):
        raise error
    return ConfigError(
        f"This user may not use `{error.filename}`: {error.strerror}. Run the command "
        "as the user to whom it belongs, or name another place."
    )


def _tell(error: WheelyardError, code: int) -> int:
    """Write the error's sentence, with a full stop whoever wrote its end, and return ``code``."""
    sentence = str(error)
    stop = "" if sentence.endswith((".", "!", "?")) else "."
    click.echo(f"wheelyard: {sentence}{stop}", err=True)
    return code
