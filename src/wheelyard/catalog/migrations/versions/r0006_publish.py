"""What was published where, which lines of logs were counted, and what took the files."""

import sqlalchemy as sa
from alembic import op

from wheelyard.wire.user_agents import parse_user_agent

revision = "0006"
down_revision = "0005"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what format 6 knows; nothing was published, and no log read, before."""
    op.create_index("held_by_arrival", "held", ["stored_at"])
    op.create_index("metadata_files_by_arrival", "metadata_files", ["recorded_at"])
    make_targets()
    make_published()
    make_purges()
    make_ingested()
    make_clients()


def make_targets() -> None:
    """Make what was published where."""
    op.create_table(
        "publish_targets",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("index_name", sa.Text, nullable=False),
        sa.Column("tree", sa.Text, nullable=False),
        sa.Column("has_views", sa.Boolean, nullable=False),
        sa.Column("is_held", sa.Boolean, nullable=False),
        sa.Column("published_at", sa.Double),
        sa.Column("reconciled_at", sa.Double),
        sa.Column("snapshot_at", sa.Double),
        sa.Column("pending_json", sa.Text, nullable=False),
        sa.Column("making", sa.Text, nullable=False),
        sa.UniqueConstraint("url"),
    )
    op.create_table(
        "publish_views",
        sa.Column("target", sa.BigInteger, primary_key=True),
        sa.Column("view", sa.Text, primary_key=True),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("looked_at", sa.Double, nullable=False),
        sa.Column("made_at", sa.Double, nullable=False),
        sa.Column("basis", sa.Text, nullable=False),
        sa.Column("is_whole", sa.Boolean, nullable=False),
        sqlite_with_rowid=False,
    )


def make_published() -> None:
    """Make the pages and objects that were published."""
    op.create_table(
        "publish_pages",
        sa.Column("target", sa.BigInteger, primary_key=True),
        sa.Column("view", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("serial", sa.BigInteger, nullable=False),
        sa.Column("hosted", sa.Boolean, nullable=False),
        sa.Column("html_sha256", sa.Text, nullable=False),
        sa.Column("html_size", sa.BigInteger, nullable=False),
        sa.Column("json_sha256", sa.Text, nullable=False),
        sa.Column("json_size", sa.BigInteger, nullable=False),
        sa.Column("sizes_json", sa.Text, nullable=False),
        sa.Index("publish_pages_by_serial", "target", "view", "serial"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "publish_objects",
        sa.Column("target", sa.BigInteger, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("unlisted_at", sa.Double),
        sa.Column("unlisted_serial", sa.BigInteger),
        sa.Index("publish_objects_by_unlisted", "target", "unlisted_at"),
        sa.Index("publish_objects_by_path", "target", "path"),
        sqlite_with_rowid=False,
    )


def make_purges() -> None:
    """Make what caches are still to be told."""
    op.create_table(
        "publish_purges",
        sa.Column("target", sa.BigInteger, primary_key=True),
        sa.Column("purger", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("since", sa.Double, nullable=False),
        sqlite_with_rowid=False,
    )


def make_ingested() -> None:
    """Make what says which lines of which logs were counted already."""
    op.create_table(
        "ingested_files",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("ingested_at", sa.Double, nullable=False),
        sa.Column("lines", sa.BigInteger, nullable=False),
        sa.Column("downloads", sa.BigInteger, nullable=False),
        sa.Index("ingested_files_by_source", "source"),
    )
    op.create_table(
        "ingested_lines",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "ingested_days",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("last_at", sa.Double, nullable=False),
        sa.Column("is_forgotten", sa.Boolean, nullable=False),
    )


def make_clients() -> None:
    """Tell of each program what it is, as far as what was kept of its name for itself says it.

    A new table takes the place of the old one: a limit on rows cannot be changed in SQLite.
    """
    told = op.create_table(
        "download_agents_told",
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
    connection = op.get_bind()
    rows = connection.execute(sa.text("SELECT id, day, user_agent FROM download_agents"))
    while some := rows.fetchmany(1_000):
        connection.execute(told.insert(), [_told(*row) for row in some])
    op.drop_table("download_agents")
    op.rename_table("download_agents_told", "download_agents")
    op.create_index("downloads_by_project", "downloads", ["project", "day"])


def _told(number: int, day: str, user_agent: str) -> dict[str, object]:
    client = parse_user_agent(user_agent)
    return {
        "id": number,
        "day": day,
        "user_agent": user_agent,
        "family": client.family,
        "python": client.python,
        "system": client.system,
        "is_mirror": client.is_mirror,
        "is_ci": client.is_ci,
    }
