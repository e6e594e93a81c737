"""What the commands that read access logs share: which files, in which format, what was wrong."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wheelyard.cli.acting import tell
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the readers
    from wheelyard.wire.access_logs import BadLine, LogEntry, LogFormat

__all__ = ["BadLines", "given_format", "log_files_argument", "log_options", "read_logs"]

T = TypeVar("T")

_FORMATS = ("combined", "vhost-combined", "cloudfront", "cloudfront-json", "fastly", "haproxy")
_WITH_FIELDS = ("cloudfront", "haproxy")
_DELIMITERS = {"tab": "\t", "\\t": "\t", "space": " ", "comma": ","}
_SHOWN = 5
"""Lines that are told one by one; a log of something else has thousands of them."""


def log_files_argument() -> click.Argument:
    """Return the argument that names the logs; none of them is standard input."""
    place = click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
    return click.Argument(["files"], metavar="[FILE|-]...", nargs=-1, type=place)


def log_options() -> list[click.Parameter]:
    """Return the flags that say what format logs are in."""
    return [
        click.Option(
            ["--from", "form"],
            type=click.Choice(_FORMATS),
            help="Format of the logs. [default: found out, for each of them]",
        ),
        click.Option(
            ["--fields"],
            metavar="NAMES",
            help="With `--from cloudfront`: the columns, for logs without a `#Fields:` line. With "
            "`--from haproxy`: the captured request headers, in their order.",
        ),
        click.Option(
            ["--delimiter"],
            metavar="MARK",
            help="With `--from cloudfront`: what is between two columns. [default: tab]",
        ),
    ]


def given_format(form: str | None, fields: str | None, delimiter: str | None) -> "LogFormat | None":
    """Return the format that the flags name; None if it is to be found out.

    Raises:
        BadInput: they do not fit together.
    """
    from wheelyard.wire.access_logs import LogFormat, parse_format

    if fields is not None and form not in _WITH_FIELDS:
        raise BadInput("`--fields` needs to know what of: add `--from cloudfront` or haproxy.")
    if delimiter is not None and form != "cloudfront":
        raise BadInput("`--delimiter` is for logs of CloudFront: add `--from cloudfront`.")
    mark = _DELIMITERS.get(delimiter or "tab", delimiter or "")
    if len(mark) != 1:
        raise BadInput("`--delimiter`: expected one character, or `tab`, `space` or `comma`.")
    if form is None:
        return None
    names = tuple((fields or "").replace(",", " ").split())
    return LogFormat(parse_format(form).name, names, mark)


def read_logs(files: Sequence[Path], form: "LogFormat | None") -> "Iterator[LogEntry | BadLine]":
    """Yield each request of the logs, one file after the other, and each line that is none.

    Raises:
        BadInput: nothing is named, and somebody sits before standard input; or a file cannot be
            opened.
    """
    from wheelyard.stats.log_contents import STANDARD_INPUT, read_log_file

    if not files and sys.stdin.isatty():
        raise BadInput("Name the logs, or send one to standard input.")
    for path in files or [STANDARD_INPUT]:
        yield from read_log_file(path, form)


class BadLines:
    """The lines that could not be read: the first ones are told, all are counted."""

    def __init__(self) -> None:
        self.number = 0
        self.is_incomplete = False
        """Whether a file could not be read to its end."""

    def kept_out(self, log: "Iterable[T | BadLine]") -> Iterator[T]:
        """Yield what is no such line."""
        from wheelyard.wire.access_logs import BadLine

        for each in log:
            if isinstance(each, BadLine):
                self._tell(each)
            else:
                yield each

    def end(self) -> Verdict:
        """Tell how many there were, and return what that means.

        A line that nobody can read is of no account: strangers send anything. A file that could
        not be read to its end is.
        """
        if self.number > _SHOWN:
            tell(f"{count(self.number, 'line')} in all could not be read.")
        return Verdict.FOUND_WRONG if self.is_incomplete else Verdict.FINE

    def _tell(self, bad: "BadLine") -> None:
        """Tell a line, if it is one of the first or the last one of its file."""
        self.number += 1
        self.is_incomplete |= bad.is_end
        if self.number <= _SHOWN or bad.is_end:
            tell(f"{bad}.")
