"""Metadata files and odd paths; digests recorded on first use; held files by last use."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add what format 2 knows; every digest recorded before was stated by its owner."""
    op.create_table(
        "metadata_files",
        sa.Column("wheel_sha256", sa.Text, primary_key=True),
        sa.Column("metadata_sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Double, nullable=False),
    )
    op.create_table(
        "odd_paths",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("filename", sa.Text, nullable=False),
    )
    first_use = sa.Column("first_use", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("ledger", first_use)
    op.create_index("held_by_last_use", "held", ["last_used_at"])
