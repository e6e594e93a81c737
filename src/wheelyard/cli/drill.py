"""``wheelyard drill``: prove that something installs, by a real installer with upstreams cut."""

import os
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec

from wheelyard.cli.acting import require_data, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import given_settings
from wheelyard.cli.readying import (
    fetching_line,
    offline_settings,
    question_of,
    target_options,
)

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from collections.abc import AsyncIterator

    from wheelyard.app import App
    from wheelyard.mirror.ready import Drilled, Installer, Question, Tell
    from wheelyard.settings import Settings

__all__ = ["command"]


@dataclass(frozen=True, slots=True)
class _Way:
    """How to drill."""

    index: str
    installer: "Installer"
    only_binary: bool


@click.pass_context
def _drill(
    context: click.Context,
    *,
    files: tuple[str, ...],
    pythons: tuple[str, ...],
    platforms: tuple[str, ...],
    index: str,
    installer: "Installer",
    only_binary: bool,
    as_json: bool,
) -> Verdict:
    """Install on each target, and say how it went."""
    settings = given_settings(context)
    question = question_of(files, pythons, platforms)
    require_data(settings.store.data)
    way = _Way(index, installer, only_binary)
    with fetching_line() as progress:
        drilled, contacted = anyio.run(_install, settings, question, way, progress)
    succeeded = all(each.succeeded for each in drilled) and not contacted
    if as_json:
        targets = msgspec.to_builtins(drilled)
        write_json({"installed": succeeded, "targets": targets, "contacted": contacted})
    else:
        _show(drilled, contacted)
    return Verdict.FINE if succeeded else Verdict.FOUND_WRONG


async def _install(
    settings: "Settings", question: "Question", way: _Way, progress: "Tell"
) -> "tuple[list[Drilled], list[str]]":
    """Return how each target went, and which hosts the installer asked for besides us."""
    from wheelyard.mirror.ready import Drill, Progress, drill
    from wheelyard.server.loopback import serving_here
    from wheelyard.server.nobody import nobody_else

    drilled = []
    async with (
        _opened(offline_settings(settings)) as app,
        serving_here(app) as base,
        nobody_else() as nobody,
    ):
        url = f"{base}{app.indexes.find(way.index).prefix}simple/"
        for number, target in enumerate(question.targets):
            progress(Progress(f"{target}", number, len(question.targets)))
            with tempfile.TemporaryDirectory(prefix="wheelyard-drill-") as folder:
                wanted = Drill(
                    question.files,
                    target,
                    url,
                    nobody.url,
                    Path(folder),
                    way.installer,
                    way.only_binary,
                    os.environ,
                )
                drilled.append(await drill(wanted))
        return drilled, list(nobody.asked)


@asynccontextmanager
async def _opened(settings: "Settings") -> "AsyncIterator[App]":
    """Run the program, with indexes that the installer may read without credentials.

    It is served to the installer alone; see ``server/secluded.py``.
    """
    from wheelyard.app import running

    async with running(settings, os.environ, records_doors=False) as app:
        rules = {index.rules.name: index.rules for index in app.indexes.values()}
        if all(each.read == "anyone" for each in rules.values()):
            yield app
            return
    opened = tuple(replace(each, read="anyone") for each in rules.values())
    async with running(replace(settings, indexes=opened), os.environ, records_doors=False) as app:
        yield app


def _show(drilled: "list[Drilled]", contacted: list[str]) -> None:
    """Write how it went, for people."""
    for each in drilled:
        if each.succeeded:
            number = count(len(each.installed), "project")
            click.echo(f"{each.target}: installed with {each.installer}, {number}")
            continue
        click.echo(f"{each.target}: not installed; {each.installer} said:")
        click.echo("\n".join(f"  {line}" for line in each.output.splitlines()))
    for host in contacted:
        click.echo(f"It asked for `{host}` as well, and was refused: with upstream it would do so.")


command = click.Command(
    "drill",
    callback=_drill,
    help="Prove that requirements install with upstreams cut.\n\nA real installer installs them "
    "into a place that is deleted again, from what is held, and is refused what it asks for "
    "elsewhere. An sdist is built on the way, which runs code of its author: leave that out with "
    "`--only-binary`. "
    "Exit code 0: it installed; 1: it did not.",
    params=target_options(
        click.Option(
            ["--installer"],
            type=click.Choice(["uv", "pip"]),
            default="uv",
            help="uv, or the pip of this Python, which installs for this machine only.",
            show_default=True,
        ),
        click.Option(["--only-binary"], is_flag=True, help="Install wheels only: run no code."),
    ),
)
