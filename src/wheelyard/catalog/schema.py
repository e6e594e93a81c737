"""A fresh catalog, made whole or not at all."""

import os
import sqlite3
import uuid
from contextlib import suppress
from pathlib import Path

import sqlalchemy as sa

from wheelyard.catalog import (
    download_tables,
    hosting_tables,
    ingest_tables,
    mirror_tables,
    people_tables,
    publish_tables,
    served_tables,
    sqlite_file,
    tables,
)
from wheelyard.catalog.dialect import Use, append_only, open_engine, translated
from wheelyard.catalog.layout import REVISION
from wheelyard.clock import Clock
from wheelyard.errors import ConfigError, Unavailable

__all__ = ["APPEND_ONLY", "TABLES", "create_catalog", "create_schema"]

TABLES = (
    tables,
    hosting_tables,
    people_tables,
    served_tables,
    mirror_tables,
    download_tables,
    publish_tables,
    ingest_tables,
)
"""The modules that declare tables: a catalog has them all."""

APPEND_ONLY = (*tables.APPEND_ONLY, people_tables.audit)
"""Tables in which a row, once written, is never changed and never deleted."""


def create_catalog(path: Path, clock: Clock) -> None:
    """Make a catalog at ``path`` unless there is one.

    It is made under another name and linked into place: nobody ever sees half of one, and of two
    processes that try at the same time both end up with the same one.

    Raises:
        ConfigError: there is no room for it, or the disk does not take it.
    """
    draft = path.with_name(f"{path.name}.{uuid.uuid4().hex}.new")
    try:
        _make(draft, clock)
        with suppress(FileExistsError):
            os.link(draft, path)
    except (sqlite3.Error, Unavailable) as error:
        raise ConfigError(f"The catalog `{path}` cannot be made: {error}") from error
    finally:
        for leftover in path.parent.glob(f"{draft.name}*"):
            leftover.unlink(missing_ok=True)
    sqlite_file.sync_folder(path.parent)


def _make(path: Path, clock: Clock) -> None:
    """Make a complete catalog in the new file ``path``."""
    sqlite_file.prepare(path)
    engine = open_engine(path, Use.WRITE)
    try:
        with translated(), engine.begin() as connection:
            create_schema(connection)
            connection.execute(
                tables.meta.insert(),
                [
                    {"key": "instance", "value": uuid.uuid4().hex},
                    {"key": "created_at", "value": repr(float(clock.now()))},
                ],
            )
    finally:
        engine.dispose()  # the last connection moves the log into the file


def create_schema(connection: sa.Connection) -> None:
    """Create every table as it is today and note the revision."""
    tables.metadata.create_all(connection, checkfirst=False)
    for table in APPEND_ONLY:
        for statement in append_only(table):
            connection.exec_driver_sql(statement)
    connection.execute(tables.alembic_version.insert(), {"version_num": REVISION})
