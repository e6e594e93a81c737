"""``wheelyard token``: what programs sign in with."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from wheelyard.access.base import Action
from wheelyard.cli.acting import (
    make_group,
    on_catalog,
    os_actor,
    place_options,
    tell,
    write_json,
)
from wheelyard.cli.moments import parse_duration, show_moment
from wheelyard.cli.options import given_settings, json_option
from wheelyard.cli.scoping import place_of, scope_options, scoped, warn_unknown_index
from wheelyard.clock import Instant, SystemClock

if TYPE_CHECKING:  # for laziness, not for a cycle: `--help` must not wait for the database
    from wheelyard.catalog import Catalog
    from wheelyard.catalog.tokens import TokenRow

__all__ = ["command"]

_FILL = Action.FILL.value
_CHOICES = [action.value for action in Action if action.value != _FILL]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the flags say about the token to make."""

    user: str
    index: str
    project: str
    actions: tuple[str, ...]
    expires_at: Instant | None
    label: str


@click.pass_context
def _add(
    context: click.Context,
    user: str,
    *,
    index: str | None,
    project: str | None,
    actions: tuple[str, ...],
    expires: str | None,
    label: str,
) -> None:
    """Make a token and write it, alone, to standard output."""
    from wheelyard.access.naming import fold_name

    seconds = None if expires is None else parse_duration(expires, "--expires")
    wanted = _Wanted(
        fold_name(user),
        *scoped(index, project),
        tuple(name for name in _CHOICES if not actions or name in actions),
        None if seconds is None else Instant(SystemClock().now() + seconds),
        label,
    )
    click.echo(on_catalog(context, lambda catalog: _make(context, catalog, wanted)))


async def _make(context: click.Context, catalog: "Catalog", wanted: _Wanted) -> str:
    """Write the token down, and return its text."""
    from wheelyard.access.keys import load_key
    from wheelyard.access.tokens import make_token
    from wheelyard.catalog.tokens import TokenRow

    await warn_unknown_index(context, catalog, wanted.index)
    new = make_token(load_key(given_settings(context).store.data))
    row = TokenRow(
        new.id,
        wanted.user,
        new.digest,
        wanted.label,
        wanted.index,
        wanted.project,
        wanted.actions,
        expires_at=wanted.expires_at,
    )
    await catalog.tokens.add(row, os_actor())
    return new.text


@click.pass_context
def _revoke(context: click.Context, tokens: tuple[str, ...]) -> None:
    """End tokens."""
    from wheelyard.access.tokens import read_token_id

    numbers = [read_token_id(text.strip()) or text.strip() for text in tokens]

    async def work(catalog: "Catalog") -> None:
        for number in numbers:
            await catalog.tokens.revoke(number, os_actor())
            tell(f"The token `{number}` is revoked.")

    on_catalog(context, work)


@click.pass_context
def _list(context: click.Context, user: str | None, *, as_json: bool) -> None:
    """Show the tokens."""
    from wheelyard.access.naming import fold_name

    name = None if user is None else fold_name(user)
    rows = on_catalog(context, lambda catalog: catalog.tokens.load(name))
    now = SystemClock().now()
    if as_json:
        write_json([_document(row, now) for row in rows])
        return
    from wheelyard.cli.columns import show_columns

    show_columns(
        ("Token", "User", "For", "May", "In", "Made", "Ends", "Last used", "State"),
        [
            (
                row.id,
                row.user_name,
                row.label,
                ", ".join(row.actions),
                place_of(row.index_name, row.project),
                show_moment(row.created_at),
                _moment(row.expires_at) or "never",
                _moment(row.last_used_at) or "never",
                _state(row, now),
            )
            for row in rows
        ],
        empty="There is no token yet. Make one with `wheelyard token add USER`.",
    )


def _moment(moment: Instant | None) -> str | None:
    return None if moment is None else show_moment(moment)


def _state(row: "TokenRow", now: Instant) -> str:
    """Return whether a token can be used."""
    if row.revoked_at is not None:
        return "revoked"
    return "expired" if row.expires_at is not None and now >= row.expires_at else "good"


def _document(row: "TokenRow", now: Instant) -> dict[str, object]:
    """Return a token as JSON has it."""
    return {
        "id": row.id,
        "user": row.user_name,
        "label": row.label,
        "actions": row.actions,
        "index": row.index_name or None,
        "project": row.project or None,
        "made": show_moment(row.created_at),
        "made_by": row.created_by,
        "expires": _moment(row.expires_at),
        "last_used": _moment(row.last_used_at),
        "revoked": _moment(row.revoked_at),
        "state": _state(row, now),
    }


command = make_group(
    "token",
    "Make, list and revoke the tokens that programs sign in with.",
    click.Command(
        "add",
        callback=_add,
        help="Make a token of a user, and write it to standard output.\n\nIt is shown this once. "
        "It never may more than its user may at that moment; the flags narrow it further.",
        params=[
            click.Argument(["user"]),
            *scope_options("that it is good for"),
            click.Option(
                ["--action", "actions"],
                multiple=True,
                type=click.Choice(_CHOICES),
                help="What it is good for. May be given several times. [default: all]",
            ),
            click.Option(
                ["--expires"],
                metavar="DURATION",
                help="How long it can be used, such as `P30D`. [default: until it is revoked]",
            ),
            click.Option(
                ["--label"], default="", metavar="TEXT", help="What it is for, shown in lists."
            ),
            *place_options(),
        ],
    ),
    click.Command(
        "list",
        callback=_list,
        help="Show the tokens: all, or those of one user.",
        params=[
            click.Argument(["user"], required=False, metavar="[USER]"),
            *place_options(),
            json_option(),
        ],
    ),
    click.Command(
        "revoke",
        callback=_revoke,
        help="End tokens at once.\n\nTOKEN is the id that `wheelyard token list` shows, or the "
        "token itself.",
        params=[
            click.Argument(["tokens"], nargs=-1, required=True, metavar="TOKEN..."),
            *place_options(),
        ],
    ),
)
