"""``wheelyard stats show``: what was taken, and how often."""

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import on_catalog, place_options, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import json_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.downloads import DownloadCounts, Selected

__all__ = ["day_option", "parse_day_option", "show"]

_DAYS = 30
_MOST = 50
"""Rows on a terminal; programs get all of them."""


@click.pass_context
def _show(
    context: click.Context, day: str | None, project: str | None, index: str, *, as_json: bool
) -> None:
    """Show the counts of days, of the projects of a day, or of the files of a project."""
    selected = _selected(day, project, index)

    async def load(catalog: "Catalog") -> "tuple[DownloadCounts, ...]":
        if project is not None:
            return await catalog.downloads.by_file(selected)
        if day is not None:
            return await catalog.downloads.by_project(selected)
        return await catalog.downloads.by_day(selected)

    counts = on_catalog(context, load)
    what = "file" if project is not None else "project" if day is not None else "day"
    if as_json:
        document = {
            "index": index or None,
            "day": day,
            "project": selected.project or None,
            "since": None if selected.since is None else selected.since.isoformat(),
            "downloads": sum(each.count for each in counts),
            "counts": [{what: each.what, "downloads": each.count} for each in counts],
        }
        write_json(document)
        return
    _show_counts(what, counts)


def _selected(day: str | None, project: str | None, index: str) -> "Selected":
    """Return which downloads are meant.

    Raises:
        BadInput: the day is none, or the name no project's.
    """
    from wheelyard.catalog.downloads import Selected
    from wheelyard.names import parse_project_name

    name = "" if project is None else parse_project_name(project)
    if day is not None:
        meant = parse_day_option(day, "--day")
        return Selected(index, name, meant, meant)
    since = None if project is not None else _today() - timedelta(days=_DAYS - 1)
    return Selected(index, name, since)


def parse_day_option(text: str, flag: str) -> date:
    """Return the day that is given to ``flag``.

    Raises:
        BadInput: it is none.
    """
    from wheelyard.wire.local_stats import parse_day

    try:
        return parse_day(text)
    except BadInput as error:
        raise BadInput(f"`{flag}`: {error}.") from None


def day_option(flag: str, text: str) -> click.Option:
    """Return a flag that takes a day."""
    return click.Option([flag], metavar="DAY", help=text)


def _today() -> date:
    """Return the day that it is, in UTC."""
    return datetime.now(UTC).date()


def _show_counts(what: str, counts: "tuple[DownloadCounts, ...]") -> None:
    """Write a table, and the sum."""
    from wheelyard.cli.columns import show_columns

    shown = counts if what == "day" else counts[:_MOST]
    show_columns(
        (what.capitalize(), "Downloads"),
        [(each.what, f"{each.count:,}") for each in shown],
        empty="Nothing was taken, or nothing was counted yet.",
    )
    if counts:
        total = count(sum(each.count for each in counts), "download")
        of = count(len(counts), what)
        rest = "" if len(shown) == len(counts) else f"; the {len(shown)} with most are shown"
        click.echo(f"\n{total} of {of}{rest}.")


show = click.Command(
    "show",
    callback=_show,
    short_help="Show how often files were taken.",
    help="Show how often files were taken.\n\nBy itself: each of the last 30 days, in UTC. With "
    "`--day`: each project on that day. With `--project`: each of its files, on that day or ever.",
    params=[
        day_option("--day", "Only this day, such as `2026-01-31`."),
        click.Option(["--project"], metavar="NAME", help="Only the files of this project."),
        click.Option(
            ["--index"],
            metavar="INDEX",
            default="",
            help="Only what was taken from this index. [default: all]",
        ),
        *place_options(),
        json_option(),
    ],
)
