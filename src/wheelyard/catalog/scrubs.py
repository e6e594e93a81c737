"""Scrubs: how far the scrubber of a data directory is; one small row of ``meta``."""

import msgspec
import sqlalchemy as sa

from wheelyard.catalog.connections import Connections
from wheelyard.catalog.dialect import upsert
from wheelyard.catalog.rows import render_json
from wheelyard.catalog.tables import meta
from wheelyard.clock import Clock
from wheelyard.decide.scrub import Course

__all__ = ["Scrubs"]

_KEY = "scrub"
_PROBE = "written_at"
_DECODER = msgspec.json.Decoder(Course)


class Scrubs:
    """What is known of the health of one data directory."""

    def __init__(self, connections: Connections, clock: Clock) -> None:
        self._connections = connections
        self._clock = clock

    async def load(self) -> Course | None:
        """Return how far the scrubber is; None if it has never run."""
        return await self._connections.read(_select)

    async def save(self, course: Course) -> None:
        """Write down how far the scrubber is."""
        await self._connections.write(_save, _KEY, render_json(course))

    async def prove_writable(self) -> None:
        """Write something, so that it is known whether that works.

        Raises:
            Unavailable: it does not.
        """
        await self._connections.write(_save, _PROBE, str(self._clock.now()))


def _select(connection: sa.Connection) -> Course | None:
    text = connection.execute(_SELECT).scalar_one_or_none()
    return None if text is None else _DECODER.decode(text)


def _save(connection: sa.Connection, key: str, text: str) -> None:
    connection.execute(_UPSERT, {"key": key, "value": text})


_SELECT = sa.select(meta.c.value).where(meta.c.key == _KEY)
_UPSERT = upsert(meta)
