"""Connections to the catalog: many readers, one writer, and one reader in place.

Reads and writes run in threads.  Writers that wait at the same time share one transaction and
one ``fsync`` ("group commit"): who gets the turn takes everybody's work along, each piece under
its own savepoint, so that one failure undoes nothing of the others.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import anyio
import anyio.to_thread
import sqlalchemy as sa

from wheelyard.catalog.dialect import (
    Use,
    in_transaction,
    open_engine,
    savepoint,
    translated,
)

__all__ = ["Connections"]

READERS = 4
MAX_GROUP = 256

T = TypeVar("T")
P = ParamSpec("P")


@dataclass(slots=True, eq=False)
class _Job:
    """One piece of writing whose caller waits for it."""

    work: Callable[[sa.Connection], None]
    error: Exception | None = None


class Connections:
    """The engines on one catalog file. Close it; it holds open files."""

    def __init__(self, path: Path) -> None:
        self._readers = open_engine(path, Use.READ, READERS)
        self._writer = open_engine(path, Use.WRITE)
        self._lookers = open_engine(path, Use.LOOK_UP, 2)
        self._reading = anyio.CapacityLimiter(READERS)
        self._writing = anyio.CapacityLimiter(1)
        self._turn = anyio.Lock(fast_acquire=True)
        self._waiting: list[_Job] = []
        self._in_place: sa.Connection | None = None
        self._in_place_lock = threading.Lock()
        self._watching = anyio.CapacityLimiter(1)
        self._watch: sa.Connection | None = None

    async def read(
        self,
        function: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return ``function(connection, ...)``, run in a thread on one snapshot of the catalog.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        work = partial(self._read, lambda connection: function(connection, *args, **kwargs))
        return await anyio.to_thread.run_sync(work, limiter=self._reading)

    async def write(
        self,
        function: Callable[Concatenate[sa.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Return ``function(connection, ...)``, run in a thread, committed and on disk.

        Once the work has begun, cancelling the caller does not stop it.

        Raises:
            Conflict: a rule of the schema says no; nothing was written.
            Unavailable: the catalog cannot be written now; nothing was written.
        """
        results: list[T] = []
        job = _Job(lambda connection: results.append(function(connection, *args, **kwargs)))
        self._waiting.append(job)
        try:
            async with self._turn:
                while job in self._waiting:
                    group, self._waiting = self._waiting[:MAX_GROUP], self._waiting[MAX_GROUP:]
                    await anyio.to_thread.run_sync(self._commit, group, limiter=self._writing)
        finally:
            if job in self._waiting:  # cancelled before its turn
                self._waiting.remove(job)
        if job.error is not None:
            raise job.error
        return results[0]

    def read_now(self, function: Callable[[sa.Connection], T]) -> T:
        """Return ``function(connection)`` at once, in the calling thread.

        For single indexed look-ups only: the caller may be the event loop.

        Raises:
            Unavailable: the catalog cannot be read now.
        """
        with self._in_place_lock, translated():
            if self._in_place is None:
                self._in_place = self._lookers.connect()
            return function(self._in_place)

    async def watch(self, function: Callable[[sa.Connection], T]) -> T:
        """Return ``function(connection)``, run in a thread, always on the same connection.

        Raises:
            Unavailable: the catalog cannot be read now; the next connection may be another.
        """
        return await anyio.to_thread.run_sync(self._look, function, limiter=self._watching)

    def close(self) -> None:
        """Close every connection. Nothing may be running."""
        for connection in (self._in_place, self._watch):
            if connection is not None:
                connection.close()
        self._in_place = self._watch = None
        for engine in (self._readers, self._writer, self._lookers):
            engine.dispose()

    def _read(self, function: Callable[[sa.Connection], T]) -> T:
        with translated(), self._readers.connect() as connection:
            return function(connection)

    def _look(self, function: Callable[[sa.Connection], T]) -> T:
        with translated():
            if self._watch is None:
                self._watch = self._lookers.connect()
            return function(self._watch)

    def _commit(self, group: list[_Job]) -> None:
        """Run every job of ``group`` in one transaction; runs in the writer's thread."""
        try:
            with translated(), self._writer.begin() as connection:
                for job in group:
                    _run(job, connection)
        except Exception as error:  # noqa: BLE001  # every waiting caller gets it
            for job in group:
                job.error = job.error or error


def _run(job: _Job, connection: sa.Connection) -> None:
    """Do one piece of work; its error is its own, unless it ended the transaction for all."""
    try:
        with translated(), savepoint(connection):
            job.work(connection)
    except Exception as error:
        job.error = error
        if not in_transaction(connection):
            raise
