"""``wheelyard gc``: have go what nobody can be missing, and keep the quotas."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec

from wheelyard.cli.acting import require_data, write_json
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.cli.progress import line_on_terminal

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.mirror import Collection

__all__ = ["command"]


@click.pass_context
def _gc(context: click.Context, /, *, dry_run: bool, unwanted: bool, as_json: bool) -> Verdict:
    """Collect in the data directory."""
    settings = given_settings(context)
    data = settings.store.data
    require_data(data)
    from wheelyard.app import collected
    from wheelyard.app.giving_up import given_up

    async def collect(tell: Callable[[int], None]) -> "Collection":
        went = await given_up(settings, os.environ, dry_run=dry_run) if unwanted else None
        collection = await collected(settings, os.environ, tell, dry_run=dry_run)
        if went is None:
            return collection
        reasons = {**collection.reasons, "unwanted": went}
        return msgspec.structs.replace(collection, reasons=reasons)

    with line_on_terminal("collected", _unseen) as tell:
        collection = anyio.run(collect, tell)
    _show(data, collection, as_json=as_json)
    return Verdict.FINE if collection.is_kept else Verdict.FOUND_WRONG


def _unseen(_: int) -> None:
    """Tell nobody how far the work is."""


def _show(data: Path, collection: "Collection", *, as_json: bool) -> None:
    """Write what was collected."""
    if as_json:
        totals = {"files": collection.files, "bytes": collection.bytes}
        written = msgspec.to_builtins(collection)
        write_json({"data": str(data), "kept": collection.is_kept, **totals, **written})
        return
    from wheelyard.cli.collected import show_collected

    show_collected(data, collection)


command = click.Command(
    "gc",
    callback=_gc,
    help="Free the room of what nobody can be missing, and keep the quotas.\n\nA server may run on "
    "the same data. Pinned files stay, and so do your own. Exit code 0: done; 1: a quota is still "
    "used up, because nothing is left that could be fetched again.",
    params=[
        click.Option(["--dry-run"], is_flag=True, help="Only say what would go, and why."),
        click.Option(
            ["--unwanted"],
            is_flag=True,
            help="Give up, too, what no `[sync.INDEX]` wants any more and nobody has used for the "
            "days of `[store] keep_removed_days`, if it can be fetched again.",
        ),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
