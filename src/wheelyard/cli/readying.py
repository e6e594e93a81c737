"""What ``ready``, ``drill`` and ``pin`` share: which files and targets, and how far the work is."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import place_options
from wheelyard.cli.options import json_option, setting_option
from wheelyard.cli.placing import index_option

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.mirror.ready import Progress, Question
    from wheelyard.settings import Settings

__all__ = [
    "fetching_line",
    "offline_settings",
    "question_of",
    "target_options",
]


def target_options(*more: click.Parameter) -> list[click.Parameter]:
    """Return the flags that say what is to install where, with ``more`` after the first ones."""
    return [
        click.Option(
            ["-r", "--requirement", "files"],
            multiple=True,
            required=True,
            metavar="FILE",
            help="Requirements or lock file. May be given several times.",
        ),
        click.Option(
            ["--python", "pythons"],
            multiple=True,
            metavar="VERSION",
            help="Python, such as 3.12. May be given several times. [default: this one]",
        ),
        click.Option(
            ["--platform", "platforms"],
            multiple=True,
            metavar="TAG",
            help="Platform, such as manylinux_2_28_x86_64. May be given several times. "
            "[default: this machine]",
        ),
        *more,
        index_option(),
        *place_options(),
        setting_option("upstream.urls"),
        setting_option("server.offline"),
        json_option(),
    ]


def question_of(
    files: Sequence[str], pythons: Sequence[str], platforms: Sequence[str], name: str = ""
) -> "Question":
    """Return what is asked; nobody is asked for anything yet.

    Raises:
        BadInput: a target is unknown, or a file cannot be read.
    """
    from wheelyard.closure import Closing, parse_targets, read_files
    from wheelyard.mirror.ready import Question

    targets = parse_targets(pythons, platforms)
    paths = tuple(map(Path, files))
    read_files(paths, targets, os.environ)
    called = name or ", ".join(path.name for path in paths)
    return Question(called, paths, targets, Closing(os.environ))


def offline_settings(settings: "Settings") -> "Settings":
    """Return ``settings`` with nobody to ask."""
    return replace(settings, server=replace(settings.server, offline=True))


@contextmanager
def fetching_line() -> "Iterator[Callable[[Progress], None]]":
    """Yield what to tell how far the work is: one line of standard error, on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from wheelyard.cli.waiting import line_console

    console = line_console()
    with console.status("Looking ...") as status:
        yield lambda progress: status.update(
            f"{progress.done:,} of {progress.total:,}, {progress.what} ..."
        )
