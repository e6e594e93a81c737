"""What is filled ahead of need, what is kept whatever happens, and how often files were taken."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what format 5 knows; nothing was mirrored, pinned or counted before."""
    make_mirror()
    make_pins()
    make_downloads()
    make_room()


def make_room() -> None:
    """Make what says whether a blob is still of use: since when nobody lists it, and by whom."""
    op.add_column("held", sa.Column("unlisted_at", sa.Double))
    op.create_index("metadata_files_by_metadata", "metadata_files", ["metadata_sha256"])
    op.create_index("hosted_files_by_metadata", "hosted_files", ["metadata_sha256"])
    op.create_index("hosted_files_by_provenance", "hosted_files", ["provenance_sha256"])


def make_mirror() -> None:
    """Make the state of each mirrored project, and what runs came to."""
    op.create_table(
        "mirrored",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("listed_serial", sa.BigInteger),
        sa.Column("done_serial", sa.BigInteger),
        sa.Column("done_revision", sa.BigInteger),
        sa.Column("done_for", sa.Text, nullable=False, server_default=""),
        sa.Column("done_at", sa.Double),
        sa.Column("gone_at", sa.Double),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.Double),
        sa.Column("error", sa.Text, nullable=False, server_default=""),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "sync_runs",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("index_name", sa.Text, nullable=False),
        sa.Column("started_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("report_json", sa.Text, nullable=False),
        sa.Index("sync_runs_by_index", "index_name", "started_at"),
    )


def make_pins() -> None:
    """Make what is kept whatever upstream does, and what would install without it."""
    op.create_table(
        "pins",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("label", sa.Text, primary_key=True),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("pinned_at", sa.Double, nullable=False),
        sa.Column("pinned_by", sa.Text, nullable=False),
        sa.Column("file_json", sa.Text, nullable=False),
        sa.Column("taken_down_at", sa.Double),
        sa.Index("pins_by_sha256", "sha256"),
    )
    op.create_table(
        "readiness",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        sa.Column("checked_at", sa.Double, nullable=False),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("missing", sa.Integer, nullable=False),
        sa.Column("report_json", sa.Text, nullable=False),
    )


def make_downloads() -> None:
    """Make the counts of downloads."""
    op.create_table(
        "download_agents",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("day", sa.Text, nullable=False),
        sa.Column("user_agent", sa.Text, nullable=False),
        sa.UniqueConstraint("day", "user_agent"),
    )
    op.create_table(
        "downloads",
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("index_name", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("agent", sa.BigInteger, primary_key=True),
        sa.Column("count", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
