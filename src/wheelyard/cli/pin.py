"""``wheelyard pin``: files that are kept whatever upstream does."""

import os
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import make_group, on_catalog, os_actor, place_options, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.cli.options import given_settings, json_option, setting_option
from wheelyard.cli.placing import index_option
from wheelyard.cli.readying import fetching_line
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from collections.abc import Sequence

    from wheelyard.app import App
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.pins import Pin, Unpinning
    from wheelyard.mirror.ready import Asked, Kept, Tell

__all__ = ["add", "command", "list_", "remove"]

_WHAT = "A project, a release (`NAME==VERSION`) or a file."


@click.pass_context
def _add(
    context: click.Context, wanted: tuple[str, ...], label: str, index: str, *, as_json: bool
) -> Verdict:
    """Fetch what is not held, and pin it."""
    from wheelyard.mirror.ready import parse_asked

    asked = [parse_asked(word) for word in wanted]
    with fetching_line() as progress:
        kept = anyio.run(_keep, context, asked, (label, index), progress)
    _show_kept(kept, as_json=as_json)
    return Verdict.FOUND_WRONG if kept.failed else Verdict.FINE


async def _keep(
    context: click.Context, asked: "Sequence[Asked]", where: tuple[str, str], progress: "Tell"
) -> "Kept":
    """Keep what is asked for, under a label, as an index shows it."""
    from wheelyard.app import running

    async with running(given_settings(context), os.environ, records_doors=False) as app:
        return await _keep_in(app, asked, where, progress)


async def _keep_in(
    app: "App", asked: "Sequence[Asked]", where: tuple[str, str], progress: "Tell"
) -> "Kept":
    """Do so in the running program."""
    from wheelyard.mirror.ready import Site, find_files, keep

    label, index = where
    shown = app.indexes.find(index)
    site = Site(shown.chain, app.catalog, app.clock, os_actor())
    refs = [ref for each in asked for ref in await find_files(shown.chain.repository, each)]
    return await keep(site, refs, label, progress)


def _show_kept(kept: "Kept", *, as_json: bool) -> None:
    """Say what is pinned now, and what could not be had."""
    if as_json:
        failed = [{"filename": each.filename, "reason": each.reason} for each in kept.failed]
        new = {pin.filename for pin in kept.new}
        pinned = [{**_document(pin), "new": pin.filename in new} for pin in kept.pinned]
        write_json({"pinned": pinned, "served": list(kept.served), "failed": failed})
        return
    for name in kept.served:
        tell(f"`{name}` is in a directory that you serve: it stays as long as it is there.")
    for each in kept.failed:
        tell(f"Not pinned: {each.reason}")
    again = len(kept.pinned) - len(kept.new)
    tell(f"Pinned: {count(len(kept.new), 'file')}" + (f", {again:,} already." if again else "."))


@click.pass_context
def _remove(
    context: click.Context, wanted: tuple[str, ...], label: str | None, *, as_json: bool
) -> Verdict:
    """Take pins away; nothing is deleted by that."""
    if not wanted and label is None:
        raise BadInput("Say what is no longer pinned: a project, a release, a file or `--label`.")
    meant = [_unpinning(word, label) for word in wanted] or [_of_label(label)]

    async def work(catalog: "Catalog") -> "list[Pin]":
        return [pin for each in meant for pin in await catalog.pins.remove(each, os_actor())]

    gone = on_catalog(context, work)
    if as_json:
        write_json([_document(pin) for pin in gone])
    elif not gone:
        tell("No pin is of that: `wheelyard pin list` shows them.")
    else:
        tell(f"No longer pinned: {count(len(gone), 'file')}. They stay until space is needed.")
    return Verdict.FINE if gone else Verdict.FOUND_WRONG


def _unpinning(word: str, label: str | None) -> "Unpinning":
    """Return which pins ``word`` means."""
    from wheelyard.catalog.pins import Unpinning
    from wheelyard.mirror.ready import parse_asked

    asked = parse_asked(word)
    return Unpinning(asked.project, asked.version, asked.filename, label)


def _of_label(label: str | None) -> "Unpinning":
    """Return all pins of a label."""
    from wheelyard.catalog.pins import Unpinning

    return Unpinning(label=label)


@click.pass_context
def _list(context: click.Context, label: str | None, *, as_json: bool) -> None:
    """Show the pins."""

    async def work(catalog: "Catalog") -> "tuple[Pin, ...]":
        return await catalog.pins.load()

    pins = [pin for pin in on_catalog(context, work) if label in {None, pin.label}]
    if as_json:
        write_json([_document(pin) for pin in pins])
        return
    from wheelyard.cli.columns import show_columns
    from wheelyard.cli.moments import show_moment

    show_columns(
        ("File", "Project", "Owner", "Label", "Since", "By"),
        [
            (
                pin.filename,
                pin.project,
                pin.owner,
                pin.label,
                show_moment(pin.pinned_at),
                pin.pinned_by,
            )
            for pin in pins
        ],
        empty="Nothing is pinned.",
    )


def _document(pin: "Pin") -> dict[str, object]:
    """Return a pin for programs."""
    return {
        "filename": pin.filename,
        "project": pin.project,
        "owner": pin.owner,
        "label": pin.label,
        "sha256": pin.sha256,
        "size": pin.file.size,
        "pinned_at": pin.pinned_at,
        "pinned_by": pin.pinned_by,
        "taken_down_at": pin.taken_down_at,
    }


add = click.Command(
    "add",
    callback=_add,
    short_help="Fetch files if they are not held, and keep them.",
    help="Fetch files if they are not held, and keep them.\n\nA pinned file is never collected or "
    "evicted, and stays installable when its owner deletes it, unless the project is quarantined. "
    f"WANTED: {_WHAT} Of a project without a version the newest release is pinned.",
    params=[
        click.Argument(["wanted"], nargs=-1, required=True, metavar="WANTED..."),
        click.Option(["--label"], default="", metavar="TEXT", help="Why; to find the pins again."),
        index_option(),
        *place_options(),
        setting_option("upstream.urls"),
        setting_option("server.offline"),
        json_option(),
    ],
)

remove = click.Command(
    "remove",
    callback=_remove,
    short_help="Keep files no longer.",
    help=f"Keep files no longer; what is held stays until space is needed.\n\nWANTED: {_WHAT}",
    params=[
        click.Argument(["wanted"], nargs=-1, metavar="[WANTED]..."),
        click.Option(["--label"], metavar="TEXT", help="Only the pins of this label."),
        *place_options(),
        json_option(),
    ],
)

list_ = click.Command(
    "list",
    callback=_list,
    help="List what is pinned.",
    params=[
        click.Option(["--label"], metavar="TEXT", help="Only the pins of this label."),
        *place_options(),
        json_option(),
    ],
)

command = make_group("pin", "Keep files whatever upstream does.", add, remove, list_)
