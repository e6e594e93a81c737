"""``wheelyard publish``: an index as a tree of files that any web server can give out."""

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import place_options, require_data, tell, write_json
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.progress import line_on_terminal
from wheelyard.cli.publish_config import SERVERS, show_configuration
from wheelyard.cli.stopping import stop_on_signal
from wheelyard.errors import BadInput, WheelyardError
from wheelyard.settings import PublishSettings, Settings
from wheelyard.spelling import MAIN

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.app.publishing import PublishOrder
    from wheelyard.publish.serving import Kind
    from wheelyard.publish.tree import Account, Direction, Reconcile, Report, Switched

__all__ = ["command"]

_COLLECTED_EVERY = 50_000
"""After how many new records those in circles are looked for; a page and its files have none."""


@dataclass(frozen=True, slots=True)
class _Flags:
    """What was asked for on the command line."""

    watch: bool
    dry_run: bool
    reconcile: bool
    deep: bool
    activate: bool
    no_activate: bool
    rollback: bool
    adopt: bool
    as_json: bool

    def check(self) -> None:
        """Refuse what contradicts itself.

        Raises:
            BadInput: two of them cannot be meant together.
        """
        switching = [name for name in ("activate", "rollback") if getattr(self, name)]
        making = [
            name
            for name in ("watch", "dry_run", "reconcile", "deep", "no_activate", "adopt")
            if getattr(self, name)
        ]
        if len(switching) > 1 or (switching and making):
            told = ", ".join(f"`--{name.replace('_', '-')}`" for name in (*switching, *making))
            raise BadInput(f"{told}: give one of them. `--activate` and `--rollback` only switch.")
        if self.watch and self.dry_run:
            raise BadInput("`--watch` and `--dry-run`: give one of them.")


@click.pass_context
def _publish(
    context: click.Context,
    /,
    target: str,
    index: str,
    *,
    config_for: "Kind | None",
    members: bool,
    **flags: bool,
) -> Verdict:
    """Publish ``index`` to ``target``, or switch between its views there."""
    asked = _Flags(**flags)
    asked.check()
    settings = given_settings(context)
    wanted = _wanted(settings, index, members=members)
    if config_for is not None:
        show_configuration(config_for, target or wanted.target, wanted, settings.server)
        return Verdict.FINE
    order = _order(wanted, target, asked)
    require_data(settings.store.data)
    alone = replace(settings, server=replace(settings.server, offline=True))
    if asked.activate or asked.rollback:
        switched = anyio.run(_switched, alone, order, "activate" if asked.activate else "rollback")
        _show_switched(switched, as_json=asked.as_json)
        return Verdict.FINE
    if asked.watch:
        anyio.run(_watched, alone, order, asked)
        return Verdict.FINE
    report = anyio.run(_published, alone, order, backend_options={"use_uvloop": True})
    _show(report, as_json=asked.as_json)
    return Verdict.FOUND_WRONG if report.failed else Verdict.FINE


def _wanted(settings: Settings, index: str, *, members: bool) -> PublishSettings:
    """Return the settings of the index, with what was said here."""
    known = {each.name: each for each in settings.publishes}
    wanted = known.get(index) or PublishSettings(name=index)
    return replace(wanted, members=wanted.members or members)


def _order(wanted: PublishSettings, target: str, asked: _Flags) -> "PublishOrder":
    """Return what is to be done.

    Raises:
        BadInput: nobody says where to.
    """
    from wheelyard.app.publishing import PublishOrder

    if not (target or wanted.target):
        raise BadInput(
            "`publish` needs a target: name a directory, or an object store such as "
            f"`s3://bucket/prefix`, or set `target` in `[publish.{wanted.name}]`."
        )
    return PublishOrder(
        wanted,
        os.environ,
        target or wanted.target,
        reconcile=_reconcile(asked),
        activates=not asked.no_activate,
        is_dry=asked.dry_run,
        adopts=asked.adopt,
    )


def _reconcile(asked: _Flags) -> "Reconcile":
    """Return whether the target is compared with what it should be."""
    if asked.deep:
        return "deep"
    return "listing" if asked.reconcile else "due"


async def _published(settings: Settings, order: "PublishOrder") -> "Report":
    """Publish once."""
    from wheelyard.app import running
    from wheelyard.app.publishing import run_publish
    from wheelyard.publish.tree import Account

    async with running(settings, os.environ, records_doors=False) as app:
        account = Account()
        with _rarely_collected(), line_on_terminal("publishing", None, account):
            return await run_publish(app, order, account)


@contextmanager
def _rarely_collected() -> Iterator[None]:
    """Look for circles seldom, and not in the program itself: a run makes millions of records."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(_COLLECTED_EVERY, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


async def _switched(
    settings: Settings, order: "PublishOrder", direction: "Direction"
) -> "Switched":
    """Let the other view count."""
    from wheelyard.app import running
    from wheelyard.app.publishing import run_switch

    async with running(settings, os.environ, records_doors=False) as app:
        return await run_switch(app, order, direction)


async def _watched(settings: Settings, order: "PublishOrder", asked: _Flags) -> None:
    """Publish again and again, until Ctrl-C or SIGTERM."""
    from wheelyard.app import running
    from wheelyard.app.publish_schedule import watch_publish

    async with running(settings, os.environ, records_doors=False) as app:
        scope = anyio.CancelScope()
        app.background.start_soon(partial(stop_on_signal, scope))
        if not asked.as_json:
            tell(f"Publishing to `{order.url}` after each change - stop it with Ctrl+C.")
        with scope:
            await watch_publish(app, order, _Teller(as_json=asked.as_json))


@dataclass(frozen=True, slots=True)
class _Teller:
    """Tells a person, or a program, of each publish."""

    as_json: bool

    def begins(self) -> "Account":
        """Return what the next publish is counted in."""
        from wheelyard.publish.tree import Account

        return Account()

    def told(self, report: "Report") -> None:
        """Tell of a publish that was made."""
        if report.outcome != "unchanged" or report.is_switched:
            _show(report, as_json=self.as_json)

    def failed(self, error: Exception) -> None:
        """Tell of one that was not."""
        told = str(error) if isinstance(error, WheelyardError) else f"It cannot be done: {error}"
        tell(f"{told} It is tried again.")


def _show(report: "Report", *, as_json: bool) -> None:
    """Write what a publish came to."""
    if as_json:
        write_json(report)
        return
    from wheelyard.cli.publishing import show_report

    show_report(report)


def _show_switched(switched: "Switched", *, as_json: bool) -> None:
    """Write which view counts now."""
    if as_json:
        write_json(switched)
        return
    now = "shows" if switched.is_new else "already shows"
    click.echo(f"`{switched.target}` {now} serial {switched.serial} (view `{switched.view}`).")


command = click.Command(
    "publish",
    callback=_publish,
    help="Publish an index as a tree of files that any web server can give out.\n\nTARGET is a "
    "directory, or an object store such as `s3://bucket/prefix`; without it, what "
    "`[publish.INDEX]` says. Published is what `serve --offline` gives, byte for byte. What has "
    "not changed is left alone. A server may run on the same data. Exit code 0: all of it is "
    "there; 1: something is not, and is tried again at the next publish.",
    params=[
        click.Argument(["target"], metavar="[TARGET]", default="", required=False),
        click.Option(["--index"], default=MAIN, metavar="NAME", help="Index. [default: main]"),
        click.Option(["--watch"], is_flag=True, help="Publish after each change, until stopped."),
        click.Option(["--dry-run"], is_flag=True, help="Say what would be done, and do nothing."),
        click.Option(
            ["--reconcile"],
            is_flag=True,
            help="Compare the target with what it should be, and repair it.",
        ),
        click.Option(["--deep"], is_flag=True, help="The same, and read every byte of it."),
        click.Option(
            ["--no-activate"], is_flag=True, help="Clients get it only after `--activate`."
        ),
        click.Option(["--activate"], is_flag=True, help="Let clients get the newest view."),
        click.Option(["--rollback"], is_flag=True, help="Let clients get the view from before."),
        click.Option(
            ["--adopt"],
            is_flag=True,
            help="Take over a tree that another data directory published.",
        ),
        click.Option(
            ["--config-for"],
            type=click.Choice(SERVERS),
            help="Write the configuration with which that server gives out the tree, and do "
            "nothing else.",
        ),
        click.Option(
            ["--members"], is_flag=True, help="Publish an index that only members may read."
        ),
        *place_options(),
        json_option(),
    ],
)
