"""The outage log: when which door was out, and why."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what format 3 knows; outages of before were not written down."""
    op.create_table(
        "outages",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
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
