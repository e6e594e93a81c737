"""How a sync looks on a terminal: while it runs, and what it came to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from wheelyard.cli.amounts import count, duration, size
from wheelyard.cli.waiting import Told, line_console
from wheelyard.mirror.sync import Account, PlanReport, Problem, Report

__all__ = ["how_far", "progress_line", "show_plan", "show_report"]

_MOST_SHOWN = 20
_VERDICTS = {
    "done": ("Everything wanted is here.", "bold green"),
    "partial": ("Not everything wanted is here: run it again to try the rest.", "bold red"),
    "failed": ("The upstream could not be asked: run it again when it can.", "bold red"),
    "stopped": ("Stopped. What is done stays done; run it again to go on.", "bold yellow"),
    "running": ("It goes on.", ""),
}


def how_far(account: Account, seconds: float) -> str:
    """Return how far a run is that has gone on for so many seconds, and how fast."""
    if not account.projects:
        return "Looking what there is, and what has changed ..."
    fetched, wanted = account.fetched, account.wanted
    failed = f", {account.failed:,} failed" if account.failed else ""
    projects = f"{account.looked_at:,} of {account.projects:,} projects"
    if not wanted.files:
        return f"{projects}{failed}"
    of = "" if wanted.unsized else f" of {size(wanted.bytes)}"
    rate = f", {size(int(fetched.bytes / seconds))}/s" if seconds > 1 and fetched.bytes else ""
    files = f"{fetched.files:,} of {wanted.files:,} files"
    return f"{projects}, {files} ({size(fetched.bytes)}{of}{rate}){failed}"


@contextmanager
def progress_line(account: Account) -> Iterator[None]:
    """Keep one line of standard error up to date with how far ``account`` is."""
    told = Told(lambda seconds: how_far(account, seconds))
    columns = (SpinnerColumn(), told, TimeRemainingColumn(compact=True))
    over = threading.Event()
    with Progress(*columns, console=line_console(), transient=True) as progress:
        task = progress.add_task("", total=account.projects or None)

        def follow() -> None:
            while not over.wait(0.2):
                total = account.projects or None
                progress.update(task, total=total, completed=account.looked_at)

        follower = threading.Thread(target=follow, daemon=True)
        follower.start()
        try:
            yield
        finally:
            over.set()
            follower.join()


def show_report(report: Report) -> None:
    """Write what a run came to."""
    console = _console()
    _show_problems(console, report.problems, report.failed)
    if report.held_back:
        console.print(Text(_held_back(report.held_back, report.mirrored), "bold red"))
    received = f" ({size(report.bytes)})" if report.files else ""
    removed = f", {report.removed:,} removed" if report.removed else ""
    rest = f", {report.not_asked:,} not asked for" if report.not_asked else ""
    waiting = f", {report.waiting:,} left alone for now" if report.waiting else ""
    console.print(
        f"{count(report.looked_at, 'project')} of `{report.index}` looked at, "
        f"{count(report.files, 'file')} fetched{received} "
        f"in {duration(report.seconds)}{_held(report.held)}{removed}{rest}{waiting}."
    )
    if report.outcome != "partial" or report.failed or report.not_asked or report.waiting:
        console.print(Text(*_VERDICTS[report.outcome]))


def show_plan(plan: PlanReport) -> None:
    """Write what a run would do."""
    console = _console()
    for name in plan.names:
        console.print(Text(f"  {name}"))
    for name in plan.removals:
        console.print(Text(f"  {name}: not listed any more", "yellow"))
    shown = len(plan.names) + len(plan.removals)
    if (more := plan.projects + plan.removed - shown) > 0:
        console.print(f"  and {more:,} more")
    _show_problems(console, plan.problems, len(plan.problems))
    if plan.held_back:
        console.print(Text(_held_back(plan.held_back, None), "bold red"))
    unread = f"; the files of {count(plan.unread, 'project')} are not known yet"
    console.print(
        f"{count(plan.projects, 'project')} of `{plan.index}` to look at, "
        f"{count(plan.files, 'file')} to fetch{_planned_size(plan)}{_held(plan.held)}"
        f"{unread if plan.unread else ''}. Nothing was done."
    )


def _planned_size(plan: PlanReport) -> str:
    """Return how much is to be fetched, as far as pages say it."""
    if not plan.files:
        return ""
    if plan.unsized == plan.files:
        return " (of unknown size)"
    return f" ({'at least ' if plan.unsized else ''}{size(plan.bytes)})"


def _held(number: int) -> str:
    """Return how many wanted files were here before."""
    return f", {number:,} held already" if number else ""


def _held_back(number: int, mirrored: int | None) -> str:
    """Return the sentence about removals that are too many."""
    of = "" if mirrored is None else f" of {mirrored:,}"
    return (
        f"The upstream does not list {count(number, 'mirrored project')}{of} any more. That is "
        "more than may vanish at once, so nothing was removed: look whether it is meant, and run "
        "it again with `--allow-removals` if it is."
    )


def _show_problems(console: Console, problems: tuple[Problem, ...], number: int) -> None:
    """Write the first problems."""
    if not problems:
        return
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Project", no_wrap=True)
    table.add_column("Why it is not complete", overflow="fold", ratio=1)
    for problem in problems[:_MOST_SHOWN]:
        table.add_row(Text(problem.project or "-"), Text(problem.reason))
    console.print(table)
    if number > _MOST_SHOWN:
        console.print(f"and {number - _MOST_SHOWN:,} more; `--json` has the first thousand.")
    console.print()


def _console() -> Console:
    """Return the terminal. Nothing in our texts is markup, and numbers need no colours."""
    return Console(markup=False, highlight=False, emoji=False)
