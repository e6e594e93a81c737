"""Copies of a catalog: made while others write to it, and looked into without opening the program.

A copy is one state of the catalog, whatever is written meanwhile. It is a file of its own, which
whoever made it may read, change and give away.
"""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Self

import sqlalchemy as sa

from wheelyard.catalog import sqlite_file
from wheelyard.catalog.blob_names import select_is_named, select_shelf
from wheelyard.catalog.dialect import Use, open_engine, translated
from wheelyard.catalog.hosting_rows import hosted_index
from wheelyard.catalog.layout import FORMAT
from wheelyard.catalog.mirrored import note_undone
from wheelyard.catalog.tables import held, metadata_files
from wheelyard.decide.evict import Blob
from wheelyard.errors import ConfigError
from wheelyard.names import Sha256

__all__ = ["CatalogFile", "copy_catalog", "open_copy", "renew_instance"]


def copy_catalog(source: Path, target: Path) -> None:
    """Copy the catalog in the file ``source`` to the new file ``target``, as it is at one moment.

    Raises:
        ConfigError: it cannot be read, or there is no room for the copy.
    """
    try:
        sqlite_file.back_up(source, target)
    except OSError as error:
        raise ConfigError(
            f"The catalog `{source}` cannot be copied ({error.strerror}): make room for a copy of "
            "it in its data directory."
        ) from error


@contextmanager
def open_copy(path: Path) -> Iterator["CatalogFile"]:
    """Open a file that is a catalog of today's format, for as long as the block lasts.

    Raises:
        ConfigError: it is damaged, no catalog, or of another format.
    """
    number = sqlite_file.check(path, pages=False)
    if number != FORMAT:
        raise ConfigError(f"The catalog `{path}` has format {number}, and not {FORMAT}.")
    with CatalogFile(path) as opened:
        yield opened


class CatalogFile:
    """A catalog in a file, for work that needs nothing else of the program. Blocks."""

    def __init__(self, path: Path) -> None:
        """Look into the file ``path``, which is of today's format."""
        self._readers = open_engine(path, Use.READ)
        self._writers = open_engine(path, Use.WRITE)

    def named(self, shelf: str) -> tuple[Blob, ...]:
        """Return every blob that anything names and whose digest begins with ``shelf``."""
        with translated(), self._readers.connect() as connection:
            return select_shelf(connection, shelf)

    def names(self, digest: Sha256) -> bool:
        """Say whether anything names a blob, at this moment."""
        with translated(), self._readers.connect() as connection:
            return select_is_named(connection, digest)

    def forget(self, digests: list[Sha256]) -> tuple[Sha256, ...]:
        """Note that blobs of others' files are not held, so that they are fetched when asked for.

        Returns those that are still named: our own files and pins, which have to be brought back.
        """
        with translated(), self._writers.begin() as connection:
            return tuple(digest for digest in digests if _forget(connection, digest))

    def close(self) -> None:
        """Close the file."""
        self._readers.dispose()
        self._writers.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def renew_instance(path: Path) -> str:
    """Give the catalog in the file ``path`` an identity of its own, and return it: 32 hex digits.

    Raises:
        ConfigError: it cannot be written.
    """
    instance = uuid.uuid4().hex
    try:
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("UPDATE meta SET value = ? WHERE key = 'instance'", (instance,))
    except sqlite3.Error as error:
        reason = sqlite_file.reason_of(error)
        raise ConfigError(f"The catalog `{path}` cannot be written: {reason}") from error
    return instance


def _forget(connection: sa.Connection, digest: Sha256) -> bool:
    """Take away the names that others' files give a blob; say whether anything names it still."""
    for owner, project in connection.execute(_NAMES, {"of_digest": digest}).all():
        if hosted_index(owner) is None:
            note_undone(connection, owner, project)
            connection.execute(_REMOVE, {"of_digest": digest, "of_owner": owner})
    connection.execute(_REMOVE_METADATA, {"of_digest": digest})  # made again out of their wheel
    return select_is_named(connection, digest)


_NAMES = sa.select(held.c.owner, held.c.project).where(held.c.sha256 == sa.bindparam("of_digest"))
_REMOVE = held.delete().where(
    held.c.sha256 == sa.bindparam("of_digest"), held.c.owner == sa.bindparam("of_owner")
)
_REMOVE_METADATA = metadata_files.delete().where(
    metadata_files.c.metadata_sha256 == sa.bindparam("of_digest")
)
