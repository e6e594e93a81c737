"""API tokens: rows without the token itself, only a keyed digest of it.

A token belongs to a user, or to a trusted publisher: then its ``user_name`` is ``publisher:ID``,
which no user can be called.
"""

from dataclasses import dataclass, field, fields, replace

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.people import note_change, refuse_unknown_user
from wheelyard.catalog.people_tables import publishers, tokens
from wheelyard.catalog.rows import columns_of, render_json, values_of
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent

__all__ = ["PUBLISHER_PREFIX", "TokenRow", "Tokens", "add_token", "parse_actions"]

PUBLISHER_PREFIX = "publisher:"

KEPT_SECONDS = 30 * 86_400.0
"""How long an expired token is still listed; the audit log has it for ever."""

_NOT_YET = Instant(0)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One token. The order of fields is that of the columns; times are seconds, or None.

    ``digest`` is of no use without the key of the data directory, and is not shown all the same.
    """

    id: str
    user_name: str
    digest: str = field(repr=False)
    label: str = ""
    index_name: str = ""
    project: str = ""
    actions: tuple[str, ...] = ()
    created_at: Instant = _NOT_YET
    created_by: str = ""
    expires_at: Instant | None = None
    last_used_at: Instant | None = None
    revoked_at: Instant | None = None


class Tokens:
    """The tokens of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self, user: str | None = None) -> tuple[TokenRow, ...]:
        """Return every token, or those of one user, oldest first; also ended ones, for a while."""
        return await self._connections.read(_select, user)

    async def add(self, token: TokenRow, actor: Actor) -> TokenRow:
        """Write down a new token and return it with the time and the actor filled in.

        Raises:
            Absent: there is no such user, or publisher.
        """
        return await self._connections.write(add_token, token, actor, self._clock.now())

    async def revoke(self, number: str, actor: Actor, user: str | None = None) -> None:
        """End a token. With ``user`` only one of theirs: others' do not exist for them.

        Raises:
            Absent: there is no such token that could still be used.
        """
        await self._connections.write(_revoke, number, user, actor, self._clock.now())

    async def note_use(self, number: str, at: Instant) -> None:
        """Write down that a token was used. Nothing else changes, so nobody is told."""
        await self._connections.write(_note_use, number, at)


def _select(connection: sa.Connection, user: str | None) -> tuple[TokenRow, ...]:
    query, values = (_ALL, {}) if user is None else (_OF_USER, {"of_user": user})
    return tuple(_row(*values) for values in connection.execute(query, values))


def _row(*values: object) -> TokenRow:
    """Return the record of a row, whose columns have the order of the fields."""
    known = dict(zip((each.name for each in fields(TokenRow)), values, strict=True))
    known["actions"] = parse_actions(str(known["actions"]))
    return msgspec.convert(known, TokenRow)


def parse_actions(text: str) -> tuple[str, ...]:
    """Return the names that a column of actions holds as JSON."""
    return msgspec.json.decode(text, type=tuple[str, ...])


def add_token(connection: sa.Connection, token: TokenRow, actor: Actor, at: Instant) -> TokenRow:
    """Write down a new token in the transaction of ``connection``.

    Raises:
        Absent: there is no such user, or publisher.
    """
    _refuse_unknown_owner(connection, token.user_name)
    connection.execute(_FORGET, {"before": at - KEPT_SECONDS})
    token = replace(token, created_at=at, created_by=actor.name)
    actions = render_json(token.actions)
    connection.execute(_INSERT, values_of(token) | {"actions_json": actions})
    detail: dict[str, object] = {
        "token": token.id,
        "user": token.user_name,
        "actions": token.actions,
    }
    if token.expires_at is not None:
        detail["expires_at"] = token.expires_at
    entry = AuditEntry("token.add", token.index_name, token.project, detail)
    note_change(connection, actor, entry, at)
    return token


def _refuse_unknown_owner(connection: sa.Connection, name: str) -> None:
    if not name.startswith(PUBLISHER_PREFIX):
        refuse_unknown_user(connection, name)
        return
    number = name.removeprefix(PUBLISHER_PREFIX)
    if connection.execute(_PUBLISHER, {"of_id": number}).first() is None:
        raise Absent(f"The trusted publisher `{number}`", "this server")


def _revoke(
    connection: sa.Connection, number: str, user: str | None, actor: Actor, at: Instant
) -> None:
    row = connection.execute(_USABLE, {"of_id": number}).first()
    if row is None or (user is not None and row.user_name != user):
        raise Absent(f"The token `{number}`", "this server: `wheelyard token list` shows which do")
    connection.execute(_END, {"of_id": number, "at": at})
    detail = {"token": number, "user": row.user_name}
    entry = AuditEntry("token.revoke", row.index_name, row.project, detail)
    note_change(connection, actor, entry, at)


def _note_use(connection: sa.Connection, number: str, at: Instant) -> None:
    connection.execute(_USED, {"of_id": number, "at": at})


_OF_ID = tokens.c.id == sa.bindparam("of_id")
_ALL = sa.select(*columns_of(tokens, TokenRow)).order_by(tokens.c.created_at, tokens.c.id)
_OF_USER = _ALL.where(tokens.c.user_name == sa.bindparam("of_user"))
_USABLE = sa.select(tokens.c.user_name, tokens.c.index_name, tokens.c.project).where(
    _OF_ID, tokens.c.revoked_at.is_(None)
)
_PUBLISHER = sa.select(publishers.c.id).where(publishers.c.id == sa.bindparam("of_id"))
_INSERT = tokens.insert()
_END = tokens.update().where(_OF_ID).values(revoked_at=sa.bindparam("at"))
_USED = tokens.update().where(_OF_ID).values(last_used_at=sa.bindparam("at"))
_FORGET = tokens.delete().where(tokens.c.expires_at < sa.bindparam("before"))
