"""Webhooks: how far each was told, of outages and of changes; a small row of ``meta`` for each."""

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.rows import render_json
from wheelyard.catalog.tables import meta
from wheelyard.decide.telling import Told

__all__ = ["Webhooks"]

_PREFIX = "told:"
_POSITION = "announced:"
_DECODER = msgspec.json.Decoder(Told)


class Webhooks:
    """What the webhooks of one catalog know. ``name`` is a webhook's, and no part of its address.

    An address may be a secret; a digest of it is none.
    """

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def load(self, name: str) -> Told | None:
        """Return how far a webhook was told; None if it never was asked to be."""
        return await self._connections.read(_select, name)

    async def save(self, name: str, told: Told) -> None:
        """Write down how far a webhook was told."""
        await self._connections.write(_save, name, told)

    async def load_position(self, name: str) -> int | None:
        """Return the serial up to which a webhook was told of changes; None if it never was."""
        return await self._connections.read(_select_position, name)

    async def save_position(self, name: str, serial: int) -> None:
        """Write down up to which serial a webhook was told of changes."""
        await self._connections.write(_save_position, name, serial)


def _select(connection: sa.Connection, name: str) -> Told | None:
    text = connection.execute(_SELECT, {"name": f"{_PREFIX}{name}"}).scalar_one_or_none()
    return None if text is None else _DECODER.decode(text)


def _save(connection: sa.Connection, name: str, told: Told) -> None:
    connection.execute(_UPSERT, {"key": f"{_PREFIX}{name}", "value": render_json(told)})


def _select_position(connection: sa.Connection, name: str) -> int | None:
    text = connection.execute(_SELECT, {"name": f"{_POSITION}{name}"}).scalar_one_or_none()
    return None if text is None else int(text)


def _save_position(connection: sa.Connection, name: str, serial: int) -> None:
    connection.execute(_UPSERT, {"key": f"{_POSITION}{name}", "value": str(serial)})


_SELECT = sa.select(meta.c.value).where(meta.c.key == sa.bindparam("name"))
_UPSERT = upsert(meta)
