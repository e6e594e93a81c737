"""``wheelyard stats export``: the counts as other programs read them."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import on_catalog, place_options, tell
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings
from wheelyard.cli.outputs import check_output
from wheelyard.cli.stats_show import (
    day_option,
    mirrors_option,
    parse_name_option,
    selected_days,
)
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
    project: str | None,
    since: str | None,
    until: str | None,
    mirrors: bool,
    header: bool | None,
) -> None:
    """Write lines to standard output, a file of columns, or files into a directory."""
    _check_into(form, into)
    name = parse_name_option(project)
    if form == "local-stats" and into is not None:
        if since is not None or until is not None:
            raise BadInput(
                "`--format local-stats` writes every day that is over: leave the dates out."
            )
        if name or not mirrors:
            raise BadInput(
                "`--format local-stats` writes what every program took of every project: leave "
                "`--project` and `--no-mirrors` out."
            )
        has_header = given_settings(context).stats.header if header is None else header
        _files(context, index or _MAIN, into.absolute(), has_header=has_header)
        return
    selected = replace(selected_days(since, until), index=index, project=name, mirrors=mirrors)
    if into is None:
        _lines(context, form, selected)
    else:
        _columns(context, into.absolute(), selected)


def _check_into(form: str, into: Path | None) -> None:
    """Refuse a place that does not go with the format.

    Raises:
        BadInput: it does not.
    """
    if form == "local-stats" and into is None:
        raise BadInput(
            "`--format local-stats` writes a file for each day: name a directory for them with "
            "`--into`. The other formats go to standard output."
        )
    if form == "parquet" and (into is None or into.is_dir()):
        raise BadInput("`--format parquet` writes one file: name it with `--into`.")
    if form == "parquet" and into is not None:
        check_output(into)
    if form in {"csv", "json"} and into is not None:
        raise BadInput(
            "`--into` is for `--format local-stats` and `--format parquet`. The other formats go "
            "to standard output."
        )
    if form == "local-stats" and into is not None and into.is_file():
        raise BadInput(f"`--into`: `{into}` is a file, and a directory is needed.")


def _lines(context: click.Context, form: str, selected: "Selected") -> None:
    """Write a line for each count."""
    from wheelyard.stats.export import write_csv, write_json

    def use(rows: "Iterator[Counted]") -> None:
        write = write_csv if form == "csv" else write_json
        write(rows, sys.stdout.write)

    async def work(catalog: "Catalog") -> None:
        await catalog.downloads.each(selected, use)

    on_catalog(context, work)


def _columns(context: click.Context, into: Path, selected: "Selected") -> None:
    """Write a file of columns."""
    from wheelyard.stats.parquet import save_parquet

    async def work(catalog: "Catalog") -> int:
        return await catalog.downloads.each(selected, lambda rows: save_parquet(rows, into))

    tell(f"Written into `{into}`: {count(on_catalog(context, work), 'row')}.")


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
    short_help="Write the counts of downloads as CSV, JSON, Parquet or for the mirror protocol.",
    help="Write the counts of downloads.\n\nAs lines of CSV or JSON on standard output; with "
    "`--format parquet --into FILE` as one file for programs that look at columns; or, with "
    "`--format local-stats --into DIR`, as the files that mirrors publish below "
    "`/local-stats/days/`: one for each day that is over, in UTC.",
    params=[
        click.Option(
            ["--format", "form"],
            type=click.Choice(["csv", "json", "parquet", "local-stats"]),
            default="csv",
            show_default=True,
            help="What is written.",
        ),
        click.Option(
            ["--into"],
            metavar="PATH",
            type=click.Path(path_type=Path),
            help="Directory for the files of `local-stats`; file for `parquet`.",
        ),
        click.Option(
            ["--index"],
            metavar="INDEX",
            default="",
            help="Only what was taken from this index. [default: all; `main` for `local-stats`]",
        ),
        click.Option(["--project"], metavar="NAME", help="Only this project."),
        mirrors_option(),
        day_option("--since", "Nothing before this day."),
        day_option("--until", "Nothing after this day."),
        header_option(),
        *place_options(),
    ],
)
