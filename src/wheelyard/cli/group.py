"""``wheelyard group``: people who get roles together."""

import click

from wheelyard.cli.acting import (
    make_group,
    on_catalog,
    os_actor,
    place_options,
    tell,
    write_json,
)
from wheelyard.cli.options import json_option

__all__ = ["command"]


@click.pass_context
def _add(context: click.Context, name: str, users: tuple[str, ...]) -> None:
    """Make a group, or put users into it."""
    from wheelyard.access.naming import fold_name, parse_person_name

    name, names = parse_person_name(name), [fold_name(user) for user in users]
    on_catalog(
        context, lambda catalog: catalog.people.add_group(name, names, os_actor()), makes=True
    )
    tell(f"{_listed(names)} in the group `{name}`." if names else f"The group `{name}` was added.")


@click.pass_context
def _remove(context: click.Context, name: str, users: tuple[str, ...]) -> None:
    """Remove a group, or take users out of it."""
    from wheelyard.access.naming import fold_name

    name, names = fold_name(name), [fold_name(user) for user in users]
    if names:
        on_catalog(context, lambda catalog: catalog.people.remove_members(name, names, os_actor()))
        tell(f"{_listed(names)} no longer in the group `{name}`.")
        return
    on_catalog(context, lambda catalog: catalog.people.remove_group(name, os_actor()))
    tell(f"The group `{name}` was removed, and every role that it had.")


def _listed(names: list[str]) -> str:
    """Return who is or are."""
    return f"{', '.join(f'`{name}`' for name in names)} {'is' if len(names) == 1 else 'are'}"


@click.pass_context
def _list(context: click.Context, *, as_json: bool) -> None:
    """Show the groups."""
    from wheelyard.cli.moments import show_moment

    rows = on_catalog(context, lambda catalog: catalog.people.groups())
    if as_json:
        write_json(
            [
                {
                    "name": row.name,
                    "members": row.members,
                    "added": show_moment(row.created_at),
                    "added_by": row.created_by,
                }
                for row in rows
            ]
        )
        return
    from wheelyard.cli.columns import show_columns

    show_columns(
        ("Group", "Members", "Added", "By"),
        [
            (row.name, ", ".join(row.members), show_moment(row.created_at), row.created_by)
            for row in rows
        ],
        empty="There is no group yet. Make one with `wheelyard group add NAME USER`.",
    )


def _arguments() -> list[click.Parameter]:
    return [
        click.Argument(["name"]),
        click.Argument(["users"], nargs=-1, metavar="[USER]..."),
        *place_options(),
    ]


command = make_group(
    "group",
    "Put users into groups, which have roles too.",
    click.Command(
        "add",
        callback=_add,
        help="Make a group, or put users into it.\n\nThe group is made if there is none.",
        params=_arguments(),
    ),
    click.Command(
        "remove",
        callback=_remove,
        help="Remove a group, or take users out of it.\n\nWithout users the group itself is "
        "removed, and with it the roles that its members had through it.",
        params=_arguments(),
    ),
    click.Command(
        "list", callback=_list, help="Show the groups.", params=[*place_options(), json_option()]
    ),
)
