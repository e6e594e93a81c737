"""``wheelyard project import``: take over what another index has."""

import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec

from wheelyard.cli.acting import os_actor, place_options, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.placing import index_option
from wheelyard.errors import BadInput
from wheelyard.settings import Settings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.app import App
    from wheelyard.upload.importing import Item, Report, Source

__all__ = ["import_"]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is asked for. ``directory`` is ``source`` where that is no address."""

    source: str
    directory: Path
    index: str
    projects: tuple[str, ...]
    everything: bool
    stage: str
    dry_run: bool
    is_quiet: bool


@click.pass_context
def _import(
    context: click.Context,
    source: str,
    index: str,
    project: tuple[str, ...],
    stage: str | None,
    *,
    everything: bool,
    dry_run: bool,
    as_json: bool,
) -> Verdict:
    """Import, and report."""
    from wheelyard.upload.importing import is_address

    if everything and project:
        raise BadInput("`--all` and `--project` do not go together: give one of them.")
    if is_address(source) and not (everything or project):
        raise BadInput(
            "Say which projects of the index are wanted with `--project NAME`, or all with `--all`."
        )
    directory = Path(source).absolute()
    order = _Order(source, directory, index, project, everything, stage or "", dry_run, as_json)
    report = anyio.run(_run, given_settings(context), order)
    _show(report, is_dry=dry_run, as_json=as_json)
    return Verdict.FINE if report.is_complete else Verdict.FOUND_WRONG


async def _run(settings: Settings, order: _Order) -> "Report":
    """Return what became of every file, with the program open."""
    from wheelyard.app import running
    from wheelyard.blobs import IncomingParts
    from wheelyard.names import parse_project_name
    from wheelyard.upload.importing import Importer, ImportParts, Wanted
    from wheelyard.upload.pipeline import Destination

    wanted = Wanted(frozenset(parse_project_name(name) for name in order.projects))
    async with (
        running(settings, os.environ, records_doors=False) as app,
        AsyncExitStack() as stack,
    ):
        index = app.indexes.find(order.index)
        source = await _source(stack, app, order)
        filling = app.fills.parts
        parts = ImportParts(
            app.pipeline,
            IncomingParts(filling.store, filling.budget, filling.disk, app.directory.spool),
            order.index,
            Destination(
                index.owner, volatile=index.rules.volatile, max_bytes=index.rules.max_bytes
            ),
            os_actor(),
            _silent if order.is_quiet else _tell,
        )
        return await Importer(parts, is_dry=order.dry_run).run(source, wanted)


async def _source(stack: AsyncExitStack, app: "App", order: _Order) -> "Source":
    """Return the source that is meant; an index is asked as an upstream is."""
    from wheelyard.app.sources import open_index
    from wheelyard.upload.importing import find_source, is_address, tree_address

    if is_address(order.source):
        return await open_index(stack, app, order.source, os.environ)
    address = await anyio.to_thread.run_sync(tree_address, order.directory)
    if address is not None:
        return await open_index(stack, app, address, os.environ)
    disk = app.fills.parts.disk
    return await disk.run(find_source, order.directory, order.stage, app.directory.path, disk)


def _tell(item: "Item") -> None:
    """Say what became of a file, as it is done; what was there already is only counted."""
    if item.outcome != "skipped":
        tell(f"{item.outcome}: {item.filename}{f': {item.reason}' if item.reason else ''}")


def _silent(item: "Item") -> None:
    """Say nothing: the report has it all."""
    del item


def _show(report: "Report", *, is_dry: bool, as_json: bool) -> None:
    """Write the report."""
    from wheelyard.upload.importing.report import OUTCOMES

    if as_json:
        lists: dict[str, object] = {
            outcome: msgspec.to_builtins(report.of(outcome)) for outcome in OUTCOMES
        }
        head = {"source": report.source, "index": report.index, "complete": report.is_complete}
        write_json({**head, **lists})
        return
    numbers = {outcome: len(report.of(outcome)) for outcome in OUTCOMES}
    done = (
        f"{count(numbers['planned'], 'file')} would be imported"
        if is_dry
        else f"{count(numbers['imported'], 'file')} imported"
    )
    tell(
        f"From {report.source} into the index `{report.index}`: {done}, "
        f"{numbers['skipped']} there already, {numbers['rejected']} rejected, "
        f"{numbers['failed']} failed."
    )
    if numbers["failed"]:
        tell("Run the command again: it goes on with what is missing.")


import_ = click.Command(
    "import",
    callback=_import,
    short_help="Take over what another index has.",
    help="Take over what another index has, through the same checks as an upload.\n\nSOURCE is a "
    "directory of wheels and source archives such as pypiserver's, the result of `devpi-server "
    "--export`, a tree of bandersnatch, or the address of an index. What is there already is left "
    "alone, so the command can be stopped and run again at any moment.",
    params=[
        click.Argument(["source"], metavar="SOURCE"),
        index_option(),
        click.Option(
            ["--project"], multiple=True, metavar="NAME", help="Only this project; repeatable."
        ),
        click.Option(
            ["--all", "everything"], is_flag=True, help="Every project that an index lists."
        ),
        click.Option(
            ["--stage"], metavar="USER/INDEX", help="Which index of a devpi export is meant."
        ),
        click.Option(["--dry-run"], is_flag=True, help="Only say what would be imported."),
        *place_options(),
        json_option(),
    ],
)
