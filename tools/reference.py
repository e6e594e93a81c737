"""Renew what the reference pages take from the code: settings, commands, metrics, errors.

    python tools/reference.py              write it
    python tools/reference.py --check      say which pages are out of date

What a page says about one setting, flag, metric or error is written where that is declared.  It
comes into the page between two comments; everything around them is written by hand::

    <!-- from the code: settings server -->
    <!-- end -->
"""

import argparse
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click

from wheelyard import errors
from wheelyard.cli.commands import COMMANDS
from wheelyard.cli.main import make_program
from wheelyard.monitor.metrics import METRICS, MetricRow
from wheelyard.monitor.redirect_metrics import REDIRECT_METRICS
from wheelyard.publish.snapshot.queries import QUERIES
from wheelyard.publish.snapshot.schema import INDEXES, TABLES, Index, Table
from wheelyard.settings import SECTIONS, TABLE, Row

__all__ = ["UnknownPartError", "load_pages", "main", "render_page", "render_parts"]

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference"
PART = re.compile(
    r"(?P<start><!-- from the code: (?P<name>[\w -]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)

OUTCOMES = {
    "Absent": "404",
    "Unavailable": "503 with `Retry-After`",
    "Refused": "403 with the reason",
    "LoginNeeded": "401 with `WWW-Authenticate`",
    "Throttled": "429 with `Retry-After`",
    "Corrupt": "503 with `Retry-After` before the first byte, a reset connection after it",
    "Conflict": "409",
    "BadInput": "400 with every problem",
    "ConfigError": "none: the command ends with exit code 2",
}


class UnknownPartError(Exception):
    """A page asks for a part that does not exist, or no page has one that does."""


def render_parts() -> dict[str, str]:
    """Return every generated part, by the name under which pages ask for it."""
    parts = {f"settings {section}": _settings(section) for section in SECTIONS}
    parts |= _commands()
    parts |= {"metrics": _metrics(METRICS), "metrics redirect": _metrics(REDIRECT_METRICS)}
    parts |= {"errors": _errors()}
    return parts | {"snapshot tables": _tables(), "snapshot queries": _queries()}


def render_page(text: str, parts: Mapping[str, str]) -> str:
    """Return the page ``text`` with its generated parts renewed.

    Raises:
        UnknownPartError: it asks for a part that does not exist.
    """

    def renew(match: re.Match[str]) -> str:
        if match["name"] not in parts:
            raise UnknownPartError(f"There is no part `{match['name']}` in the code.")
        return f"{match['start']}\n{parts[match['name']]}\n\n{match['end']}"

    return PART.sub(renew, text)


def load_pages() -> dict[Path, str]:
    """Return the pages as they are.

    Raises:
        UnknownPartError: no page has a place for one of the parts.
    """
    pages = {path: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.md"))}
    wanted = {match["name"] for text in pages.values() for match in PART.finditer(text)}
    if missing := sorted(render_parts().keys() - wanted):
        raise UnknownPartError(f"No page in {FOLDER.name}/ has a place for: {', '.join(missing)}.")
    return pages


def _settings(section: str) -> str:
    """Return the part about the settings of one section."""
    rows = [row for row in TABLE if row.section == section]
    return "\n\n".join(f"### `{row.key}`\n\n{_sentences(row)}\n\n{_facts(row)}" for row in rows)


def _sentences(row: Row) -> str:
    """Return what a setting is, one sentence per line."""
    return _lines(row.words.text)


def _lines(text: str) -> str:
    """Return a text with one sentence per line."""
    return re.sub(r"(?<=[.!?]) (?=[A-Z`])", "\n", text)


def _facts(row: Row) -> str:
    """Return the list of facts about one setting."""
    facts = [f"- Value: {row.kind.expected}", f"- Default: {_default(row)}"]
    if row.words.unit:
        facts.insert(1, f"- Unit: {row.words.unit}")
    facts.append(f"- Environment: `{row.variable}`")
    if row.words.flag:
        facts.append(f"- Flag: `{f'{row.words.flag} {row.words.metavar}'.strip()}`")
    return "\n".join(facts)


def _default(row: Row) -> str:
    """Return the default as it is shown: computed ones in words, written ones as code."""
    if row.words.shown_default:
        return row.words.shown_default
    return f"`{row.shown_default}`" if row.shown_default else "none"


def _commands() -> dict[str, str]:
    """Return the help of the program and of each command."""
    program = make_program()
    outer = click.Context(
        program, info_name="wheelyard", terminal_width=80, **program.context_settings
    )
    parts = {"command": _block(outer)}
    for row in COMMANDS:
        if command := program.get_command(outer, row.name):
            inner = click.Context(command, outer, row.name, terminal_width=80)
            parts[f"command {row.name}"] = "\n\n".join(map(_block, _helps(inner)))
    return parts


def _helps(context: click.Context) -> Iterator[click.Context]:
    """Return what has a help of its own: a command, or each command of a group."""
    command = context.command
    if not isinstance(command, click.Group):
        yield context
        return
    for name, inner in sorted(command.commands.items()):
        yield click.Context(inner, context, name, terminal_width=80)


def _block(context: click.Context) -> str:
    """Return the help of a command as a block."""
    return f"```text\n{context.get_help()}\n```"


def _metrics(rows: Sequence[MetricRow]) -> str:
    """Return a table of metrics."""
    lines = ["| metric | kind | labels | tells |", "|---|---|---|---|"]
    for row in rows:
        labels = ", ".join(f"`{label}`" for label in row.labels)
        lines.append(f"| `{row.name}` | {row.kind} | {labels} | {row.text} |")
    return "\n".join(lines)


def _errors() -> str:
    """Return the table of errors."""
    lines = ["| error | means | answer to a client |", "|---|---|---|"]
    for name, outcome in OUTCOMES.items():
        text = inspect.getdoc(getattr(errors, name)) or ""
        meaning = text.partition("\n\n")[0].replace("\n", " ").replace("``", "`")
        lines.append(f"| `{name}` | {meaning} | {outcome} |")
    return "\n".join(lines)


def _tables() -> str:
    """Return the description of the tables of a snapshot."""
    parts = []
    for table in TABLES:
        parts.append(f"### `{table.name}`\n\n{_lines(table.text)}")
        lines = ["| column | type | says |", "|---|---|---|"]
        lines += [f"| `{each.name}` | {each.type} | {each.text} |" for each in table.columns]
        parts.append("\n".join(lines))
        keys = [", ".join(f"`{name}`" for name in table.key)]
        keys += [", ".join(f"`{name}`" for name in each.columns) for each in _indexes(table)]
        parts.append(f"Quick to find by: {'; '.join(keys)}.")
    return "\n\n".join(parts)


def _indexes(table: Table) -> Iterator[Index]:
    """Yield the indexes of a table."""
    return (each for each in INDEXES if each.table == table.name)


def _queries() -> str:
    """Return the description of the documented queries."""
    parts = []
    for query in QUERIES:
        names = " ".join([query.name, *(each.name.upper() for each in query.parameters)])
        parts.append(f"### `{names}`\n\n{_lines(query.text)}")
        if query.parameters:
            parts.append("\n".join(f"- `{each.name}`: {each.text}" for each in query.parameters))
        parts.append(f"```sql\n{query.sql}\n```")
    return "\n\n".join(parts)


def main(arguments: Sequence[str]) -> int:
    """Write or check the pages; return the exit code."""
    parser = argparse.ArgumentParser(description="Renew the generated parts of the reference.")
    parser.add_argument("--check", action="store_true", help="change nothing, say what is old")
    is_check = parser.parse_args(arguments).check
    parts = render_parts()
    old = {
        path: text
        for path, before in load_pages().items()
        if (text := render_page(before, parts)) != before
    }
    for path, text in old.items():
        if not is_check:
            path.write_text(text, "utf-8")
        state = "is out of date: run `just docs`" if is_check else "is written"
        print(f"{path.relative_to(ROOT)} {state}.")
    return int(is_check and bool(old))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
