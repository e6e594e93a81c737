"""Renew the tables of `docs/explanation/outages.md` from the matrix that the tests check.

    python tools/outages.py              write them
    python tools/outages.py --check      say whether they are out of date

What is promised stands in `tests/scenario/outage/matrix.py`; a real server is asked for every cell.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]

from reference import render_page  # noqa: E402 - a program has to say where things are first
from scenario.outage.matrix import OUTAGES, Outage  # noqa: E402 - the same
from scenario.outage.words import MEANINGS, Class, Outcome, Row  # noqa: E402 - the same

__all__ = ["PAGE", "main", "render_parts"]

PAGE = ROOT / "docs" / "explanation" / "outages.md"
_HEAD = (
    "the upstream",
    "known: list, page",
    "known: metadata, files",
    "unknown: list, page",
    "unknown: metadata, files",
    "`wheelyard status`",
)


def render_parts() -> dict[str, str]:
    """Return every generated part, by the name under which the page asks for it."""
    tables = {f"outages {kind.value}": _table(kind) for kind in Class}
    return tables | {"outcomes": _outcomes()}


def _outcomes() -> str:
    """Return the table of the words."""
    rows = [(f"**{outcome}**", MEANINGS[outcome]) for outcome in Outcome if _is_promised(outcome)]
    return _render(("a client gets", "that is"), rows)


def _is_promised(outcome: Outcome) -> bool:
    """Say whether any cell has this outcome."""
    rows = [row for outage in OUTAGES for row in (outage.known, outage.unknown)]
    return any(outcome is promised for row in rows for _, promised in row)


def _table(kind: Class) -> str:
    """Return the table of one class of outages."""
    rows = [_cells(outage) for outage in OUTAGES if outage.kind is kind]
    return _render(_HEAD, rows)


def _cells(outage: Outage) -> tuple[str, ...]:
    """Return the row of one outage."""
    pairs = [part for row in (outage.known, outage.unknown) for part in (_pages(row), _files(row))]
    return (outage.text, *(_together(part) for part in pairs), _shown(outage))


def _pages(row: Row) -> Mapping[str, Outcome]:
    """Return what becomes of the list of projects and of pages, by what people call them."""
    return {"list": row.root, "page": row.page}


def _files(row: Row) -> Mapping[str, Outcome]:
    """Return what becomes of metadata and files."""
    return {"metadata": row.metadata, "small file": row.file, "large file": row.large}


def _together(outcomes: Mapping[str, Outcome]) -> str:
    """Return one outcome for all, or what belongs to each."""
    if len(set(outcomes.values())) == 1:
        return next(iter(outcomes.values()))
    said: dict[Outcome, list[str]] = {}
    for thing, outcome in outcomes.items():
        said.setdefault(outcome, []).append(thing)
    return "; ".join(f"{', '.join(things)}: {outcome}" for outcome, things in said.items())


def _shown(outage: Outage) -> str:
    """Return how the status begins what it says of the door."""
    said = [f"`{words} …`" for words in (outage.shown, outage.also_shown) if words]
    if outage.also_shown and not outage.shown:
        return f"{said[0]}, after a while"
    return " or ".join(said) if said else "up"


def _render(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [f"| {' | '.join(line)} |" for line in (head, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(head)}", *lines[1:]])


def main(arguments: Sequence[str]) -> int:
    """Write or check the page; return the exit code."""
    parser = argparse.ArgumentParser(description="Renew the tables of the page about outages.")
    parser.add_argument("--check", action="store_true", help="change nothing, say if it is old")
    is_check = parser.parse_args(arguments).check
    before = PAGE.read_text("utf-8")
    text = render_page(before, render_parts())
    if text == before:
        return 0
    if not is_check:
        PAGE.write_text(text, "utf-8")
    state = "is out of date: run `just docs`" if is_check else "is written"
    print(f"{PAGE.name} {state}.")
    return int(is_check)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
