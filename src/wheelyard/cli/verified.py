"""How the result of ``wheelyard verify`` looks on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from wheelyard.cli.amounts import count, size
from wheelyard.cli.waiting import line_console
from wheelyard.mirror import Finding, Report, Tally

__all__ = ["progress_line", "show_verified"]

_SHOWN = 3
_STYLES = {True: "green", False: "red", None: ""}


@contextmanager
def progress_line() -> Iterator[Callable[[Tally], None]]:
    """Yield what to tell how far the work is; it keeps one line of standard error up to date."""
    console = line_console()
    with console.status("Reading what is held ...") as status:
        yield lambda tally: status.update(f"{_read(tally.files, tally.bytes)} ...")


def show_verified(data: Path, report: Report) -> None:
    """Write what was found in the store of the data directory ``data``."""
    console = Console(markup=False, highlight=False, emoji=False)
    if report.findings:
        console.print(_table(report.findings))
        console.print()
    nameless = f", {report.nameless:,} of them without a name" if report.nameless else ""
    console.print(Text(f"{_read(report.files, report.bytes)}{nameless} in {data}."))
    if report.orphans:
        more = ", ..." if len(report.orphans) > _SHOWN else ""
        places = ", ".join(report.orphans[:_SHOWN])
        console.print(Text(f"`wheelyard gc` takes what has no name: {places}{more}"))
    console.print(_verdict(report))


def _table(findings: tuple[Finding, ...]) -> Table:
    """Return the table of what is wrong."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Found", no_wrap=True)
    table.add_column("File", overflow="fold", ratio=1)
    table.add_column("What is wrong", overflow="fold", ratio=1)
    repaired = any(finding.is_healed is not None for finding in findings)
    if repaired:
        table.add_column("Repair", overflow="fold", ratio=1)
    for finding in findings:
        cells = [
            finding.kind.value,
            Text(", ".join(finding.names) or finding.path),
            Text(finding.detail),
        ]
        outcome = Text(finding.outcome, _STYLES[finding.is_healed])
        table.add_row(*cells, *([outcome] if repaired else []))
    return table


def _verdict(report: Report) -> Text:
    """Return the sentence at the end."""
    found = len(report.findings)
    if not found:
        return Text("All is well.", "bold green")
    if report.is_sound:
        return Text(f"{count(found, 'file')} healed: all is well again.", "bold green")
    if all(finding.is_healed is None for finding in report.findings):
        advice = "Heal it with `wheelyard verify --repair`."
        return Text(f"{count(found, 'file')} wrong. {advice}", "bold red")
    left = sum(not finding.is_healed for finding in report.findings)
    return Text(f"{count(left, 'file')} of {found:,} could not be healed.", "bold red")


def _read(files: int, byte_count: int) -> str:
    """Return how much was read."""
    return f"Read {count(files, 'file')}, {size(byte_count)}"
