"""The tables as they are today. A fresh catalog is made from here, an older one is migrated.

Rules for changing them: add a migration in ``migrations/versions``, raise ``FORMAT`` in
``layout.py``, and change the table here; a test compares the two ways to the same schema.
New columns go last, because that is where ``ALTER TABLE`` puts them.  Large columns go last in
a new table, so that reading the small ones does not walk through the large one.
"""

import sqlalchemy as sa

__all__ = [
    "APPEND_ONLY",
    "alembic_version",
    "documents",
    "doors",
    "held",
    "journal",
    "ledger",
    "meta",
    "metadata",
    "metadata_files",
    "odd_paths",
    "outages",
    "pages",
]

metadata = sa.MetaData()

# SQLite counts up by itself only in a column that is exactly INTEGER.
_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# Alembic's own record of the revision; declared here because a fresh catalog is not migrated.
alembic_version = sa.Table(
    "alembic_version",
    metadata,
    sa.Column("version_num", sa.String(32), primary_key=True),
)

meta = sa.Table(
    "meta",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

doors = sa.Table(
    "doors",
    metadata,
    sa.Column("index_name", sa.Text, primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("options_json", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Double, nullable=False),
)

pages = sa.Table(
    "pages",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("fetched_at", sa.Double, nullable=False),
    sa.Column("checked_at", sa.Double, nullable=False),
    sa.Column("lifetime_seconds", sa.Double),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("serial", sa.BigInteger),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("model", sa.LargeBinary, nullable=False),
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("fetched_at", sa.Double, nullable=False),
    sa.Column("checked_at", sa.Double, nullable=False),
    sa.Column("lifetime_seconds", sa.Double),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("serial", sa.BigInteger),
    sa.Column("content_type", sa.Text, nullable=False),
    sa.Column("headers_json", sa.Text, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, primary_key=True),
    sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("first_seen", sa.Double, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("first_use", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index("ledger_by_sha256", "sha256"),
)

held = sa.Table(
    "held",
    metadata,
    sa.Column("sha256", sa.Text, primary_key=True),
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, primary_key=True),
    sa.Column("filename", sa.Text, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("stored_at", sa.Double, nullable=False),
    sa.Column("last_used_at", sa.Double, nullable=False),
    sa.Column("unlisted_at", sa.Double),
    sa.Index("held_by_project", "owner", "project"),
    sa.Index("held_by_last_use", "last_used_at"),
    sa.Index("held_by_arrival", "stored_at"),
)

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("serial", _SERIAL, primary_key=True),
    sa.Column("at", sa.Double, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("detail_json", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)

metadata_files = sa.Table(
    "metadata_files",
    metadata,
    sa.Column("wheel_sha256", sa.Text, primary_key=True),
    sa.Column("metadata_sha256", sa.Text, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Double, nullable=False),
    sa.Index("metadata_files_by_metadata", "metadata_sha256"),
    sa.Index("metadata_files_by_arrival", "recorded_at"),
)

odd_paths = sa.Table(
    "odd_paths",
    metadata,
    sa.Column("owner", sa.Text, primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("project", sa.Text, nullable=False),
    sa.Column("filename", sa.Text, nullable=False),
)

outages = sa.Table(
    "outages",
    metadata,
    sa.Column("id", _SERIAL, primary_key=True),
    sa.Column("upstream", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("started_at", sa.Double, nullable=False),
    sa.Column("ended_at", sa.Double),
    sa.Column("cause", sa.Text, nullable=False),
    sa.Column("last_error", sa.Text, nullable=False),
    sa.Column("stale_answers", sa.BigInteger, nullable=False),
    sa.Column("failed_answers", sa.BigInteger, nullable=False),
    sa.Index("outages_by_door", "url"),
    sa.Index("outages_by_end", "ended_at"),
)

APPEND_ONLY = (ledger, journal)
"""The tables of this module in which a row is never changed and never deleted."""
