"""Who stands behind a name or a token at this moment: one look-up, in place, at every request.

One statement, because two could see two states: a user who is removed and added again between
them would lend the new one's roles to the old one's token.  Nothing is kept, so what was taken
away is gone with the next request, whichever process took it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import PreparedQuery
from wheelyard.catalog.people import GrantRow
from wheelyard.catalog.people_tables import grants, members, publishers, tokens, users
from wheelyard.catalog.tokens import PUBLISHER_PREFIX, parse_actions
from wheelyard.clock import Instant

__all__ = ["Bearers", "PersonRow", "ShownToken"]

PUBLISHER_ROLE = "uploader"


_Column = sa.SQLColumnExpression[object]
_Query = sa.Select[*tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A user, or a trusted publisher, with all that their rights are made of."""

    name: str
    is_admin: bool = False
    password_hash: str | None = field(default=None, repr=False)
    groups: tuple[str, ...] = ()
    grants: tuple[GrantRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A token that exists, with whose it is. Whether it may be used is for the caller to say."""

    id: str
    digest: str = field(repr=False)
    index_name: str
    project: str
    actions: tuple[str, ...]
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None
    person: PersonRow


class Bearers:
    """The look-ups of signing in. They run in the calling thread, which may be the event loop's."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    def person_now(self, name: str) -> PersonRow | None:
        """Return the user of that name with all their roles, or None if there is none.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        return self._connections.read_now(lambda connection: _select_person(connection, name))

    def token_now(self, number: str) -> ShownToken | None:
        """Return the token of that id with its user's roles, or None if either does not exist.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        return self._connections.read_now(lambda connection: _select_token(connection, number))


def _select_person(connection: sa.Connection, name: str) -> PersonRow | None:
    return _person(_BY_NAME.rows(connection, {"sought": name}))


def _select_token(connection: sa.Connection, number: str) -> ShownToken | None:
    rows = _BY_TOKEN.rows(connection, {"sought": number})
    person = _person(rows)
    for row in rows:
        if row.kind == "token" and person is not None:
            actions = parse_actions(row.actions_json)
            scope = (row.index_name, row.project, actions)
            times = (row.expires_at, row.last_used_at, row.revoked_at)
            return ShownToken(number, row.text, *scope, *times, person)
    return None


class _Row(NamedTuple):
    """A row of any kind; ``_part`` has what each kind leaves out."""

    kind: str
    name: str
    is_admin: int
    text: str
    index_name: str
    project: str
    actions_json: str
    expires_at: Instant | None
    last_used_at: Instant | None
    revoked_at: Instant | None


def _person(rows: Sequence[_Row]) -> PersonRow | None:
    """Return who the rows are about; None if they are about nobody who is there."""
    owner = next((row for row in rows if row.kind in {"user", "publisher"}), None)
    if owner is None:
        return None
    grants = [
        GrantRow(row.name, row.text, row.index_name, row.project)
        for row in rows
        if row.kind == "grant"
    ]
    if owner.kind == "publisher":
        grants = [
            GrantRow(owner.name, PUBLISHER_ROLE, row.index_name, row.project)
            for row in rows
            if row.kind == "publisher"
        ]
    return PersonRow(
        owner.name,
        is_admin=bool(owner.is_admin),
        password_hash=owner.text,
        groups=tuple(row.name for row in rows if row.kind == "group"),
        grants=tuple(grants),
    )


def _part(kind: str, **columns: _Column) -> _Query:
    """Return a query for one kind of row, in the shape that all of them have."""
    chosen: dict[str, _Column] = {
        "kind": sa.literal_column(f"'{kind}'"),
        "name": sa.literal_column("''"),
        "is_admin": sa.false(),
        "text": sa.cast(sa.null(), sa.Text),
        "index_name": sa.literal_column("''"),
        "project": sa.literal_column("''"),
        "actions_json": sa.literal_column("'[]'"),
        "expires_at": sa.cast(sa.null(), sa.Double),
        "last_used_at": sa.cast(sa.null(), sa.Double),
        "revoked_at": sa.cast(sa.null(), sa.Double),
    }
    chosen.update(columns)
    return sa.select(*[column.label(name) for name, column in chosen.items()])


def _about(name: sa.ColumnElement[str]) -> tuple[_Query, ...]:
    """Return the queries for a user: the row, the groups, and the roles of all of them."""
    groups = sa.select(members.c.group_name).where(members.c.user_name == name)
    user = _part(
        "user", name=users.c.name, is_admin=users.c.is_admin, text=users.c.password_hash
    ).where(users.c.name == name)
    group = _part("group", name=members.c.group_name).where(members.c.user_name == name)
    grant = _part(
        "grant",
        name=grants.c.subject,
        text=grants.c.role,
        index_name=grants.c.index_name,
        project=grants.c.project,
    ).where(sa.or_(grants.c.subject == name, grants.c.subject.in_(groups)))
    return user, group, grant


_SOUGHT = sa.bindparam("sought", type_=sa.Text)
_OWNER = sa.select(tokens.c.user_name).where(tokens.c.id == _SOUGHT).scalar_subquery()
_TOKEN = _part(
    "token",
    name=tokens.c.user_name,
    text=tokens.c.digest,
    **{name: tokens.c[name] for name in ("index_name", "project", "actions_json")},
    **{name: tokens.c[name] for name in ("expires_at", "last_used_at", "revoked_at")},
).where(tokens.c.id == _SOUGHT)
_THIS = publishers.alias()
# A pipeline that publishes several projects is several rows that differ in the project alone.
_PUBLISHER = _part(
    "publisher",
    name=_OWNER,
    index_name=publishers.c.index_name,
    project=publishers.c.project,
).where(
    sa.literal(PUBLISHER_PREFIX) + _THIS.c.id == _OWNER,
    publishers.c.issuer == _THIS.c.issuer,
    publishers.c.claims_json == _THIS.c.claims_json,
)
_BY_NAME = PreparedQuery(sa.union_all(*_about(_SOUGHT)), _Row)
_BY_TOKEN = PreparedQuery(sa.union_all(_TOKEN, _PUBLISHER, *_about(_OWNER)), _Row)
