"""``wheelyard query``: ask a snapshot, with a documented query or with SQL."""

import csv
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import click

from wheelyard.cli.acting import place_options, require_data, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings, json_option
from wheelyard.errors import BadInput
from wheelyard.settings import Settings
from wheelyard.spelling import MAIN, IndexName

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for half of the program
    from wheelyard.publish.snapshot.running import Answer, Value

__all__ = ["command"]

_FOLDER = "snapshots"
_SNAPSHOT = "snapshot.sqlite"
_SECONDS = 60.0
_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class _Where:
    """Which snapshot is asked: one that is named, else one of an index of the data directory."""

    snapshot: str | None
    index: IndexName


@click.pass_context
def _query(
    context: click.Context,
    words: tuple[str, ...],
    *,
    snapshot: str | None,
    index: str,
    param: tuple[str, ...],
    limit: int,
    timeout: float,
    as_json: bool,
    as_csv: bool,
    is_list: bool,
) -> None:
    """Ask, and write what came."""
    if is_list:
        _list(as_json=as_json)
        return
    if as_json and as_csv:
        raise BadInput("`--json` and `--csv` are two forms of one answer: choose one.")
    if limit < 0 or not timeout >= 0:  # `nan` is neither
        raise BadInput("`--limit` and `--timeout` cannot be less than 0, which is no limit.")
    sql, values = _asked(words, _parameters(param))
    path = _found(given_settings(context), _Where(snapshot, IndexName(index)))
    answer = _answer(path, sql, values, limit, timeout)
    _write(answer, as_json=as_json, as_csv=as_csv)


def _asked(words: Sequence[str], named: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
    """Return the SQL that is meant, and what it is bound to.

    Raises:
        BadInput: nothing is asked, or no query of that name is there, or it is called wrongly.
    """
    from wheelyard.publish.snapshot.queries import find_query, is_sql

    if not words:
        raise BadInput(
            "Ask something: SQL in quotes, or the name of a query; `wheelyard query --list` has "
            "them."
        )
    if is_sql(words[0]):
        if len(words) > 1:
            raise BadInput("SQL is one argument: put it in quotes, and values into `--param`.")
        return words[0], named
    query = find_query(words[0])
    return query.sql, query.values(words[1:], named)


def _parameters(given: Sequence[str]) -> dict[str, str]:
    """Return what is given to ``--param``.

    Raises:
        BadInput: it is no name with a value.
    """
    found = {}
    for each in given:
        name, equals, value = each.partition("=")
        name = name.lstrip(":@$")
        if not equals or not name.isidentifier():
            raise BadInput(f"`--param {each}`: write it as NAME=VALUE.")
        found[name] = value
    return found


def _found(settings: Settings, where: _Where) -> Path:
    """Return the file to ask: the one that is named, fetched, or made of the data directory."""
    data = settings.store.data
    if where.snapshot is None:
        require_data(data)
        return anyio.run(_made, settings, where.index)
    if "://" in where.snapshot:
        url = where.snapshot.removesuffix(f"/{_SNAPSHOT}").rstrip("/")
        name = blake2b(url.encode(), digest_size=8).hexdigest()
        return anyio.run(_fetched, url, data / _FOLDER / "fetched" / name)
    path = Path(where.snapshot)
    return path / _SNAPSHOT if path.is_dir() else path


async def _made(settings: Settings, index: IndexName) -> Path:
    """Return a snapshot of an index as it is now."""
    from wheelyard.cli.snapshot import make_snapshot

    folder = anyio.Path(settings.store.data / _FOLDER / "asked")
    await folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    # It stays where the index itself is: who reads there may read members' indexes too.
    members = True
    report = await make_snapshot(settings, index, Path(folder) / f"{index}.sqlite", members)
    return report.path


async def _fetched(url: str, folder: Path) -> Path:
    """Return a published snapshot."""
    from wheelyard.publish.snapshot.fetching import fetch_snapshot
    from wheelyard.publish.targets.opening import open_tree

    async with open_tree(url, os.environ) as tree:
        return await fetch_snapshot(tree, folder)


def _answer(
    path: Path, sql: str, values: Mapping[str, str], limit: int, timeout: float
) -> "Answer":
    """Return what the snapshot answers."""
    from wheelyard.publish.snapshot.running import Limits, ask, opened

    with opened(path) as connection:
        return ask(connection, sql, values, Limits(limit or None, timeout or None))


def _write(answer: "Answer", *, as_json: bool, as_csv: bool) -> None:
    """Write an answer."""
    if as_json:
        rows = [[_plain(value) for value in row] for row in answer.rows]
        write_json({"columns": answer.columns, "rows": rows, "has_more": answer.has_more})
    elif as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(answer.columns)
        writer.writerows([_plain(value) for value in row] for row in answer.rows)
    else:
        _show(answer)
    if answer.has_more and not as_json:
        tell(f"There is more: {_first_rows(len(answer.rows))} shown; `--limit 0` shows all.")


def _first_rows(number: int) -> str:
    """Return how many rows there were, and their verb."""
    return "the first row is" if number == 1 else f"the first {count(number, 'row')} are"


def _show(answer: "Answer") -> None:
    """Write an answer for people."""
    from wheelyard.cli.columns import show_columns
    from wheelyard.wire.fields import parse_text

    rows = [[parse_text(_text(value)) for value in row] for row in answer.rows]
    show_columns([parse_text(name) for name in answer.columns], rows, empty="Nothing was found.")


def _plain(value: "Value") -> str | int | float | None:
    """Return a value for programs; bytes as hex digits."""
    return value.hex() if isinstance(value, bytes) else value


def _text(value: "Value") -> str:
    """Return a value for people."""
    return "" if value is None else str(_plain(value))


def _list(*, as_json: bool) -> None:
    """Write which queries there are."""
    from wheelyard.cli.columns import show_columns
    from wheelyard.publish.snapshot.queries import QUERIES

    if as_json:
        write_json(
            [
                {
                    "name": query.name,
                    "text": query.text,
                    "parameters": [each.name for each in query.parameters],
                    "sql": query.sql,
                }
                for query in QUERIES
            ]
        )
        return
    rows = []
    for query in QUERIES:
        takes = [
            each.name.upper() if each.default is None else f"[{each.name.upper()}]"
            for each in query.parameters
        ]
        rows.append((" ".join([query.name, *takes]), query.text))
    show_columns(("Query", "What it tells"), rows, empty="")


command = click.Command(
    "query",
    callback=_query,
    short_help="Ask a snapshot what an index has.",
    help="Ask a snapshot what an index has.\n\nWith a documented query (`wheelyard query latest "
    "flask`), or with SQL in quotes. Without `--snapshot` one is made of what the data directory "
    "has now. Queries only read, and end by themselves.",
    params=[
        click.Argument(["words"], metavar="SQL | NAME [VALUE]...", nargs=-1),
        click.Option(["--list", "is_list"], is_flag=True, help="Show the documented queries."),
        click.Option(
            ["--snapshot"],
            metavar="FILE-OR-URL",
            help="Ask this file, or the snapshot of the tree that is published there. What is "
            "fetched is kept, and fetched again when it has changed.",
        ),
        click.Option(
            ["--index"],
            metavar="INDEX",
            default=MAIN,
            help="Without `--snapshot`: the index. [default: main]",
        ),
        click.Option(
            ["--param"],
            metavar="NAME=VALUE",
            multiple=True,
            help="Value of `:NAME` in the query. May be given several times.",
        ),
        click.Option(
            ["--limit"],
            metavar="ROWS",
            type=int,
            default=_ROWS,
            help=f"How many rows at most; 0 means all. [default: {_ROWS}]",
        ),
        click.Option(
            ["--timeout"],
            metavar="SECONDS",
            type=float,
            default=_SECONDS,
            help="How long it may take; 0 means for ever. [default: 60]",
        ),
        click.Option(["--csv", "as_csv"], is_flag=True, help="Write CSV, for spreadsheets."),
        *place_options(),
        json_option(),
    ],
)
