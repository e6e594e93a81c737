"""``wheelyard verify``: read everything that is held, say what is wrong, and heal it."""

import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click
import msgspec
from click.core import ParameterSource

from wheelyard.cli.acting import require_data
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.cli.progress import line_on_terminal
from wheelyard.cli.verify_manifest import ManifestOrder, manifest_options, verify_manifest
from wheelyard.errors import BadInput
from wheelyard.settings import Settings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.mirror import Report, StoreParts, Tally

__all__ = ["command"]

_SEEN_NAME = "manifests-seen.json"


@click.pass_context
def _verify(
    context: click.Context, /, *, repair: bool, ledger: bool, as_json: bool, **signed: Path | None
) -> Verdict:
    """Verify the store of the data directory; with ``repair``, heal it."""
    settings = given_settings(context)
    if any(signed.values()):
        return _signed(context, settings, signed, as_json=as_json)
    if not repair and context.get_parameter_source("upstream") is ParameterSource.COMMANDLINE:
        raise BadInput("`--upstream` names where to fetch from: give it together with `--repair`.")
    data = settings.store.data
    require_data(data)
    check = _repaired if repair else _verified
    with line_on_terminal("verified", _unseen) as tell:
        report = anyio.run(partial(check, with_ledger=ledger), settings, tell)
    _show(data, report, as_json=as_json)
    return Verdict.FINE if report.is_sound else Verdict.FOUND_WRONG


def _signed(
    context: click.Context,
    settings: Settings,
    given: Mapping[str, Path | None],
    *,
    as_json: bool,
) -> Verdict:
    """Verify a signed manifest, and against it an index."""
    manifest = given["manifest"]
    if manifest is None:
        raise BadInput("`--key` and `--state` belong to a manifest: name it with `--manifest`.")
    is_named = context.get_parameter_source("upstream") is ParameterSource.COMMANDLINE
    order = ManifestOrder(
        manifest,
        given["key"],
        given["state"] or settings.store.data / _SEEN_NAME,
        settings.upstreams[0] if is_named else None,
    )
    return verify_manifest(order, as_json=as_json)


async def _verified(
    settings: Settings, tell: "Callable[[Tally], None]", *, with_ledger: bool
) -> "Report":
    """Return what is wrong in the store. No door is opened, and nothing is changed."""
    from wheelyard.blobs import DiskThreads, KeyLocks, LocalBlobs, Quarantine
    from wheelyard.catalog import open_catalog, open_directory
    from wheelyard.clock import SystemClock
    from wheelyard.mirror import StoreParts

    clock = SystemClock()
    with (
        open_directory(settings.store.data, clock) as directory,
        open_catalog(directory.path, clock) as catalog,
    ):
        quarantine = Quarantine(directory.quarantine)
        store = LocalBlobs(directory.blobs, directory.spool, DiskThreads(), quarantine)
        parts = StoreParts(catalog, store, KeyLocks(directory.locks))
        return await _looked(parts, tell, with_ledger=with_ledger)


async def _repaired(
    settings: Settings, tell: "Callable[[Tally], None]", *, with_ledger: bool
) -> "Report":
    """Return what was wrong in the store, and what has become of it."""
    from wheelyard.app import MAIN, running
    from wheelyard.mirror import Repair, StoreParts, repair

    async with running(settings, os.environ, records_doors=False) as app:
        store = app.fills.parts.store
        parts = StoreParts(app.catalog, store, app.fills.locks)
        report = await _looked(parts, tell, with_ledger=with_ledger)
        repository = app.indexes[MAIN].chain.repository
        work = Repair(app.catalog, store, parts.disk, repository)
        findings = [await repair(work, finding) for finding in report.findings]
    return msgspec.structs.replace(report, findings=tuple(findings))


async def _looked(
    parts: "StoreParts", tell: "Callable[[Tally], None]", *, with_ledger: bool
) -> "Report":
    """Return what is wrong in a store, and with the evidence if that is asked for."""
    from wheelyard.mirror import verify, verify_evidence

    report = await verify(parts, tell)
    if not with_ledger:
        return report
    findings = (*report.findings, *await verify_evidence(parts))
    return msgspec.structs.replace(report, findings=findings)


def _unseen(_: "Tally") -> None:
    """Tell nobody how far the work is."""


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
        click.Option(
            ["--ledger"],
            is_flag=True,
            help="Check the evidence as well: what is held must be what the ledger has, and "
            "nobody may be able to change the ledger.",
        ),
        *manifest_options(),
        setting_option("upstream.urls"),
        setting_option("server.offline"),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
