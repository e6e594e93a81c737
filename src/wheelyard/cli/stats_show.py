"""``wheelyard stats show``: what was taken, and how often."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import on_catalog, place_options, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import json_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog.download_sums import Aspect, DownloadCounts, Selected

__all__ = [
    "day_option",
    "mirrors_option",
    "parse_day_option",
    "parse_name_option",
    "selected_days",
    "show",
]

_DAYS = 30
_MOST = 50
"""Rows on a terminal; programs get all of them."""

_ASPECTS = ("day", "project", "version", "file", "family", "python", "system")
_PLURALS = {"family": "families", "python": "versions of Python"}


@click.pass_context
def _show(
    context: click.Context,
    by: "Aspect | None",
    index: str,
    *,
    project: str | None,
    day: str | None,
    since: str | None,
    until: str | None,
    mirrors: bool,
    as_json: bool,
) -> None:
    """Show sums of what is meant."""
    if day is not None and (since is not None or until is not None):
        raise BadInput("`--day` is one day: leave `--since` and `--until` out, or `--day`.")
    name = parse_name_option(project)
    what = by or ("file" if name else "day" if day is None else "project")
    selected = replace(
        selected_days(since or day, until or day), index=index, project=name, mirrors=mirrors
    )
    if selected.since is None and selected.until is None and not name:
        selected = replace(selected, since=_today() - timedelta(days=_DAYS - 1))
    counts = on_catalog(context, lambda catalog: catalog.downloads.sums(selected, what))
    if as_json:
        write_json(_document(selected, day, what, counts))
    else:
        _show_counts(what, counts, mirrors=mirrors)


def _document(
    selected: "Selected", day: str | None, what: str, counts: "Sequence[DownloadCounts]"
) -> dict[str, object]:
    """Return the sums for programs."""
    return {
        "index": selected.index or None,
        "day": day,
        "project": selected.project or None,
        "since": None if selected.since is None else selected.since.isoformat(),
        "until": None if selected.until is None else selected.until.isoformat(),
        "downloads": sum(each.count for each in counts),
        "mirrors": sum(each.mirrors for each in counts),
        "counts": [
            {what: each.what, "downloads": each.count, "mirrors": each.mirrors} for each in counts
        ],
    }


def parse_name_option(project: str | None) -> str:
    """Return the name that is given to ``--project``; empty if none is.

    Raises:
        BadInput: it is none.
    """
    from wheelyard.names import parse_project_name

    return "" if project is None else parse_project_name(project)


def selected_days(since: str | None, until: str | None) -> "Selected":
    """Return the days that are given to ``--since`` and ``--until``.

    Raises:
        BadInput: one of them is none.
    """
    from wheelyard.catalog.downloads import Selected

    flag = "--day" if since is not None and since == until else "--since"
    first = None if since is None else parse_day_option(since, flag)
    last = None if until is None else parse_day_option(until, "--until")
    return Selected(since=first, until=last)


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


def mirrors_option() -> click.Option:
    """Return the flag that leaves mirrors out."""
    return click.Option(
        ["--mirrors/--no-mirrors"],
        default=True,
        help="Whether what mirrors took counts, too: programs that fetch for others, such as "
        "bandersnatch. [default: it does]",
    )


def _show_counts(what: str, counts: "Sequence[DownloadCounts]", *, mirrors: bool) -> None:
    """Write a table, and the sum."""
    from wheelyard.cli.columns import show_columns

    shown = counts if what == "day" else counts[:_MOST]
    by_mirrors = ("Of them by mirrors",) if mirrors else ()
    show_columns(
        (what.capitalize(), "Downloads", *by_mirrors),
        [
            (each.what or "unknown", f"{each.count:,}", *([f"{each.mirrors:,}"] * mirrors))
            for each in shown
        ],
        empty="Nothing was taken, or nothing was counted yet.",
    )
    if counts:
        total = count(sum(each.count for each in counts), "download")
        of = f"{len(counts)} {what if len(counts) == 1 else _PLURALS.get(what, f'{what}s')}"
        rest = "" if len(shown) == len(counts) else f"; the {len(shown)} with most are shown"
        click.echo(f"\n{total} of {of}{rest}.")


show = click.Command(
    "show",
    callback=_show,
    short_help="Show how often files were taken.",
    help="Show how often files were taken.\n\nBy itself: each of the last 30 days, in UTC. With "
    "`--day`: each project on that day. With `--project`: each of its files, on that day or ever. "
    "`--by` shows the same downloads by something else. What mirrors took is counted apart.",
    params=[
        click.Option(
            ["--by"],
            type=click.Choice(_ASPECTS),
            help="What is told apart; `family` is the program, such as pip or a browser.",
        ),
        day_option("--day", "Only this day, such as `2026-01-31`."),
        day_option("--since", "Nothing before this day."),
        day_option("--until", "Nothing after this day."),
        click.Option(["--project"], metavar="NAME", help="Only this project."),
        mirrors_option(),
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
