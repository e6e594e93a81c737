"""Lists on a terminal: a table with headings, each cell in full."""

from collections.abc import Iterable, Sequence

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

__all__ = ["show_columns"]

_MOMENT = len("2026-01-31T12:00:00Z")
"""Characters of a column that are not broken even where there is little room."""

_WIDE = 10_000
"""Characters of a line that a program reads: there a row is a line."""


def show_columns(headings: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str) -> None:
    """Write ``rows`` below ``headings``, or the sentence ``empty`` if there are none.

    The first cell names the row, and is never broken: people copy it into the next command.
    """
    console = Console(markup=False, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = _WIDE
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    cells = [tuple(row) for row in rows]
    for number, heading in enumerate(headings):
        longest = max((len(row[number]) for row in cells), default=0)
        width = min(longest, _MOMENT)
        table.add_column(heading, overflow="fold", no_wrap=number == 0, min_width=width)
    for row in cells:
        table.add_row(*map(Text, row))
    # What does not fit is broken by the terminal: nothing is cut off.
    room = console.options.update(width=_WIDE)
    console.width = max(console.width, console.measure(table, options=room).minimum)
    with console.capture() as captured:
        console.print(table if table.rows else Text(empty))
    lines = captured.get().split("\n")
    # Cells are filled up to the width of their column, which is of no use to a program.
    told = lines if console.is_terminal else [line.rstrip() for line in lines]
    click.echo("\n".join(told), nl=False)
