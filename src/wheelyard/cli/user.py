"""``wheelyard user``: who there is."""

import secrets
import sys
from typing import TYPE_CHECKING

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
from wheelyard.errors import BadInput

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog.people import UserRow

__all__ = ["command"]


@click.pass_context
def _add(context: click.Context, name: str, *, is_admin: bool, password_stdin: bool) -> None:
    """Add a user."""
    from wheelyard.access.naming import parse_person_name
    from wheelyard.access.passwords import hash_password
    from wheelyard.catalog.people import NewUser

    name = parse_person_name(name)
    password = _new_password(is_admin=is_admin, password_stdin=password_stdin)
    generated = secrets.token_urlsafe(18) if password is None and is_admin else None
    chosen = password or generated
    user = NewUser(name, hash_password(chosen) if chosen else None, is_admin)
    on_catalog(context, lambda catalog: catalog.people.add_user(user, os_actor()), makes=True)
    tell(f"The {'administrator' if is_admin else 'user'} `{name}` was added.")
    if generated:
        tell("This is the password; it is shown this once:")
        click.echo(generated)
    elif chosen is None:
        tell(f"Without a password; make a token with `wheelyard token add {name}`.")


def _new_password(*, is_admin: bool, password_stdin: bool) -> str | None:
    """Return the password of a new user; None if none was given."""
    if password_stdin:
        return _piped_password()
    if not _has_terminal():
        return None
    without = "empty: one is made" if is_admin else "empty: none, with tokens alone"
    return _typed_password(f"Password ({without})", default="") or None


@click.pass_context
def _password(context: click.Context, name: str, *, password_stdin: bool) -> None:
    """Give a user another password."""
    from wheelyard.access.naming import fold_name
    from wheelyard.access.passwords import hash_password

    if not password_stdin and not _has_terminal():
        raise BadInput("There is no terminal to ask for the password: give `--password-stdin`.")
    password = _piped_password() if password_stdin else _typed_password("New password")
    user, digest = fold_name(name), hash_password(password)
    on_catalog(context, lambda catalog: catalog.people.set_password(user, digest, os_actor()))
    tell(f"The user `{user}` has a new password.")


def _has_terminal() -> bool:
    """Say whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _piped_password() -> str:
    """Return the password that standard input holds: all of it, without the end of the line."""
    from wheelyard.access.passwords import parse_password

    try:
        text = sys.stdin.read()
    except UnicodeDecodeError:
        raise BadInput("The password on standard input is not UTF-8 text.") from None
    return parse_password(text.removesuffix("\n").removesuffix("\r"))


def _typed_password(question: str, default: str | None = None) -> str:
    """Return the password that somebody typed twice; ``default`` needs no second time."""
    from wheelyard.access.passwords import parse_password

    typed: str = click.prompt(
        question,
        default=default,
        show_default=False,
        hide_input=True,
        confirmation_prompt="The same again",
        err=True,
    )
    return parse_password(typed) if typed or default is None else ""


@click.pass_context
def _remove(context: click.Context, name: str) -> None:
    """Remove a user."""
    from wheelyard.access.naming import fold_name

    user = fold_name(name)
    on_catalog(context, lambda catalog: catalog.people.remove_user(user, os_actor()))
    tell(f"The user `{user}` was removed from every group and role, and every token was revoked.")


@click.pass_context
def _list(context: click.Context, *, as_json: bool) -> None:
    """Show the users."""
    rows = on_catalog(context, lambda catalog: catalog.people.users())
    if as_json:
        write_json([_document(row) for row in rows])
        return
    from wheelyard.cli.columns import show_columns
    from wheelyard.cli.moments import show_moment

    show_columns(
        ("User", "Administrator", "Password", "Groups", "Added", "By"),
        [
            (
                row.name,
                "yes" if row.is_admin else "",
                "yes" if row.has_password else "",
                ", ".join(row.groups),
                show_moment(row.created_at),
                row.created_by,
            )
            for row in rows
        ],
        empty="There is no user yet. Add an administrator with `wheelyard user add NAME --admin`.",
    )


def _document(row: "UserRow") -> dict[str, object]:
    """Return a user as JSON has it."""
    from wheelyard.cli.moments import show_moment

    return {
        "name": row.name,
        "admin": row.is_admin,
        "password": row.has_password,
        "groups": row.groups,
        "added": show_moment(row.created_at),
        "added_by": row.created_by,
    }


def _stdin_option() -> click.Option:
    return click.Option(
        ["--password-stdin"], is_flag=True, help="Read the password from standard input."
    )


command = make_group(
    "user",
    "Add, list and remove users.",
    click.Command(
        "add",
        callback=_add,
        help="Add a user.\n\nOn a terminal it asks for the password. Elsewhere, without "
        "`--password-stdin`, an administrator gets a random password, which is written to standard "
        "output; any other user gets none, and signs in with tokens alone.",
        params=[
            click.Argument(["name"]),
            click.Option(["--admin", "is_admin"], is_flag=True, help="May everything, everywhere."),
            _stdin_option(),
            *place_options(),
        ],
    ),
    click.Command(
        "list", callback=_list, help="Show the users.", params=[*place_options(), json_option()]
    ),
    click.Command(
        "remove",
        callback=_remove,
        help="Remove a user, with all roles and tokens.",
        params=[click.Argument(["name"]), *place_options()],
    ),
    click.Command(
        "password",
        callback=_password,
        help="Give a user another password.\n\nTokens go on working; revoke them with "
        "`wheelyard token revoke`.",
        params=[click.Argument(["name"]), _stdin_option(), *place_options()],
    ),
)
