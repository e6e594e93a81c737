"""Which lines of which logs were counted already, so that none is counted twice.

See ``tables.py`` for the rules of changing them.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = ["ingested_days", "ingested_files", "ingested_lines"]

# A file that was read whole is not read again. ``sha256`` is of its bytes; ``source`` is where a
# file that is far away came from and which one it was there, so that it is not even fetched.
ingested_files = sa.Table(
    "ingested_files",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("ingested_at", sa.Double, nullable=False),
    sa.Column("lines", sa.BigInteger, nullable=False),
    sa.Column("downloads", sa.BigInteger, nullable=False),
    sa.Index("ingested_files_by_source", "source"),
)

# A keyed digest of the request's id, or of the line: no address can be found out from it.
ingested_lines = sa.Table(
    "ingested_lines",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

# Days are those of the lines. A day of which nothing was read for long is forgotten whole; that it
# was stays, because its lines cannot be told from new ones any more.
ingested_days = sa.Table(
    "ingested_days",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("last_at", sa.Double, nullable=False),
    sa.Column("is_forgotten", sa.Boolean, nullable=False),
)
