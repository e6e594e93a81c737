"""Trusted publishers: who outside may upload what, and which of their assertions were used.

An assertion is used at most once, whoever asks at the same moment: the primary key of
``seen_assertions`` is the arbiter, and its row is written in the transaction that makes the token.
A row is forgotten only when the assertion could no longer be used anyhow.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from wheelyard.catalog.audit import Actor, AuditEntry, append_audit
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import insert
from wheelyard.catalog.people import note_change
from wheelyard.catalog.people_tables import publishers, seen_assertions, tokens
from wheelyard.catalog.rows import columns_of, parse_map, render_json
from wheelyard.catalog.tokens import PUBLISHER_PREFIX, TokenRow, add_token
from wheelyard.clock import Clock, Instant
from wheelyard.errors import Absent, Conflict
from wheelyard.names import IndexName, ProjectName

__all__ = ["NewPublisher", "PublisherRow", "Publishers", "SeenAssertion"]

_ID_BYTES = 5


@dataclass(frozen=True, slots=True)
class NewPublisher:
    """Somebody outside who is to be trusted: what an assertion of ``issuer`` has to claim.

    The project need not exist: the first upload makes it.
    """

    index_name: IndexName
    project: ProjectName
    issuer: str
    claims: Mapping[str, str] = field(hash=False)


@dataclass(frozen=True, slots=True)
class PublisherRow:
    """One trusted publisher. The order of fields is that of the columns."""

    id: str
    index_name: IndexName
    project: ProjectName
    issuer: str
    claims: Mapping[str, str] = field(hash=False)
    created_at: Instant
    created_by: str


@dataclass(frozen=True, slots=True)
class SeenAssertion:
    """An assertion that is being used: its issuer, its ``jti``, and when it may be forgotten.

    ``claims`` are those by which the audit log tells what ran where.
    """

    issuer: str
    number: str
    forget_at: Instant
    claims: Mapping[str, str] = field(default_factory=dict, hash=False)


class Publishers:
    """The trusted publishers of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self, issuer: str | None = None) -> tuple[PublisherRow, ...]:
        """Return every publisher, or those of one issuer, by index, project and id."""
        return await self._connections.read(_select, issuer)

    async def add(self, publisher: NewPublisher, actor: Actor) -> PublisherRow:
        """Trust a publisher from now on, and return it with its id.

        Raises:
            Conflict: this one is trusted already.
        """
        return await self._connections.write(_add, publisher, actor, self._clock.now())

    async def remove(self, number: str, actor: Actor) -> None:
        """Trust a publisher no longer; tokens that were made for it end in the same moment.

        Raises:
            Absent: there is no publisher of that id.
        """
        await self._connections.write(_remove, number, actor, self._clock.now())

    async def mint(self, used: SeenAssertion, token: TokenRow, actor: Actor) -> TokenRow:
        """Use up an assertion and write down the token that it is exchanged for, or neither.

        Raises:
            Conflict: the assertion was used before.
            Absent: the publisher is no longer trusted.
        """
        return await self._connections.write(_mint, used, token, actor, self._clock.now())


def _select(connection: sa.Connection, issuer: str | None) -> tuple[PublisherRow, ...]:
    query, values = (_ALL, {}) if issuer is None else (_OF_ISSUER, {"of_issuer": issuer})
    return tuple(
        PublisherRow(number, IndexName(index), ProjectName(project), name, _claims(text), at, by)
        for number, index, project, name, text, at, by in connection.execute(query, values)
    )


def _claims(text: str) -> Mapping[str, str]:
    return {name: str(value) for name, value in parse_map(text).items()}


def _add(
    connection: sa.Connection, publisher: NewPublisher, actor: Actor, at: Instant
) -> PublisherRow:
    values = {
        "index_name": publisher.index_name,
        "project": publisher.project,
        "issuer": publisher.issuer,
        "claims_json": render_json(dict(publisher.claims)),
    }
    same = connection.execute(_SAME, {f"of_{name}": each for name, each in values.items()}).scalar()
    if same is not None:
        raise Conflict("This publisher", f"it is trusted already, as `{same}`.")
    row = PublisherRow(
        secrets.token_hex(_ID_BYTES),
        publisher.index_name,
        publisher.project,
        publisher.issuer,
        publisher.claims,
        at,
        actor.name,
    )
    connection.execute(
        _INSERT, {**values, "id": row.id, "created_at": at, "created_by": actor.name}
    )
    note_change(connection, actor, _entry("publisher.add", row), at)
    return row


def _remove(connection: sa.Connection, number: str, actor: Actor, at: Instant) -> None:
    row = next((row for row in _select(connection, None) if row.id == number), None)
    if row is None:
        where = "this server: `wheelyard publisher list` shows which do"
        raise Absent(f"The trusted publisher `{number}`", where)
    connection.execute(_DELETE, {"of_id": number})
    connection.execute(_END_TOKENS, {"of_user": f"{PUBLISHER_PREFIX}{number}", "at": at})
    note_change(connection, actor, _entry("publisher.remove", row), at)


def _entry(action: str, row: PublisherRow) -> AuditEntry:
    detail = {"publisher": row.id, "issuer": row.issuer, "claims": dict(row.claims)}
    return AuditEntry(action, row.index_name, row.project, detail)


def _mint(
    connection: sa.Connection, used: SeenAssertion, token: TokenRow, actor: Actor, at: Instant
) -> TokenRow:
    connection.execute(_FORGET, {"now": at})
    values = {"issuer": used.issuer, "assertion": used.number, "forget_at": used.forget_at}
    if connection.execute(_USE, values).rowcount == 0:
        raise Conflict("This assertion", "it was used before.")
    detail = {"token": token.id, "issuer": used.issuer, "claims": dict(used.claims)}
    entry = AuditEntry("publisher.mint", token.index_name, token.project, detail)
    append_audit(connection, actor, entry, at)
    return add_token(connection, token, actor, at)


_ALL = sa.select(*columns_of(publishers, PublisherRow)).order_by(
    publishers.c.index_name, publishers.c.project, publishers.c.id
)
_OF_ISSUER = _ALL.where(publishers.c.issuer == sa.bindparam("of_issuer"))
_SAME = sa.select(publishers.c.id).where(
    *(
        publishers.c[name] == sa.bindparam(f"of_{name}")
        for name in ("index_name", "project", "issuer", "claims_json")
    )
)
_INSERT = publishers.insert()
_DELETE = publishers.delete().where(publishers.c.id == sa.bindparam("of_id"))
_END_TOKENS = (
    tokens.update()
    .where(tokens.c.user_name == sa.bindparam("of_user"), tokens.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"))
)
_FORGET = seen_assertions.delete().where(seen_assertions.c.forget_at < sa.bindparam("now"))
_USE = insert(seen_assertions).on_conflict_do_nothing()
