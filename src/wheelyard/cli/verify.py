"""``wheelyard verify``: read everything that is held, say what is wrong, and heal it."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec
from click.core import ParameterSource

from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.errors import BadInput, ConfigError
from wheelyard.settings import Settings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.mirror import Report, Tally

__all__ = ["command"]


@click.pass_context
def _verify(context: click.Context, *, repair: bool, as_json: bool) -> Verdict:
    """Verify the store of the data directory; with ``repair``, heal it."""
    settings = given_settings(context)
    if not repair and context.get_parameter_source("upstream") is ParameterSource.COMMANDLINE:
        raise BadInput("`--upstream` names where to fetch from: give it together with `--repair`.")
    from wheelyard.catalog.layout import CATALOG_NAME

    data = settings.store.data
    if not (data / CATALOG_NAME).is_file():
        message = (
            f"`{data}` holds no data: name the directory of your server with `--data`, or start "
            "one with `wheelyard serve`."
        )
        raise ConfigError(message)
    check = _repaired if repair else _verified
    with _progress() as tell:
        report = anyio.run(check, settings, tell)
    _show(data, report, as_json=as_json)
    return Verdict.FINE if report.is_sound else Verdict.FOUND_WRONG


async def _verified(settings: Settings, tell: "Callable[[Tally], None]") -> "Report":
    """Return what is wrong in the store. No door is opened, and nothing is changed."""
    from wheelyard.blobs import DiskThreads, KeyLocks, LocalBlobs, Quarantine
    from wheelyard.catalog import open_catalog, open_directory
    from wheelyard.clock import SystemClock
    from wheelyard.mirror import StoreParts, verify

    clock = SystemClock()
    with (
        open_directory(settings.store.data, clock) as directory,
        open_catalog(directory.path, clock) as catalog,
    ):
        quarantine = Quarantine(directory.quarantine)
        store = LocalBlobs(directory.blobs, directory.spool, DiskThreads(), quarantine)
        return await verify(StoreParts(catalog, store, KeyLocks(directory.locks)), tell)


async def _repaired(settings: Settings, tell: "Callable[[Tally], None]") -> "Report":
    """Return what was wrong in the store, and what has become of it."""
    from wheelyard.app import MAIN, running
    from wheelyard.mirror import Repair, StoreParts, repair, verify

    async with running(settings, os.environ, records_doors=False) as app:
        store = app.fills.parts.store
        parts = StoreParts(app.catalog, store, app.fills.locks)
        report = await verify(parts, tell)
        repository = app.indexes[MAIN].chain.repository
        work = Repair(app.catalog, store, parts.disk, repository)
        findings = [await repair(work, finding) for finding in report.findings]
    return msgspec.structs.replace(report, findings=tuple(findings))


def _progress() -> "AbstractContextManager[Callable[[Tally], None]]":
    """Return a line that says how far the work is, on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _: None)
    from wheelyard.cli.verified import progress_line

    return progress_line()


def _show(data: Path, report: "Report", *, as_json: bool) -> None:
    """Write the report."""
    if as_json:
        document = {"sound": report.is_sound, "data": str(data), **msgspec.to_builtins(report)}
        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode())
        return
    from wheelyard.cli.verified import show_verified

    show_verified(data, report)


command = click.Command(
    "verify",
    callback=_verify,
    help="Read everything that is held, and say what is damaged or missing.\n\nA server may run "
    "on the same data. Exit code 0: all is well, or is again; 1: something is wrong.",
    params=[
        click.Option(
            ["--repair"],
            is_flag=True,
            help="Move what is damaged into the quarantine, and fetch it anew.",
        ),
        setting_option("upstream.urls"),
        setting_option("server.offline"),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
