"""``wheelyard stats export``: the counts as other programs read them."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import on_catalog, place_options, tell
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings
from wheelyard.cli.stats_show import day_option, parse_day_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.downloads import Counted, Selected

__all__ = ["export", "header_option"]

_MAIN = "main"


@click.pass_context
def _export(
    context: click.Context,
    form: str,
    into: Path | None,
    index: str,
    *,
    since: str | None,
    until: str | None,
    header: bool | None,
) -> None:
    """Write lines to standard output, or files into a directory."""
    if (form == "local-stats") != (into is not None):
        raise BadInput(
            "`--format local-stats` writes a file for each day: name a directory for them with "
            "`--into`. The other formats go to standard output."
        )
    if into is None:
        _lines(context, form, _selected(index, since, until))
        return
    if since is not None or until is not None:
        raise BadInput("`--format local-stats` writes every day that is over: leave the dates out.")
    has_header = given_settings(context).stats.header if header is None else header
    _files(context, index or _MAIN, into.absolute(), has_header=has_header)


def _selected(index: str, since: str | None, until: str | None) -> "Selected":
    """Return which downloads are meant."""
    from wheelyard.catalog.downloads import Selected

    first = None if since is None else parse_day_option(since, "--since")
    last = None if until is None else parse_day_option(until, "--until")
    return Selected(index, "", first, last)


def _lines(context: click.Context, form: str, selected: "Selected") -> None:
    """Write a line for each count."""
    from wheelyard.stats.export import write_csv, write_json

    def use(rows: "Iterator[Counted]") -> None:
        write = write_csv if form == "csv" else write_json
        write(rows, sys.stdout.write)

    async def work(catalog: "Catalog") -> None:
        await catalog.downloads.each(selected, use)

    on_catalog(context, work)


def _files(context: click.Context, index: str, into: Path, *, has_header: bool) -> None:
    """Write the files of the mirror protocol."""
    from wheelyard.clock import SystemClock
    from wheelyard.stats.export import export_days

    async def work(catalog: "Catalog") -> int:
        now = SystemClock().now()
        written = await export_days(catalog.downloads, index, into, now, has_header=has_header)
        return len(written)

    number = on_catalog(context, work)
    tell(
        f"Written into `{into}`: {count(number, 'day')} that {'is' if number == 1 else 'are'} new."
    )


def header_option() -> click.Option:
    """Return the flag that says whether the first line of a file names the columns."""
    return click.Option(
        ["--header/--no-header"],
        default=None,
        help="Begin each file of a day with a line that names the columns. "
        "[default: the setting `stats.header`]",
    )


export = click.Command(
    "export",
    callback=_export,
    short_help="Write the counts of downloads as CSV, JSON or files of the mirror protocol.",
    help="Write the counts of downloads.\n\nAs lines of CSV or JSON on standard output; or, with "
    "`--format local-stats --into DIR`, as the files that mirrors publish below "
    "`/local-stats/days/`: one for each day that is over, in UTC.",
    params=[
        click.Option(
            ["--format", "form"],
            type=click.Choice(["csv", "json", "local-stats"]),
            default="csv",
            show_default=True,
            help="What is written.",
        ),
        click.Option(
            ["--into"],
            metavar="DIR",
            type=click.Path(path_type=Path, file_okay=False),
            help="Directory for the files of `local-stats`.",
        ),
        click.Option(
            ["--index"],
            metavar="INDEX",
            default="",
            help="Only what was taken from this index. [default: all; `main` for `local-stats`]",
        ),
        day_option("--since", "Nothing before this day."),
        day_option("--until", "Nothing after this day."),
        header_option(),
        *place_options(),
    ],
)
