"""``wheelyard stats ingest``: downloads out of the logs of CDNs and servers in front."""

import os
import sys
from typing import TYPE_CHECKING

import click

from wheelyard.cli.acting import on_catalog, place_options, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.commands import Verdict
from wheelyard.cli.log_options import given_format, log_options
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.scoping import warn_unknown_index
from wheelyard.errors import BadInput
from wheelyard.settings import Settings

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.stats.ingesting import IngestRules, Report
    from wheelyard.stats.logged import Place
    from wheelyard.wire.access_logs import LogFormat

__all__ = ["ingest"]

_MAIN = "main"
_SHOWN = 20
"""Problems that are written one by one."""


@click.pass_context
def _ingest(
    context: click.Context,
    /,
    sources: tuple[str, ...],
    index: str,
    prefix: str,
    *,
    count_forgotten: bool,
    as_json: bool,
    **form: str | None,
) -> Verdict:
    """Count what is in logs, and report."""
    from wheelyard.stats.ingesting import Ingester
    from wheelyard.stats.log_buckets import is_bucket, open_bucket_logs
    from wheelyard.stats.log_sources import find_logs

    settings = given_settings(context)
    files = find_logs(source for source in sources if not is_bucket(source))
    buckets = [open_bucket_logs(each, os.environ) for each in sources if is_bucket(each)]
    known_form = given_format(form["form"], form["fields"], form["delimiter"])

    said = tell if sys.stderr.isatty() and not as_json else None

    async def work(catalog: "Catalog") -> "Report":
        from wheelyard.clock import SystemClock

        await warn_unknown_index(context, catalog, index)
        place = await _place(catalog, settings, index, prefix)
        rules = _rules(settings, place, known_form, counts_forgotten=count_forgotten)
        ingester = Ingester(catalog.ingested, rules, SystemClock())
        for bucket in buckets:
            await ingester.run_bucket(bucket, said)
        return await ingester.run(files, said)

    report = on_catalog(context, work, makes=True)
    if as_json:
        write_json(_document(report, settings))
    else:
        _show(report)
        _warn(report, settings)
    is_wrong = bool(report.bad_lines or report.problems or report.forgotten)
    return Verdict.FOUND_WRONG if is_wrong else Verdict.FINE


async def _place(catalog: "Catalog", settings: Settings, index: str, prefix: str) -> "Place":
    """Return where indexes are in the paths of the logs.

    Raises:
        BadInput: the prefix is no path.
    """
    from wheelyard.stats.logged import Place

    if "?" in prefix or "://" in prefix:
        raise BadInput(
            f"`--prefix`: expected a path such as `/pypi`, got `{prefix[:80]}`: leave the host out."
        )
    inner = prefix.strip("/")
    names = {_MAIN, *(str(each.name) for each in settings.indexes)}
    names |= {str(row.name) for row in await catalog.indexes.load()}
    return Place(index or _MAIN, f"/{inner}/" if inner else "/", frozenset(names))


def _rules(
    settings: Settings, place: "Place", form: "LogFormat | None", *, counts_forgotten: bool
) -> "IngestRules":
    """Return how logs are read; makes the secret of the data directory if it has none."""
    from wheelyard.access.keys import load_key
    from wheelyard.stats.ingesting import IngestRules

    key = load_key(settings.store.data)
    return IngestRules(place, key, settings.stats, form, counts_forgotten)


def _document(report: "Report", settings: Settings) -> dict[str, object]:
    """Return the report for programs."""
    return {
        "files": report.files,
        "known_files": report.known_files,
        "lines": report.lines,
        "unreadable_lines": report.bad_lines,
        "downloads": report.counted,
        "mirrors": report.mirrors,
        "known": report.known,
        "unknown_files": dict(report.nobodys.most_common()),
        "forgotten": {day.isoformat(): number for day, number in sorted(report.forgotten.items())},
        "counts_own_requests": settings.stats.count_downloads,
        "problems": report.problems,
    }


def _show(report: "Report") -> None:
    """Write what was counted."""
    again = f", {report.known_files} of them read before" if report.known_files else ""
    mirrors = f", {report.mirrors:,} of them by mirrors" if report.mirrors else ""
    known = f"; {report.known:,} known already" if report.known else ""
    click.echo(
        f"{count(report.files, 'file')}{again}; {count(report.lines, 'line')}; "
        f"{count(report.counted, 'download')} counted{mirrors}{known}."
    )


def _warn(report: "Report", settings: Settings) -> None:
    """Tell what was not counted, and what may count twice."""
    for problem in report.problems[:_SHOWN]:
        tell(problem if problem.endswith(".") else f"{problem}.")
    if len(report.problems) > _SHOWN:
        tell(f"And {len(report.problems) - _SHOWN} more; `--json` has the first thousand.")
    if report.bad_lines:
        tell(f"{count(report.bad_lines, 'line')} could not be read; all others count.")
    if report.nobodys:
        some = ", ".join(f"`{name}`" for name, _ in report.nobodys.most_common(3))
        tell(
            f"{count(report.nobodys.total(), 'download')} of files of which nobody can tell the "
            f"project, such as {some}, were not counted."
        )
    if report.forgotten:
        days = sorted(report.forgotten)
        tell(
            f"{count(report.forgotten.total(), 'download')} from {days[0]} to {days[-1]} were left "
            "out: which lines of these days were counted is forgotten. If none of these logs "
            "was read before, repeat the command with `--count-forgotten`."
        )
    if report.counted and settings.stats.count_downloads:
        tell(
            "This server counts what it sends itself, too: a request that reached it through "
            "whoever wrote these logs counts twice. If that happens, set `[stats] "
            "count_downloads = false`, and let the logs alone count."
        )


def _format_options() -> list[click.Parameter]:
    """Return the flags about the format; here it may be called that, too."""
    form, *others = log_options()
    named = click.Option(["--format", "--from", "form"], type=form.type, help=_help(form))
    return [named, *others]


def _help(option: click.Parameter) -> str | None:
    """Return what a flag says of itself."""
    return option.help if isinstance(option, click.Option) else None


ingest = click.Command(
    "ingest",
    callback=_ingest,
    short_help="Count downloads out of the logs of CDNs and servers in front.",
    help="Count downloads out of access logs of CDNs and web servers.\n\nLOG is a file, plain or "
    "compressed, a directory of them, or a place in an object store, such as "
    "`s3://bucket/prefix`. Again and again is as good as once: files that were read "
    "and lines that were counted are passed over, also when logs were rotated, put together, or "
    "come late. Of a line nothing is kept that tells who it was.",
    params=[
        click.Argument(["sources"], metavar="LOG...", nargs=-1, required=True),
        *_format_options(),
        click.Option(
            ["--index"],
            metavar="INDEX",
            default="",
            help="The index that the logs are about. Paths below `/NAME/packages/` are of the "
            "index of that name in any case. [default: main]",
        ),
        click.Option(
            ["--prefix"],
            metavar="PATH",
            default="/",
            show_default=True,
            help="Only what is below this path, which is in front of our own.",
        ),
        click.Option(
            ["--count-forgotten"],
            is_flag=True,
            help="Count lines also of days whose lines were forgotten, see the setting "
            "`stats.remember_lines_days`: for logs that were never read.",
        ),
        *place_options(),
        json_option(),
    ],
)
