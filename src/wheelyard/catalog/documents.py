"""Documents: what an upstream sent and we keep whole, by kind and name."""

from dataclasses import replace

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.base import Change, DocumentKey, DocumentRow
from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.journal import append_change
from wheelyard.catalog.rows import columns_of, render_json, values_of
from wheelyard.catalog.tables import documents
from wheelyard.clock import Clock, Instant

__all__ = ["Documents"]


class Documents:
    """The documents of one catalog."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self, key: DocumentKey) -> DocumentRow | None:
        """Return the document, or None if it is not held."""
        return await self._connections.read(_select, key)

    async def save(self, row: DocumentRow, kind: str | None = None) -> None:
        """Keep ``row`` in place of what is there.

        ``kind`` says that the document changed: the journal gets an entry of that kind in the
        same transaction.
        """
        await self._connections.write(self._save, row, kind)

    async def touch(
        self, key: DocumentKey, checked_at: Instant, lifetime_seconds: float | None
    ) -> None:
        """Note that the document was confirmed unchanged; silently if it is not held."""
        await self._connections.write(_touch, key, checked_at, lifetime_seconds)

    async def remove(self, key: DocumentKey) -> None:
        """Forget the document; silently if it is not held."""
        await self._connections.write(_remove, key)

    def _save(self, connection: sa.Connection, row: DocumentRow, kind: str | None) -> None:
        values = values_of(row)
        values["headers_json"] = render_json(values.pop("headers"))
        connection.execute(_SAVE, values)
        if kind is not None:
            change = Change(kind, row.owner, detail={"document": row.kind, "name": row.name})
            append_change(connection, change, self._clock.now())


def _select(connection: sa.Connection, key: DocumentKey) -> DocumentRow | None:
    row = connection.execute(_SELECT, _parameters(key)).first()
    if row is None:
        return None
    document = DocumentRow(*row)
    return replace(document, headers=_parse_headers(row.headers_json))


def _touch(
    connection: sa.Connection, key: DocumentKey, checked_at: Instant, seconds: float | None
) -> None:
    connection.execute(_TOUCH, {**_parameters(key), "checked": checked_at, "lifetime": seconds})


def _remove(connection: sa.Connection, key: DocumentKey) -> None:
    connection.execute(_REMOVE, _parameters(key))


def _parameters(key: DocumentKey) -> dict[str, object]:
    return {"of_owner": key.owner, "of_kind": key.kind, "of_name": key.name}


def _parse_headers(text: str) -> tuple[tuple[str, str], ...]:
    return msgspec.json.decode(text, type=tuple[tuple[str, str], ...])


_IS_IT = (
    (documents.c.owner == sa.bindparam("of_owner"))
    & (documents.c.kind == sa.bindparam("of_kind"))
    & (documents.c.name == sa.bindparam("of_name"))
)
_SELECT = sa.select(*columns_of(documents, DocumentRow)).where(_IS_IT)
_SAVE = upsert(documents)
_TOUCH = (
    documents.update()
    .where(_IS_IT)
    .values(checked_at=sa.bindparam("checked"), lifetime_seconds=sa.bindparam("lifetime"))
)
_REMOVE = documents.delete().where(_IS_IT)
