"""``wheelyard stats estimate``: what a log says of the traffic, and what a month would cost."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import on_catalog, place_options, tell, write_json
from wheelyard.cli.amounts import count, duration, size
from wheelyard.cli.commands import Verdict
from wheelyard.cli.log_options import (
    BadLines,
    given_format,
    log_files_argument,
    log_options,
    read_logs,
)
from wheelyard.cli.options import json_option
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the readers
    from wheelyard.catalog import Catalog
    from wheelyard.stats.estimating import Cost, Estimate, Prices, Sums

__all__ = ["estimate"]

_PRICES = (
    ("--requests-price", "requests", "Price of 10,000 requests to the CDN."),
    ("--gb-price", "gigabyte", "Price of a gigabyte (10^9 bytes) that the CDN sends."),
    ("--store-requests-price", "store_requests", "Price of 10,000 requests by the CDN to a store."),
    ("--store-gb-price", "store_gigabyte", "Price of a gigabyte that the store sends to the CDN."),
    ("--stored-gb-price", "kept_gigabyte", "Price of a gigabyte that the store keeps a month."),
)
_LEAST_MONEY = 0.0001
_HEADINGS = ("", "Requests", "Bytes", "Mean", "Hits")


@click.pass_context
def _estimate(
    context: click.Context,
    /,
    files: tuple[Path, ...],
    *,
    form: str | None,
    fields: str | None,
    delimiter: str | None,
    from_counts: bool,
    stored_gb: float | None,
    as_json: bool,
    **given: float | None,
) -> Verdict:
    """Read the logs, or the counts, and say what they come to."""
    from wheelyard.stats.estimating import Estimate, Prices

    if stored_gb is not None and given["kept_gigabyte"] is None:
        raise BadInput("`--stored-gb` says how much is kept: add its price, `--stored-gb-price`.")
    if given["kept_gigabyte"] is not None and stored_gb is None:
        raise BadInput("`--stored-gb-price` is the price of how much? Add `--stored-gb`.")
    prices = Prices(**given, kept_gigabytes=stored_gb or 0.0)
    found, bad, unsized = Estimate(), BadLines(), 0
    if from_counts:
        if files or form:
            raise BadInput("`--from-counts` reads no logs: leave the files and `--from` out.")
        unsized = _add_counts(context, found)
    else:
        log = read_logs(files, given_format(form, fields, delimiter))
        found.add(bad.kept_out(log))
    if as_json:
        write_json(_document(found, prices, unsized, bad))
    else:
        _show(found, prices)
    if from_counts:
        _tell_limits(unsized)
    return bad.end()


def _add_counts(context: click.Context, found: "Estimate") -> int:
    """Add what was counted here; return the downloads of files whose size is not known."""

    async def load(catalog: "Catalog") -> int:
        days = await catalog.taken.by_day()
        for each in days:
            found.add_day(each.day, each.downloads, each.bytes)
        return sum(each.unsized for each in days)

    return on_catalog(context, load)


def _tell_limits(unsized: int) -> None:
    """Say what counts do not say."""
    tell("Counts are of downloads alone: pages, metadata and what a cache did are not in them.")
    if unsized:
        tell(f"Without their bytes: {count(unsized, 'download')} of files whose size is not known.")


def _document(
    found: "Estimate", prices: "Prices", unsized: int, bad: BadLines
) -> dict[str, object]:
    """Return everything as programs read it."""
    from wheelyard.stats.estimating import cost_of, project

    month = project(found)
    cost = None if month is None else cost_of(month, prices)
    return {
        "first": _moment(found.first),
        "last": _moment(found.last),
        "total": _sums(found.total),
        "classes": {kind: _sums(sums) for kind, sums in found.by_class.items()},
        "days": [
            {"day": day.isoformat(), **_sums(sums)} for day, sums in sorted(found.by_day.items())
        ],
        "month": None if month is None else asdict(month),
        "cost": None if cost is None else {**asdict(cost), "total": cost.total},
        "unreadable_lines": bad.number,
        "downloads_of_unknown_size": unsized,
    }


def _sums(sums: "Sums") -> dict[str, object]:
    """Return sums as programs read them."""
    return {**asdict(sums), "hit_rate": sums.hit_rate, "mean_bytes": sums.mean_bytes}


def _moment(at: float | None) -> str | None:
    """Return a moment as RFC 3339 has it, in UTC and whole seconds."""
    from datetime import UTC, datetime

    return None if at is None else datetime.fromtimestamp(at // 1, UTC).isoformat()


def _show(found: "Estimate", prices: "Prices") -> None:
    """Write everything as people read it."""
    from wheelyard.cli.columns import show_columns
    from wheelyard.stats.estimating import cost_of, project

    total = found.total
    if not total.requests:
        click.echo("There is no request in it.")
        return
    classes = [_row(kind, sums) for kind, sums in found.by_class.items() if sums.requests]
    show_columns(_HEADINGS, [*classes, _row("total", total)], empty="")
    click.echo()
    days = sorted(found.by_day.items())
    show_columns(("Day", *_HEADINGS[1:]), [_row(day, sums) for day, sums in days], empty="")
    click.echo()
    month = project(found)
    if month is None:
        click.echo("It covers less than an hour, which says nothing of a month.")
        return
    behind = (
        f"; {month.fetches:,.0f} requests to the server behind, {size(round(month.fetched_bytes))}"
        if month.fetches
        else ""
    )
    click.echo(
        f"A month at the pace of these {duration(month.seconds)}: {month.requests:,.0f} requests, "
        f"{size(round(month.bytes))}{behind}."
    )
    if cost := cost_of(month, prices):
        _show_cost(cost)


def _show_cost(cost: "Cost") -> None:
    """Write what a month costs, as far as prices were given."""
    parts = [
        f"{name.replace('_', ' ')} {_money(amount)}"
        for name, amount in asdict(cost).items()
        if amount is not None
    ]
    click.echo(f"It costs {_money(cost.total)}: {', '.join(parts)}.")


def _money(amount: float) -> str:
    """Return an amount in the currency of the prices; of little also the hundredths of a cent."""
    if 0 < amount < _LEAST_MONEY:
        return f"less than {_LEAST_MONEY}"
    return f"{amount:,.2f}" if amount >= 1 or not amount else f"{amount:.4f}"


def _row(name: str | date, sums: "Sums") -> tuple[str, ...]:
    """Return sums as a row of a table."""
    rate = sums.hit_rate
    return (
        str(name),
        f"{sums.requests:,}",
        size(sums.bytes),
        size(round(sums.mean_bytes or 0)),
        "unknown" if rate is None else f"{100 * rate:.1f} %",
    )


estimate = click.Command(
    "estimate",
    callback=_estimate,
    short_help="Sum up access logs: requests, bytes, hits, and what a month costs.",
    help="Sum up access logs: requests, bytes, hits of the cache and the mean size of an answer, "
    "by class and by day; and what a month of it comes to.\n\nWithout a FILE the log comes from "
    "standard input; gzip and zstd are unpacked. Prices are yours: nothing is assumed.",
    params=[
        log_files_argument(),
        *log_options(),
        click.Option(
            ["--from-counts"],
            is_flag=True,
            help="Sum up the downloads that were counted here, instead of logs.",
        ),
        *(
            click.Option([flag, name], metavar="PRICE", type=click.FloatRange(min=0), help=text)
            for flag, name, text in _PRICES
        ),
        click.Option(
            ["--stored-gb"],
            metavar="GB",
            type=click.FloatRange(min=0),
            help="How many gigabytes the store keeps.",
        ),
        *place_options(),
        json_option(),
    ],
)
