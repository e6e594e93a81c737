"""``wheelyard ready``: would this install if every upstream vanished now?"""

import os
from typing import TYPE_CHECKING

import anyio
import click
import msgspec

from wheelyard.cli.acting import os_actor, require_data, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import given_settings
from wheelyard.cli.readying import (
    fetching_line,
    offline_settings,
    question_of,
    target_options,
)
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.app import App
    from wheelyard.mirror.ready import Judgement, Kept, Question, TargetJudgement, Tell
    from wheelyard.repository.base import Repository
    from wheelyard.settings import Settings

__all__ = ["command"]


@click.pass_context
def _ready(
    context: click.Context,
    *,
    files: tuple[str, ...],
    pythons: tuple[str, ...],
    platforms: tuple[str, ...],
    index: str,
    name: str,
    fetch: bool,
    as_json: bool,
) -> Verdict:
    """Judge, after fetching what is missing if that is asked for."""
    settings = given_settings(context)
    if fetch and settings.is_offline:
        raise BadInput("`--offline` asks nobody, so nothing can be fetched: leave one of both out.")
    question = question_of(files, pythons, platforms, name)
    if not fetch:
        require_data(settings.store.data)
    with fetching_line() as progress:
        judgement, kept = anyio.run(_judge, settings, question, (index, fetch), progress)
    if as_json:
        write_json(_document(judgement, kept))
    else:
        _show(judgement, kept)
    return Verdict.FINE if judgement.is_ready else Verdict.FOUND_WRONG


async def _judge(
    settings: "Settings", question: "Question", how: tuple[str, bool], progress: "Tell"
) -> "tuple[Judgement, Kept | None]":
    """Return the judgement, and what was fetched for it."""
    from wheelyard.app import running

    index, fetch = how
    if settings.is_offline:
        return await _look(settings, question, (index, None), progress), None
    async with running(settings, os.environ, records_doors=False) as app:
        kept = await _fetch(app, question, index, progress) if fetch else None
        whole = app.indexes.find(index).chain.repository
        return await _look(settings, question, (index, whole), progress), kept


async def _fetch(app: "App", question: "Question", index: str, progress: "Tell") -> "Kept":
    """Have everything that is needed here and pinned, under the name of the question."""
    from wheelyard.mirror.ready import Site, keep, wanted_files

    front = app.indexes.find(index).chain
    refs = await wanted_files(question, front.repository, progress)
    site = Site(front, app.catalog, app.clock, os_actor())
    return await keep(site, refs, question.name, progress)


async def _look(
    settings: "Settings",
    question: "Question",
    shown: "tuple[str, Repository | None]",
    progress: "Tell",
) -> "Judgement":
    """Judge by what is held, and write the judgement down."""
    from wheelyard.app import running
    from wheelyard.catalog import ReadinessRow
    from wheelyard.mirror.ready import Views, judge

    index, whole = shown
    async with running(offline_settings(settings), os.environ, records_doors=False) as app:
        views = Views(app.indexes.find(index).chain.repository, whole)
        now = app.clock.now()
        judgement = await judge(question, views, now, progress)
        rows = [
            ReadinessRow(
                question.name,
                target.target,
                now,
                target.wanted,
                max(target.wanted - target.held, 0 if target.is_ready else 1),
                msgspec.to_builtins(target),
            )
            for target in judgement.targets
        ]
        await app.catalog.readiness.save(question.name, rows)
    return judgement


def _document(judgement: "Judgement", kept: "Kept | None") -> dict[str, object]:
    """Return the judgement for programs."""
    targets = [
        {"ready": target.is_ready, **msgspec.to_builtins(target)} for target in judgement.targets
    ]
    document: dict[str, object] = {
        "ready": judgement.is_ready,
        "name": judgement.name,
        "checked_at": judgement.checked_at,
        "targets": targets,
    }
    if kept is not None:
        document["pinned"] = [pin.filename for pin in kept.pinned]
        document["failed"] = [
            {"filename": each.filename, "reason": each.reason} for each in kept.failed
        ]
    return document


def _show(judgement: "Judgement", kept: "Kept | None") -> None:
    """Write the judgement for people: a line per target, and what is missing."""
    if kept is not None:
        tell(f"Pinned: {count(len(kept.pinned), 'file')}, {len(kept.new):,} of them new.")
        for failed in kept.failed:
            tell(f"Not pinned: {failed.reason}")
    for target in judgement.targets:
        click.echo(f"{target.target}: {_summary(target)}")
        for missing in target.missing:
            what = missing.file or f"{missing.project} {missing.version}"
            needed = f" ({missing.needed_by})" if missing.needed_by else ""
            click.echo(f"  {what}{needed}: {missing.reason}. {missing.next}".rstrip())
        for problem in target.problems:
            click.echo(f"  {problem}")
        for note in target.notes:
            click.echo(f"  Note: {note}")


def _summary(target: "TargetJudgement") -> str:
    """Return one target in some words."""
    state = "ready" if target.is_ready else "not ready"
    return f"{state}: {target.held:,} of {target.wanted:,}" if target.wanted else state


command = click.Command(
    "ready",
    callback=_ready,
    help="Say whether requirements would install if every upstream vanished now.\n\nThey are "
    "resolved against what is held, as an installer would in an outage, for each Python on each "
    "platform, and every file is read. Exit code 0: it would install; 1: it would not.",
    params=target_options(
        click.Option(["--fetch"], is_flag=True, help="Get and pin everything that is needed."),
        click.Option(
            ["--name"],
            default="",
            metavar="TEXT",
            help="What the status and the pins call it. [default: the file's name]",
        ),
    ),
)
