"""``wheelyard sync``: fill an index ahead of need, so that what is wanted is here."""

import gc
import os
from functools import partial
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import write_json
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import config_option, given_settings, json_option, setting_option
from wheelyard.cli.progress import line_on_terminal
from wheelyard.cli.stopping import stop_on_signal
from wheelyard.cli.wanting import flags_say_what, given_sync, wanting_options
from wheelyard.clock import SystemClock
from wheelyard.errors import BadInput
from wheelyard.settings import Settings, SyncSettings, start_problems, sync_problems
from wheelyard.spelling import MAIN

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.app import SyncOrder
    from wheelyard.catalog.sync_runs import Scope
    from wheelyard.mirror.sync import PlanReport, Report

__all__ = ["command"]


@click.pass_context
def _sync(
    context: click.Context, index: str, *, dry_run: bool, allow_removals: bool, as_json: bool
) -> Verdict:
    """Fill ``index``; with ``dry_run`` say what that would be."""
    from wheelyard.app import SyncOrder

    settings = given_settings(context)
    wanted = given_sync(context, settings, index)
    if problems := [*sync_problems(wanted), *start_problems(wanted, SystemClock().now())]:
        raise BadInput(*problems)
    order = SyncOrder(wanted, _scope(context, wanted), allows_removals=allow_removals)
    if dry_run:
        plan = anyio.run(_planned, settings, order)
        _show_plan(plan, as_json=as_json)
        return Verdict.FOUND_WRONG if plan.problems or plan.held_back else Verdict.FINE
    report = anyio.run(_synced, settings, order, backend_options={"use_uvloop": True})
    _show(report, as_json=as_json)
    return Verdict.FINE if report.outcome == "done" else Verdict.FOUND_WRONG


def _scope(context: click.Context, wanted: SyncSettings) -> "Scope":
    """Return what the run is for, as runs are told apart."""
    if not flags_say_what(context):
        return "configured"
    return "all" if wanted.all else "given"


async def _synced(settings: Settings, order: "SyncOrder") -> "Report":
    """Fill the index; return what that came to, also if somebody stopped it."""
    from wheelyard.app import run_sync, running
    from wheelyard.mirror.sync import Account

    async with running(settings, os.environ, records_doors=False) as app:
        gc.freeze()  # a run makes millions of records: the program is not looked through each time
        account = Account(order.index, app.clock.now())
        scope = anyio.CancelScope()
        app.background.start_soon(partial(stop_on_signal, scope))
        with scope, line_on_terminal("synced", None, account):
            return await run_sync(app, order, account)
        account.is_stopped = True
        return account.report(app.clock.now())


async def _planned(settings: Settings, order: "SyncOrder") -> "PlanReport":
    """Return what a run would do."""
    from wheelyard.app import plan_sync, running
    from wheelyard.mirror.sync import Account

    async with running(settings, os.environ, records_doors=False) as app:
        account = Account(order.index, app.clock.now())
        with line_on_terminal("synced", None, account):
            return await plan_sync(app, order, account)


def _show(report: "Report", *, as_json: bool) -> None:
    """Write what a run came to."""
    if as_json:
        write_json(report)
        return
    from wheelyard.cli.synced import show_report

    show_report(report)


def _show_plan(plan: "PlanReport", *, as_json: bool) -> None:
    """Write what a run would do."""
    if as_json:
        write_json(plan)
        return
    from wheelyard.cli.synced import show_plan

    show_plan(plan)


command = click.Command(
    "sync",
    callback=_sync,
    help="Fill an index ahead of need.\n\nWithout `--all`, `--project` and `--requirement` it is "
    "filled with what `[sync.INDEX]` in the configuration says. A server may run on the same "
    "data. Exit code 0: everything wanted is here; 1: something is not, and is tried again at the "
    "next run.",
    params=[
        click.Argument(["index"], metavar="[INDEX]", default=MAIN, required=False),
        *wanting_options(),
        click.Option(["--dry-run"], is_flag=True, help="Say what would be done, and do nothing."),
        click.Option(
            ["--allow-removals"],
            is_flag=True,
            help="Remove what the upstream does not have any more, however much that is.",
        ),
        setting_option("upstream.urls"),
        setting_option("server.offline"),
        setting_option("store.data"),
        config_option(),
        json_option(),
    ],
)
