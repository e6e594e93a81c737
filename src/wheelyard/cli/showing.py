"""How the state of a server looks on a terminal, also one of 80 columns."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wheelyard.cli.amounts import count, duration, size
from wheelyard.cli.holding import Holding
from wheelyard.decide.circuit import State
from wheelyard.monitor import DoorStatus, Held, ReadinessStatus, StatusReport, SyncStatus

__all__ = ["show_holding", "show_report"]

_LAST_OUTAGES = 5
_CIRCUITS = {
    State.CLOSED: "",
    State.HALF_OPEN: "circuit half-open: on trial",
    State.OPEN: "circuit open: left alone for now",
}
_STYLES = {"up": "green", "down": "red", "offline": "yellow"}


def show_report(where: str, report: StatusReport) -> None:
    """Write what the server at ``where`` said of itself."""
    console = _console()
    state = "ready" if report.ready else "not ready"
    console.print(
        Text.assemble(
            f"Wheelyard {report.version} is ",
            (state, "bold green" if report.ready else "bold red"),
            f" on {where}, up {duration(report.uptime_seconds)}.",
        )
    )
    for reason in report.reasons:
        console.print(Text(f"  {reason}", "red"))
    console.print()
    console.print(_facts(report))
    if report.doors:
        console.print()
        console.print(_doors(report))
    if report.outages:
        console.print()
        console.print(_outages(report))
    for problem in report.degraded:
        console.print(Text(f"\n{problem}", "yellow"))


def show_holding(data: Path, where: str, holding: Holding) -> None:
    """Write what the data directory ``data`` holds while no server is running."""
    console = _console()
    console.print(Text(f"No server is running on {where}.\n"))
    table = _grid()
    table.add_row("Data", Text(str(data)))
    table.add_row("Holds", _held(holding.held))
    for url in holding.doors:
        table.add_row("Door", Text(url))
    _add_ahead(table, holding.syncs, holding.readiness, datetime.now(UTC))
    console.print(table)
    console.print(Text("\nStart the server with `wheelyard serve`."))


def _console() -> Console:
    """Return the terminal. Nothing in our texts is markup, and numbers need no colours."""
    return Console(markup=False, highlight=False, emoji=False)


def _grid() -> Table:
    """Return a table of names and values without lines."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _facts(report: StatusReport) -> Table:
    """Return the table about the server as a whole."""
    table = _grid()
    table.add_row("Data", Text(report.data))
    table.add_row("Holds", _held(report.held))
    table.add_row(
        "Answered",
        f"{count(report.requests, 'request')} ({report.failed_requests:,} failed), "
        f"{size(report.sent_bytes)} sent",
    )
    if answers := sum(report.cache.values()):
        parts = ", ".join(f"{number:,} {result}" for result, number in report.cache.items())
        asked = report.cache.get("miss", 0) + report.cache.get("renewed", 0)
        share = 100 * (answers - asked) / answers
        table.add_row("Cache", f"{share:.1f} % answered without asking: {parts}")
    table.add_row(
        "Now",
        f"{count(report.workers, 'worker')}, {count(report.open_connections, 'connection')}, "
        f"{count(report.fills_running, 'download')} ({size(report.spool_bytes)} reserved)",
    )
    if report.shed_misses:
        table.add_row("Sent away", f"{count(report.shed_misses, 'request')}: too many waited")
    now = report.started_at + timedelta(seconds=report.uptime_seconds)
    for index, moment in report.last_modified.items():
        table.add_row("Mirror", f"{index}: as the upstream was {_ago(moment, now)}, or newer")
    _add_ahead(table, report.syncs, report.readiness, now)
    if report.merged:
        table.add_row("Merged", Text(f"{', '.join(report.merged)}: with the files of strangers"))
    if report.public_twins:
        table.add_row("Twins", Text(f"{', '.join(report.public_twins)}: ours, and public as well"))
    for hook in report.webhooks:
        taken = f"{hook.delivered:,} delivered, {hook.dropped:,} dropped, {hook.pending:,} waiting"
        last = f"; last: {hook.last_result}" if hook.last_result else ""
        table.add_row("Webhook", Text(f"{hook.url}: {taken}{last}"))
    return table


def _add_ahead(
    table: Table, syncs: Sequence[SyncStatus], readiness: Sequence[ReadinessStatus], now: datetime
) -> None:
    """Add what was filled ahead of need, and what would install."""
    for run in syncs:
        table.add_row("Sync", _sync(run, now))
    for row in readiness:
        lacks = f", {row.missing:,} of {row.wanted:,} missing" if row.wanted else ""
        state = "ready" if row.ready else f"not ready{lacks}"
        looked = f"{duration(row.age_seconds)} ago"
        table.add_row("Installs", Text(f"{row.name}, {row.target}: {state}, {looked}"))


def _sync(run: SyncStatus, now: datetime) -> Text:
    """Return what the last run for an index came to, and the first things that it lacks."""
    said = f"{run.index}: {run.outcome}, began {_ago(run.began_at, now)}"
    if run.seconds is not None:
        received = f" ({size(run.bytes)})" if run.files else ""
        said += f", {count(run.looked_at, 'project')} looked at"
        said += f", {count(run.files, 'file')} fetched{received}"
    if run.held_back:
        said += f"; {count(run.held_back, 'removal')} held back: `wheelyard sync --allow-removals`"
    lacks = [f"{each.project or run.index}: {each.reason}" for each in run.problems[:3]]
    if run.failed > len(lacks):
        lacks.append(f"and {run.failed - len(lacks):,} more")
    style = "" if run.outcome in {"done", "running"} else "yellow"
    return Text("\n").join(Text(line, style) for line in (said, *lacks))


def _doors(report: StatusReport) -> Table:
    """Return the doors, one below the other: how each is, what it did, what went wrong."""
    table = _grid()
    now = report.started_at + timedelta(seconds=report.uptime_seconds)
    for door in report.doors:
        kind = "" if door.kind == "unknown" else f" ({door.kind})"
        lines = [Text.assemble((door.url, "bold"), kind), *_door(door, now)]
        table.add_row(Text(door.state, _STYLES.get(door.state, "")), Text("\n").join(lines))
    return table


def _door(door: DoorStatus, now: datetime) -> Iterator[Text]:
    """Yield what there is to tell of one door."""
    is_new = door.last_success_at is None
    answered = ["no answer yet" if is_new else f"last answer {_ago(door.last_success_at, now)}"]
    if door.latency_seconds is not None:
        answered.append(f"latency {_latency(door.latency_seconds)}")
    if door.serial is not None:
        answered.append(f"serial {door.serial}")
    yield Text(", ".join(answered))
    asked = f"{count(door.requests, 'request')}, {door.failures:,} failed"
    there = [f"there {share:g} % of {month}" for month, share in door.availability.items()][-1:]
    yield Text(", ".join([asked, f"{size(door.received_bytes)} received", *there]))
    if circuit := _CIRCUITS[door.circuit]:
        yield Text(circuit, "yellow")
    if door.is_behind:
        yield Text("behind: its copy of the index is older than another door's", "yellow")
    if door.difference:
        yield Text(f"not used, it leads to another index: {door.difference}", "red")
    if door.last_error:
        style = "red" if door.state == "down" else ""
        yield Text(f"last error {_ago(door.last_failure_at, now)}: {door.last_error}", style)


def _outages(report: StatusReport) -> Table:
    """Return the table of the outages that last, and of the last ones that are over."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Out since (UTC)", no_wrap=True)
    for heading in ("For", "Cause", "Stale", "Failed"):
        number = heading in {"Stale", "Failed"}
        table.add_column(heading, justify="right" if number else "left", no_wrap=True)
    out, known = {each.url for each in report.outages}, {each.url for each in report.doors}
    if has_doors := len(out | known) > 1:
        table.add_column("Door", overflow="fold", ratio=1)
    over = [outage for outage in report.outages if outage.ended_at is not None]
    lasting = [outage for outage in report.outages if outage.ended_at is None]
    for outage in [*lasting, *over[:_LAST_OUTAGES]]:
        lasts = outage.ended_at is None
        table.add_row(
            f"{outage.started_at:%Y-%m-%d %H:%M}",
            Text(duration(outage.seconds) + (", lasts" if lasts else ""), "red" if lasts else ""),
            Text(outage.cause),
            f"{outage.stale_answers:,}",
            f"{outage.failed_answers:,}",
            *([Text(outage.url)] if has_doors else []),
        )
    return table


def _held(held: Held) -> str:
    """Return how much is held."""
    text = f"{count(held.pages, 'page')}, {count(held.files, 'file')} ({size(held.bytes)})"
    return text if held.free_bytes is None else f"{text}; {size(held.free_bytes)} free"


def _latency(seconds: float) -> str:
    """Return a short time."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms"


def _ago(moment: datetime | None, now: datetime) -> str:
    """Return how long ago a moment was, by the server's own clock."""
    if moment is None:
        return "never"
    return f"{duration(max(0.0, (now - moment).total_seconds()))} ago"
