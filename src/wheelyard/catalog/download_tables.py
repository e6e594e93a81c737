"""The tables of downloads.

See ``tables.py`` for the rules of changing them.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = ["download_agents", "downloads"]

# SQLite counts up by itself only in a column that is exactly INTEGER.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What programs call themselves is long and repeats for every file, so it stands here once a day,
# with what follows from it: that is found out when something is counted, because less may be kept
# than was sent. By day, because their number is limited by day, and days are forgotten whole.
download_agents = sa.Table(
    "download_agents",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.Column("family", sa.Text, nullable=False),
    sa.Column("python", sa.Text, nullable=False),
    sa.Column("system", sa.Text, nullable=False),
    sa.Column("is_mirror", sa.Boolean, nullable=False),
    sa.Column("is_ci", sa.Boolean, nullable=False),
    sa.UniqueConstraint("day", "user_agent", "family", "python", "system", "is_ci"),
)

# By index and not by owner: who may see a count is who may read the index.
downloads = sa.Table(
    "downloads",
    metadata,
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("index_name", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, primary_key=True),
    sa.Column("agent", sa.BigInteger, primary_key=True),
    sa.Column("count", sa.BigInteger, nullable=False),
    # One project over half a year is asked for by anybody: not by reading all of every day.
    sa.Index("downloads_by_project", "project", "day"),
    sqlite_with_rowid=False,
)
