"""Projects of our own, the indexes they are in, the people who may change them, the audit log."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add what format 4 knows; nothing was hosted before, and nobody had an account."""
    make_indexes()
    make_files()
    make_served()
    make_people()
    make_tokens()
    make_audit()


def make_indexes() -> None:
    """Make what says which indexes and owners there are."""
    op.create_table(
        "indexes",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("settings_json", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "hosted_owners",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("revision", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "hosted_projects",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("status_reason", sa.Text),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Index("hosted_projects_by_name", "project"),
    )


def make_files() -> None:
    """Make what is hosted, and what was."""
    op.create_table(
        "hosted_files",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("uploaded_at", sa.Double, nullable=False),
        sa.Column("uploaded_by", sa.Text, nullable=False),
        sa.Column("hashes_json", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("requires_python", sa.Text),
        sa.Column("metadata_sha256", sa.Text),
        sa.Column("provenance_sha256", sa.Text),
        sa.Column("yanked", sa.Text),
        sa.Column("promoted_from", sa.Text),
        sa.Index("hosted_files_by_sha256", "sha256"),
    )
    op.create_table(
        "tombstones",
        sa.Column("owner", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("filename", sa.Text, primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("version", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("deleted_at", sa.Double, nullable=False),
        sa.Column("deleted_by", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Index("tombstones_by_project", "project", "filename"),
    )


def make_served() -> None:
    """Make what is known of the files of directories that are served where they are."""
    op.create_table(
        "served_files",
        sa.Column("directory", sa.Text, primary_key=True),
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("sha256", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("requires_python", sa.Text),
        sa.Column("metadata_sha256", sa.Text),
    )


def make_people() -> None:
    """Make who there is."""
    op.create_table(
        "users",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("password_hash", sa.Text),
        sa.Column("is_admin", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "groups",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
    )
    op.create_table(
        "members",
        sa.Column("group_name", sa.Text, primary_key=True),
        sa.Column("user_name", sa.Text, primary_key=True),
        sa.Index("members_by_user", "user_name"),
    )
    op.create_table(
        "grants",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, primary_key=True),
        sa.Column("index_name", sa.Text, primary_key=True),
        sa.Column("project", sa.Text, primary_key=True),
        sa.Column("granted_at", sa.Double, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
    )


def make_tokens() -> None:
    """Make what programs sign in with."""
    op.create_table(
        "tokens",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("user_name", sa.Text, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("index_name", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("actions_json", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Double),
        sa.Column("last_used_at", sa.Double),
        sa.Column("revoked_at", sa.Double),
        sa.Index("tokens_by_user", "user_name"),
    )
    op.create_table(
        "publishers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("index_name", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("claims_json", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Index("publishers_by_issuer", "issuer"),
    )
    op.create_table(
        "seen_assertions",
        sa.Column("issuer", sa.Text, primary_key=True),
        sa.Column("assertion", sa.Text, primary_key=True),
        sa.Column("forget_at", sa.Double, nullable=False),
        sa.Index("seen_assertions_by_end", "forget_at"),
    )


def make_audit() -> None:
    """Make what is written once."""
    op.create_table(
        "audit",
        sa.Column("id", _SERIAL, primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("index_name", sa.Text, nullable=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("detail_json", sa.Text, nullable=False),
        sa.Index("audit_by_time", "at"),
        sqlite_autoincrement=True,
    )
    refuse = "BEGIN SELECT RAISE(ABORT, 'rows of audit are never changed'); END"
    there = "EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)"
    op.execute(f"CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {refuse}")
    op.execute(f"CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit {refuse}")
    op.execute(f"CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN {there} {refuse}")
