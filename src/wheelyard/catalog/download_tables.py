"""Downloads, counted by day: no addresses, no times.

See ``tables.py`` for the rules of changing them.
"""

import sqlalchemy as sa

from wheelyard.catalog.tables import metadata

__all__ = ["download_agents", "downloads"]

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What programs call themselves is long and repeats for every file, so it stands here once a day.
# By day, because their number is limited by day, and because days are forgotten whole.
download_agents = sa.Table(
    "download_agents",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True),
    sa.Column("day", sa.Text, nullable=False),
    sa.Column("user_agent", sa.Text, nullable=False),
    sa.UniqueConstraint("day", "user_agent"),
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
    sqlite_with_rowid=False,
)
