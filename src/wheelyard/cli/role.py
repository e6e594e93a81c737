"""``wheelyard role``: what users and groups may do, and where."""

from typing import TYPE_CHECKING

import click

from wheelyard.access.base import Role
from wheelyard.cli.acting import (
    make_group,
    on_catalog,
    os_actor,
    place_options,
    tell,
    write_json,
)
from wheelyard.cli.options import json_option
from wheelyard.cli.scoping import place_of, scope_options, scoped, warn_unknown_index

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.people import GrantRow

__all__ = ["command"]


@click.pass_context
def _grant(
    context: click.Context, subject: str, role: str, index: str | None, project: str | None
) -> None:
    """Give a role."""
    grant = _row(subject, role, index, project)

    async def work(catalog: "Catalog") -> bool:
        await warn_unknown_index(context, catalog, grant.index_name)
        return await catalog.people.grant(grant, os_actor())

    is_new = on_catalog(context, work)
    tell(f"`{grant.subject}` {'is now' if is_new else 'was already'} {_sentence(grant)}.")


@click.pass_context
def _revoke(
    context: click.Context, subject: str, role: str, index: str | None, project: str | None
) -> None:
    """Take a role back."""
    grant = _row(subject, role, index, project)
    on_catalog(context, lambda catalog: catalog.people.revoke(grant, os_actor()))
    tell(f"`{grant.subject}` is no longer {_sentence(grant)}.")


def _row(subject: str, role: str, index: str | None, project: str | None) -> "GrantRow":
    """Return the row that the arguments mean."""
    from wheelyard.access.naming import fold_name
    from wheelyard.catalog.people import GrantRow

    return GrantRow(fold_name(subject), role, *scoped(index, project))


def _sentence(grant: "GrantRow") -> str:
    return f"{grant.role} of {place_of(grant.index_name, grant.project)}"


@click.pass_context
def _list(context: click.Context, subject: str | None, *, as_json: bool) -> None:
    """Show the roles."""
    from wheelyard.access.naming import fold_name

    name = None if subject is None else fold_name(subject)
    rows = on_catalog(context, lambda catalog: catalog.people.grants(name))
    if as_json:
        write_json(
            [
                {
                    "subject": row.subject,
                    "role": row.role,
                    "index": row.index_name or None,
                    "project": row.project or None,
                }
                for row in rows
            ]
        )
        return
    from wheelyard.cli.columns import show_columns

    show_columns(
        ("User or group", "Role", "Index", "Project"),
        [
            (row.subject, row.role, row.index_name or "every one", row.project or "every one")
            for row in rows
        ],
        empty="There is no role yet. Give one with `wheelyard role grant USER uploader`.",
    )


def _arguments() -> list[click.Parameter]:
    return [
        click.Argument(["subject"], metavar="USER-OR-GROUP"),
        click.Argument(["role"], type=click.Choice([role.value for role in Role]), metavar="ROLE"),
        *scope_options("where the role counts"),
        *place_options(),
    ]


command = make_group(
    "role",
    "Give roles to users and groups, and take them back.",
    click.Command(
        "grant",
        callback=_grant,
        help="Give a role to a user or a group.\n\nROLE is one of `reader`, `filler` (may also "
        "have it fetch what is not held), `uploader`, `maintainer` (may also yank and delete) and "
        "`manager` (may also give roles); each may what the one before it may.",
        params=_arguments(),
    ),
    click.Command(
        "revoke",
        callback=_revoke,
        help="Take a role back, in exactly the place where it was given.",
        params=_arguments(),
    ),
    click.Command(
        "list",
        callback=_list,
        help="Show the roles: all, or those of one user or group.",
        params=[
            click.Argument(["subject"], required=False, metavar="[USER-OR-GROUP]"),
            *place_options(),
            json_option(),
        ],
    ),
)
