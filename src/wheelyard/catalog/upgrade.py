"""Migrating an older catalog. The only importer of Alembic, loaded only when there is work.

Alembic runs from inside the package, without an ``alembic.ini``: one transaction for all steps.
"""

import time
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from wheelyard.catalog import layout, sqlite_file
from wheelyard.catalog.dialect import Use, open_engine
from wheelyard.catalog.layout import FORMAT, REVISION
from wheelyard.clock import Clock
from wheelyard.errors import ConfigError

__all__ = ["migrate", "upgrade"]


def upgrade(directory: Path, current: int, clock: Clock) -> Path:
    """Bring the catalog of ``directory`` from format ``current`` to today's.

    Returns the copy of the older catalog, made before anything was changed.

    Raises:
        ConfigError: a step failed; the catalog is as it was.
    """
    source = directory / layout.CATALOG_NAME
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.now()))
    backup = directory / layout.BACKUPS_NAME / f"catalog-format-{current}-{stamp}.sqlite"
    sqlite_file.back_up(source, backup)
    engine = open_engine(source, Use.WRITE)
    try:
        with engine.begin() as connection:
            migrate(connection, REVISION)
    except (sa.exc.DBAPIError, CommandError) as error:
        cause = sqlite_file.reason_of(getattr(error, "orig", error))
        raise ConfigError(
            f"The catalog `{source}` could not be migrated to format {FORMAT}, and is unchanged "
            f"(a copy is `{backup}`): {cause}"
        ) from error
    finally:
        engine.dispose()
    return backup


def migrate(connection: sa.Connection, revision: str) -> None:
    """Run the migrations up to ``revision`` in the transaction of ``connection``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)
