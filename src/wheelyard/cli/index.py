"""``wheelyard index``: the indexes that there are, and further ones."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from wheelyard.cli.acting import make_group, os_actor, place_options, tell, write_json
from wheelyard.cli.amounts import count
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.placing import on_places
from wheelyard.errors import BadInput, Conflict
from wheelyard.settings import TABLE, IndexSettings, Row, closed_base
from wheelyard.settings.kinds import DIRECTORY, FILE, PATH, SWITCH, Place

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.hosting import Places

__all__ = ["command"]

_PATHS = {PATH, DIRECTORY, FILE}
_ROWS = tuple(row for row in TABLE if row.section == "index" and row.kind not in _PATHS)
"""The settings that a command gives: what is a path of the server's stands in its configuration."""
_FLAGS = {"bases": "--base"}
"""The flags that are not called as their setting is."""


@click.pass_context
def _add(context: click.Context, /, name: str, **given: object) -> None:
    """Add an index."""
    from wheelyard.hosting import parse_index_name

    index, rules = parse_index_name(name), _rules(given)
    upstreams = {upstream.name for upstream in given_settings(context).upstreams}

    async def work(catalog: "Catalog", places: "Places") -> None:
        _check(name, rules, places, upstreams | {"main"})
        await catalog.indexes.add(index, rules, os_actor())

    on_places(context, work, makes=True)
    tell(
        f"The index `{name}` was added: install from `/{name}/simple/`, upload to "
        f"`/{name}/legacy/` of your server."
    )


def _rules(given: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that the flags give, read as the configuration's are.

    Raises:
        BadInput: with every value that is of the wrong kind.
    """
    rules: dict[str, object] = {}
    problems = []
    for row in _ROWS:
        value = given[row.name]
        if value is None or value == () or value is False:
            continue
        try:
            plain = row.kind.from_text(value) if isinstance(value, str) else value
            rules[row.name] = row.kind.read(plain, Place(Path(), os.environ))
        except BadInput:
            problems.append(f"`{_flag(row)}`: expected {row.kind.expected}, got `{value}`")
    if problems:
        raise BadInput(*problems)
    return rules


def _check(name: str, rules: Mapping[str, object], places: "Places", upstreams: set[str]) -> None:
    """Raise if there is such an index, or no such base."""
    known = next((place for place in places.values() if place.name == name), None)
    if known is not None and known.origin != "command":
        raise Conflict(
            f"The index `{name}`",
            f"it is there without being added; change it in `[index.{name}]` of the configuration.",
        )
    if name in upstreams:
        raise Conflict(
            f"The index `{name}`", "an upstream has that name, which others may mean by it."
        )
    bases = rules.get("bases", ())
    for base in bases if isinstance(bases, tuple) else ():
        if base not in upstreams:
            places.find(base, "--base")
    indexes = {str(each.name): each.rules for each in places.values()}
    indexes[name] = msgspec.convert({"name": name, **rules}, IndexSettings)
    if closed := closed_base(name, indexes):
        raise BadInput(
            f"`--base`: `{closed}` may be read by members only, and `{name}` by anyone: add it "
            "with `--read members`, or leave the base out."
        )


@click.pass_context
def _remove(context: click.Context, name: str) -> None:
    """Remove an index."""

    async def work(catalog: "Catalog", places: "Places") -> int:
        place = places.find(name, "NAME")
        if place.origin != "command":
            where = "is always there" if place.origin == "always" else "is in the configuration"
            raise Conflict(f"The index `{name}`", f"it {where}, so no command removes it.")
        for other in places.values():
            if name in other.rules.bases:
                raise Conflict(
                    f"The index `{name}`",
                    f"{other.shown} shows its projects: remove that one first, or change it.",
                )
        own = await catalog.hosting.projects(place.owner)
        await catalog.indexes.remove(place.name, os_actor())
        return len(own)

    number = on_places(context, work)
    tell(f"The index `{name}` was removed.")
    if number:
        tell(
            f"Its {count(number, 'project')} stay in the data directory, their names stay ours, "
            f"and all is there again after `wheelyard index add {name}`."
        )


@click.pass_context
def _list(context: click.Context, *, as_json: bool) -> None:
    """Show the indexes."""

    async def work(catalog: "Catalog", places: "Places") -> list[dict[str, object]]:
        documents = []
        for place in places.values():
            rules = {row.name: getattr(place.rules, row.name) for row in _ROWS}
            own = await catalog.hosting.projects(place.owner)
            documents.append(
                {"name": place.name, "from": place.origin, **rules, "projects": len(own)}
            )
        return documents

    documents = on_places(context, work, makes=True)
    if as_json:
        write_json(documents)
        return
    from wheelyard.cli.columns import show_columns

    show_columns(
        ("Index", "Projects of its own", "Read by", "Files", "Otherwise", "Bases", "From"),
        [_cells(document) for document in documents],
        empty="There is no index.",
    )


def _cells(document: Mapping[str, object]) -> tuple[str, ...]:
    """Return one line of the list."""
    bases = document["bases"]
    return (
        str(document["name"]),
        str(document["projects"]),
        str(document["read"]),
        "volatile" if document["volatile"] else "immutable",
        str(document["fallback"]),
        ", ".join(bases) if isinstance(bases, tuple) else "",
        str(document["from"]),
    )


def _flag(row: Row) -> str:
    """Return the flag of a setting of indexes."""
    return _FLAGS.get(row.name, f"--{row.name.replace('_', '-')}")


def _option(row: Row) -> click.Option:
    """Return the flag of a setting, with the help that the setting has."""
    default = f" [default: {row.shown_default}]" if row.shown_default else ""
    return click.Option(
        [_flag(row), row.name],
        is_flag=row.kind is SWITCH,
        multiple=row.name == "bases",
        default=None,
        metavar=None if row.kind is SWITCH else ("INDEX" if row.name == "bases" else "VALUE"),
        help=f"{row.words.text}{default}",
    )


command = make_group(
    "index",
    "Add, remove and list indexes.",
    click.Command(
        "add",
        callback=_add,
        help="Add an index.\n\nA running server has it within a second. The same can be written "
        "into the configuration, as `[index.NAME]`.",
        params=[click.Argument(["name"]), *map(_option, _ROWS), *place_options()],
    ),
    click.Command(
        "remove",
        callback=_remove,
        help="Remove an index that was added by command.\n\nWhat it has of its own is kept.",
        params=[click.Argument(["name"]), *place_options()],
    ),
    click.Command(
        "list", callback=_list, help="Show the indexes.", params=[*place_options(), json_option()]
    ),
)
