"""How a publish looks on a terminal: while it runs, and what it came to."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.progress import Progress, SpinnerColumn

from wheelyard.cli.acting import tell
from wheelyard.cli.amounts import count, size
from wheelyard.cli.waiting import Told, line_console
from wheelyard.publish.tree import Account, Report

__all__ = ["how_far", "progress_line", "show_report"]

_SHOWN = 10


def how_far(account: Account) -> str:
    """Return how far a publish is."""
    written = f"{count(account.objects, 'object')} written ({size(account.bytes)})"
    failed = f", {account.failed:,} failed" if account.failed else ""
    if not account.to_look_at:
        return f"{account.phase} ..."
    projects = f"{account.looked_at:,} of {account.to_look_at:,} projects"
    return f"{account.phase}: {projects}, {written}{failed}"


@contextmanager
def progress_line(account: Account) -> Iterator[None]:
    """Keep one line of standard error up to date with how far ``account`` is."""
    columns = (SpinnerColumn(), Told(lambda _seconds: how_far(account)))
    with Progress(*columns, console=line_console(), transient=True) as progress:
        progress.add_task("", total=None)
        yield


def show_report(report: Report) -> None:
    """Write what a publish came to; what is wrong goes to standard error."""
    for sentence in _sentences(report):
        click.echo(sentence)
    for each in report.problems[:_SHOWN]:
        tell(f"`{each.project}` stays as it was: {each.reason.rstrip('.')}.")
    if report.failed:
        tell(f"{count(report.failed, 'project')} could not be published: publish again.")


def _sentences(report: Report) -> list[str]:
    """Return what a publish came to, in sentences."""
    told = [_first(report)]
    if report.outcome == "planned":
        names = [f"`{name}`" for name in report.names[:_SHOWN]]
        more = ["..."] if len(report.names) > _SHOWN else []
        return [*told, f"Projects: {', '.join(names + more)}"] if names else told
    if not report.is_active:
        told.append("Clients get what they got before, until you say `--activate`.")
    if report.healed:
        told.append(f"Repaired: {count(report.healed, 'missing or wrong object')}.")
    if report.strays:
        told.append(f"Cleared away: {count(report.strays, 'unknown object')}.")
    if report.removed:
        told.append(f"Removed: {count(report.removed, 'object')} that no page names any more.")
    if report.waiting:
        told.append(
            f"{count(report.waiting, 'object')} that no page names any more will be removed by a "
            "later publish, because caches may have pages that do."
        )
    return told


def _first(report: Report) -> str:
    """Return the sentence that says what is shown now, and what was done for that."""
    where = f"`{report.index}` at serial {report.serial}"
    gone = f", {count(report.pages_gone, 'page')} gone" if report.pages_gone else ""
    pages = f"{count(report.pages, 'page')} changed{gone}"
    if report.outcome == "planned":
        if not (report.objects or report.pages or report.pages_gone):
            return f"`{report.target}` would show {where}: nothing has changed."
        files = f"{count(report.objects, 'new file')} and metadata ({size(report.bytes)})"
        return f"`{report.target}` would show {where}: {files}, {pages}."
    shows = f"`{report.target}` {'shows' if report.is_active else 'has'} {where}"
    if report.outcome == "unchanged" and report.is_switched:
        return f"{shows} again: nothing had to be written."
    if report.outcome == "unchanged":
        rest = "what was wrong there is put right" if report.healed else "nothing was written"
        return f"{shows} already: {rest}."
    return f"{shows}: {count(report.objects, 'object')} ({size(report.bytes)}) written, {pages}."
