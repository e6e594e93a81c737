"""The first tables: pages, documents, ledger, held files, doors and the journal."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make an empty catalog what format 1 was."""
    make_words()
    make_cache()
    make_evidence()
    key = "owner = NEW.owner AND project = NEW.project AND filename = NEW.filename"
    refuse_changes("ledger", f"{key} AND generation = NEW.generation")
    refuse_changes("journal", "serial = NEW.serial")


def make_words() -> None:
    """Make what the catalog says of itself and of its upstreams."""
    op.create_table(
        "meta",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "doors",
        sa.Column("index_name", sa.Text, primary_key=True),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("options_json", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Double, nullable=False),
    )


def make_cache() -> None:
    """Make what can be fetched again."""
    op.create_table(
        "pages",
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
    op.create_table(
        "documents",
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
    op.create_table(
        "held",
        sa.Column("sha256", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("stored_at", sa.Double, nullable=False),
        sa.Column("last_used_at", sa.Double, nullable=False),
        sa.Index("held_by_project", "owner", "project"),
    )


def make_evidence() -> None:
    """Make what is written once."""
    op.create_table(
        "ledger",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.Double, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Index("ledger_by_sha256", "sha256"),
    )
    op.create_table(
        "journal",
        sa.Column("serial", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("detail_json", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )


def refuse_changes(table: str, same_row: str) -> None:
    """Make every change of a row of ``table`` fail, one by INSERT OR REPLACE included."""
    refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are never changed'); END"
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {same_row})"  # noqa: S608  # names of our own
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")
